"""Rows of whole weight are as many copies; others stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.fitting.counted_rows import one_by_one

ROWS = np.array([[1.0], [2.0], [3.0]])


def test_rows_of_whole_weight_are_there_as_often() -> None:
    rows, weights = one_by_one(ROWS, np.array([2.0, 0.0, 3.0]), 5)
    assert rows.ravel().tolist() == [1.0, 1.0, 3.0, 3.0, 3.0]
    assert weights.tolist() == [1.0] * 5


@pytest.mark.parametrize(("weights", "most"), [([2.0, 0.0, 3.0], 4), ([0.5, 1.0, 1.5], 9), ([1.0, 1.0, 1.0], 9)])
def test_too_many_parts_of_rows_and_single_rows_stay(weights: list[float], most: int) -> None:
    rows, same = one_by_one(ROWS, np.array(weights), most)
    assert rows is ROWS
    assert same.tolist() == weights
