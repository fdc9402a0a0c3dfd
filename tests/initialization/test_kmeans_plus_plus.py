"""Centers drawn far from each other."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.fold import Fold
from mixfold.initialization import KMeansPlusPlus
from mixfold.initialization.kmeans_plus_plus import spread_indices
from mixfold.rows import Marks, Rows
from mixfold.structures import FULL


def test_centers_are_distinct_rows() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2))
    centers = rows[spread_indices(rows, np.ones(50), 10, np.random.RandomState(0))]
    assert len(np.unique(centers, axis=0)) == 10
    assert all(np.any(np.all(rows == center, axis=1)) for center in centers)


@pytest.mark.parametrize("seed", range(5))
def test_every_separated_cluster_gets_a_center(seed: int) -> None:
    rows = np.repeat(1e3 * np.arange(6.0)[:, None], 20, axis=0) + np.random.default_rng(0).normal(size=(120, 1))
    centers = rows[spread_indices(rows, np.ones(120), 6, np.random.RandomState(seed))]
    assert sorted(np.round(centers[:, 0] / 1e3)) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_fewer_distinct_rows_than_centers_are_repeated() -> None:
    centers = np.zeros((5, 2))[spread_indices(np.zeros((5, 2)), np.ones(5), 3, np.random.RandomState(0))]
    np.testing.assert_array_equal(centers, np.zeros((3, 2)))


def test_a_weight_of_two_is_drawn_like_two_rows() -> None:
    rows, weights = np.array([[0.0], [1.0], [5.0]]), np.array([1.0, 3.0, 2.0])
    for seed in range(20):
        weighted = rows[spread_indices(rows, weights, 2, np.random.RandomState(seed))]
        repeated = np.repeat(rows, [1, 3, 2], axis=0)[
            spread_indices(np.repeat(rows, [1, 3, 2], axis=0), np.ones(6), 2, np.random.RandomState(seed))
        ]
        np.testing.assert_array_equal(weighted, repeated)


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_any_units_are_taken(scale: float) -> None:
    rows = np.random.default_rng(0).normal(size=(30, 2))
    expected = rows[spread_indices(rows, np.ones(30), 4, np.random.RandomState(0))]
    actual = (rows * scale)[spread_indices(rows * scale, np.ones(30), 4, np.random.RandomState(0))]
    np.testing.assert_allclose(actual / scale, expected)


def test_where_time_is_over_the_other_centers_are_drawn_at_once() -> None:
    rows, random_state = np.random.default_rng(5).normal(size=(60, 2)), np.random.RandomState(0)
    indices = spread_indices(rows, np.ones(60), 7, random_state, deadline=-np.inf)
    assert indices.shape == (7,)
    assert random_state.uniform() == np.random.RandomState(0).uniform(size=8)[-1]  # one number for each center


@pytest.mark.parametrize("seed", [85, 88, 373, 388])
def test_rounding_does_not_choose_between_the_rows_of_a_pair(seed: int) -> None:
    # The two largest rows have equal weights: whichever of them is the center of the pair, the same inertia is left.
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(20, 1))
    weights = rng.integers(1, 4, size=20)
    weights[np.argsort(rows[:, 0])[-2:]] = 3
    repeated = np.repeat(rows, weights, axis=0)
    actual, expected = (
        KMeansPlusPlus()(fold, 3, FULL, np.random.RandomState(0))
        for fold in (Fold.of_rows(rows).on_rows(Rows(rows, Marks(weights.astype(float)))), Fold.of_rows(repeated))
    )
    np.testing.assert_allclose(actual.means, expected.means, atol=1e-9)
