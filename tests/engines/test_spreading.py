"""k-means++ on a device draws what it draws on the host."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines.spreading import n_trials, spread_there
from mixfold.initialization.kmeans_plus_plus import spread_indices
from tests.engines.libraries import arrays
from tests.examples import blobs


@pytest.mark.parametrize("n_centers", [1, 2, 7, 40])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_rows_are_drawn_by_the_same_numbers(array_library: str, n_centers: int, weighted: bool) -> None:
    rows = blobs(400, 7, 3)[0]
    weights = np.random.default_rng(0).uniform(0.1, 2.0, 400) if weighted else np.ones(400)
    for seed in range(5):
        expected = spread_indices(rows, weights, n_centers, np.random.RandomState(seed))
        uniforms = np.random.RandomState(seed).uniform(size=1 + (n_centers - 1) * n_trials(n_centers))
        actual = spread_there(arrays(array_library, rows), arrays(array_library, weights), n_centers, uniforms)
        np.testing.assert_array_equal(actual, expected)


def test_rows_that_are_all_alike_are_drawn_by_weight(array_library: str) -> None:
    rows, weights = arrays(array_library, np.ones((5, 2))), arrays(array_library, np.array([1.0, 1.0, 1.0, 1.0, 96.0]))
    drawn = spread_there(rows, weights, 3, np.full(1 + 2 * n_trials(3), 0.5))
    assert drawn.tolist() == [4, 4, 4]


def test_rounding_does_not_choose_between_the_two_of_a_pair(array_library: str) -> None:
    for seed in range(60):  # of which rounding would choose in some
        base = np.round(3.0 * np.random.default_rng(seed).normal(size=(3, 1)), 1)
        rows, ones = np.concatenate([base, base + 10.1, base + 10.2]), np.ones(9)  # either leaves the same inertia
        uniforms = np.random.RandomState(seed).uniform(size=1 + 2 * n_trials(3))
        expected = spread_indices(rows, ones, 3, np.random.RandomState(seed))
        actual = spread_there(arrays(array_library, rows), arrays(array_library, ones), 3, uniforms)
        np.testing.assert_array_equal(actual, expected)
