"""All cells of a sweep are fitted to the same ground."""

from __future__ import annotations

import time

import numpy as np

from mixfold.covariance import FAMILIES
from mixfold.fitting import DataScale
from mixfold.fold import Fold
from mixfold.search.comparison import Comparison
from tests.examples import blobs


def test_a_cell_has_the_problem_of_a_fit_by_default():
    fold = Fold.of_rows(blobs()[0])
    comparison = Comparison(fold, "bic", np.inf, DataScale.of(fold, n_components=3))
    problem = comparison.problem(FAMILIES["diag"], 3)
    expected = DataScale.of(fold, n_components=3).prior(FAMILIES["diag"], 3)
    assert problem.fold is fold
    np.testing.assert_array_equal(problem.model.prior.scale, expected.scale)


def test_time_is_over_after_the_deadline_and_not_before():
    fold = Fold.of_rows(blobs()[0])
    scale = DataScale.of(fold)
    assert Comparison(fold, "bic", time.perf_counter() - 1e-6, scale).is_over
    assert not Comparison(fold, "bic", time.perf_counter() + 3600.0, scale).is_over


def test_starts_look_at_completed_rows_where_there_are_any():
    fold, completed = Fold.of_rows(blobs()[0]), Fold.of_rows(blobs(50)[0])
    assert Comparison(fold, "bic", np.inf, DataScale.of(fold)).complete is fold
    assert Comparison(fold, "bic", np.inf, DataScale.of(fold), completed).complete is completed
