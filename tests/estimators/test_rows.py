"""How estimators take rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from mixfold.errors import InputError
from mixfold.estimators.rows import Question, folding, known_names, log_best_shares, source_of
from mixfold.fold import LOOP_ROWS, Fold
from mixfold.potentials import Potentials
from mixfold.rows import Marks
from mixfold.sources import ArraySource


class Taker(BaseEstimator):
    """An estimator that takes rows and does nothing with them."""


def test_rows_of_a_small_file_come_into_memory(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.arange(6.0).reshape(3, 2))
    source = source_of(tmp_path / "rows.npy", estimator=Taker(), reset=True)
    assert isinstance(source, ArraySource)
    np.testing.assert_array_equal(source.values, [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])


def test_rows_of_a_large_file_stay_where_they_are_and_are_checked_when_they_are_folded(tmp_path: Path) -> None:
    rows = np.zeros((LOOP_ROWS + 1, 1))
    rows[-1] = np.nan
    np.save(tmp_path / "rows.npy", rows)
    source = source_of(tmp_path / "rows.npy", estimator=Taker(), reset=True)
    assert not isinstance(source, ArraySource)
    with pytest.raises(InputError, match="must be finite"), folding(source, "auto", None):
        pass


def test_features_of_a_fit_are_those_of_later_rows(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.zeros((3, 2)))
    taker = Taker()
    source_of(tmp_path / "rows.npy", estimator=taker, reset=True)
    assert taker.n_features_in_ == 2
    with pytest.raises(ValueError, match="expecting 2 features"):
        source_of(np.zeros((3, 4)), estimator=taker, n_features=2)


def test_a_question_about_no_rows_has_an_empty_answer() -> None:
    potentials = Potentials.nearest(np.zeros((3, 2)))
    assert Question(potentials, "responsibilities", "auto")(np.empty((0, 2))).shape == (0, 3)
    assert Question(potentials, "labels", "auto")(np.empty((0, 2))).shape == (0,)


def test_names_are_those_of_the_fit() -> None:
    taker = Taker()
    assert known_names(taker) is None
    source_of(pd.DataFrame({"b": [0.0, 1.0], "a": [2.0, 3.0]}), estimator=taker, reset=True)
    assert known_names(taker) == ["b", "a"]


def test_logarithms_of_the_largest_responsibilities_are_summed_by_weight() -> None:
    potentials = Potentials.nearest(np.array([[0.0], [2.0]]))
    fold = Fold.of_rows(np.array([[1.0], [0.0], [1.0]]), Marks(np.array([1.0, 0.0, 3.0])))
    assert log_best_shares(fold, potentials) == pytest.approx(4.0 * np.log(0.5))


def test_new_weights_leave_the_strata_of_a_source_as_they_are() -> None:
    given = ArraySource(np.arange(6.0).reshape(3, 2), Marks(strata=np.array([0, 1, 0])))
    source = source_of(given, np.array([1.0, 2.0, 0.5]), estimator=Taker(), reset=True)
    np.testing.assert_array_equal(source.marks.strata, [0, 1, 0])
    np.testing.assert_array_equal(source.weights, [1.0, 2.0, 0.5])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_known_to_be_numbers_only_where_all_are(dtype: type) -> None:
    X = np.random.default_rng(3).normal(size=(20, 2)).astype(dtype)
    assert source_of(X, estimator=Taker(), gaps=True).known.is_finite
    X[3, 1] = np.nan
    assert not source_of(X, estimator=Taker(), gaps=True).known.is_finite
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        source_of(X, estimator=Taker(), gaps=True)


def test_numbers_whose_sum_is_infinite_are_numbers() -> None:
    X = np.full((20, 2), 1e307) * np.linspace(1.0, 1.5, 20)[:, None]
    assert source_of(X, estimator=Taker(), gaps=True).known.is_finite


def test_arrays_of_floats_are_taken_as_they_are_and_set_what_scikit_learn_sets() -> None:
    frame, X = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 5.0]}), np.asfortranarray(np.eye(4, 3))
    taker = Taker()
    source_of(frame, estimator=taker, reset=True)
    assert taker.feature_names_in_.tolist() == ["a", "b"]
    source = source_of(X, estimator=taker, reset=True)
    assert isinstance(source, ArraySource)
    assert source.rows.values is X  # noqa: PD011
    assert taker.n_features_in_ == 3
    assert not hasattr(taker, "feature_names_in_")
    with pytest.raises(ValueError, match="minimum of 2"):
        source_of(X[:1], estimator=taker, reset=True)
