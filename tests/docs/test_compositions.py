"""The page on what goes together says what fits do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.compositions import NAMES, PAGE, exclude_each_other, table, tried


def test_the_table_is_what_fits_do() -> None:
    assert table() in PAGE.read_text()


@pytest.mark.parametrize("pair", list(itertools.combinations(NAMES, 2)), ids=" and ".join)
def test_the_objective_of_each_pair_never_falls(pair: tuple[str, str]) -> None:
    if exclude_each_other(set(pair)):
        pytest.skip("alternatives of each other")
    objectives = tried(set(pair))
    if isinstance(objectives, str):
        assert len(objectives.split()) > 3
        return
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_everything_goes_together_but_what_the_table_refuses() -> None:
    several = {"weights", "missing values", "noise of each row", "labels", "a share left out"}
    objectives = tried(several)
    assert not isinstance(objectives, str), objectives
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))
