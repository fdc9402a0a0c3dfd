"""How estimators take rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixfold.errors import InputError
from mixfold.estimators.rows import Question, RowsEstimator
from mixfold.fold import LOOP_ROWS
from mixfold.potentials import Potentials
from mixfold.sources import ArraySource


class Taker(RowsEstimator):
    """An estimator that takes rows and does nothing with them."""

    def __init__(self) -> None:
        self.engine = "auto"
        self.n_jobs = None


def test_rows_of_a_small_file_come_into_memory(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.arange(6.0).reshape(3, 2))
    source = Taker()._source(tmp_path / "rows.npy", reset=True)
    assert isinstance(source, ArraySource)
    np.testing.assert_array_equal(source.values, [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])


def test_rows_of_a_large_file_stay_where_they_are_and_are_checked_when_they_are_folded(tmp_path: Path) -> None:
    rows = np.zeros((LOOP_ROWS + 1, 1))
    rows[-1] = np.nan
    np.save(tmp_path / "rows.npy", rows)
    taker = Taker()
    source = taker._source(tmp_path / "rows.npy", reset=True)
    assert not isinstance(source, ArraySource)
    with pytest.raises(InputError, match="must be finite"), taker._folding(source):
        pass


def test_features_of_a_fit_are_those_of_later_rows(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.zeros((3, 2)))
    taker = Taker()
    taker._source(tmp_path / "rows.npy", reset=True)
    assert taker.n_features_in_ == 2
    with pytest.raises(ValueError, match="expecting 2 features"):
        taker._source(np.zeros((3, 4)), n_features=2)


def test_a_question_about_no_rows_has_an_empty_answer() -> None:
    potentials = Potentials.nearest(np.zeros((3, 2)))
    assert Question(potentials, "responsibilities", "auto")(np.empty((0, 2))).shape == (0, 3)
    assert Question(potentials, "labels", "auto")(np.empty((0, 2))).shape == (0,)
