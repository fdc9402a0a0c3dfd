"""What lies within components: neither where clusters are nor what is far shows in it."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.fitting import DataScale
from mixfold.fitting.within import fitted_within, thinned
from mixfold.fold import Fold

COVARIANCE = np.array([[1.0, 0.6], [0.6, 0.5]])
CENTERS = np.repeat([[0.0, 0.0], [9.0, 9.0], [-9.0, 4.0]], 200, axis=0)
ROWS = np.random.default_rng(0).multivariate_normal([0.0, 0.0], COVARIANCE, size=600) + CENTERS


def scale_of(rows: np.ndarray, n_components: int) -> DataScale:
    return DataScale.of(Fold.of_rows(rows), n_components=n_components)


def within(rows: np.ndarray, n_components: int = 3) -> np.ndarray:
    return fitted_within(scale_of(rows, n_components), n_components, is_matrix=True).alike.covariances


def test_where_clusters_lie_does_not_show() -> None:
    np.testing.assert_allclose(within(ROWS), COVARIANCE, atol=0.08)
    np.testing.assert_allclose(within(ROWS + 9.0 * CENTERS), within(ROWS), rtol=1e-6)


@pytest.mark.parametrize("far", [1e2, 1e4, 1e8])
def test_a_far_row_of_a_component_of_its_own_does_not_show(far: float) -> None:
    rows = np.concatenate([ROWS, [[far, -far]]])
    np.testing.assert_allclose(within(rows, 4), within(ROWS), rtol=1e-4)


@pytest.mark.parametrize("far", [1e3, 1e8])
def test_more_far_rows_than_components_do_not_show(far: float) -> None:
    rows = np.concatenate([ROWS[:200], far * np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.3]])])
    assert np.max(within(rows, 2)) < 2.0


def test_a_matrix_applied_to_the_rows_is_applied_to_the_scale() -> None:
    matrix = np.array([[2.0, 1.0], [-3.0, 0.5]])
    np.testing.assert_allclose(within(ROWS @ matrix.T), matrix @ within(ROWS) @ matrix.T, rtol=1e-6)


@pytest.mark.parametrize(("n_features", "n_seen"), [(2, 2000), (46, 2116)])
def test_few_components_are_fitted_to_two_thousand_rows_or_as_many_as_a_covariance_has_numbers(
    n_features: int, n_seen: int
) -> None:
    rows = np.random.default_rng(0).normal(size=(3000, n_features))
    scale = scale_of(rows, 150)  # of which the scale has as many rows
    few = thinned(scale, n_seen, is_matrix=True)
    assert len(np.unique(few.rows, axis=0)) == n_seen
    of_all, of_few = (fitted_within(each, 2, is_matrix=True) for each in (scale, few))
    np.testing.assert_array_equal(of_all.alike.covariances, of_few.alike.covariances)


@pytest.mark.parametrize(("rows", "is_known"), [(ROWS, True), (np.append(ROWS, [[1e9, 0.0]], axis=0), False)])
def test_coordinates_are_known_where_no_row_is_far_and_all_are_fitted(rows: np.ndarray, is_known: bool) -> None:
    assert (fitted_within(scale_of(rows, 3), 3, is_matrix=True).coordinates is not None) == is_known
    many = np.random.default_rng(1).normal(size=(3000, 2))
    assert fitted_within(scale_of(many, 150), 2, is_matrix=True).coordinates is None
