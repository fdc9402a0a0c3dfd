"""Modes, slopes and curvature."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.errors import ShapeError
from mixfold.mixtures import gradient, hessian, modes, n_modes, ridgeline
from tests.examples import mixture_of


@pytest.mark.parametrize("covariance_type", ["full", "tied", "spherical", "factor:1"])
def test_derivatives_are_differences(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 3)
    rows = mixture.sample(5, 0)[0]
    step = 1e-5
    slopes, curvature = gradient(mixture, rows), hessian(mixture, rows)
    for j in range(3):
        shift = step * np.eye(3)[j]
        rise = (mixture.log_density(rows + shift) - mixture.log_density(rows - shift)) / (2 * step)
        np.testing.assert_allclose(slopes[:, j], rise, rtol=1e-5, atol=1e-6)
        bend = (gradient(mixture, rows + shift) - gradient(mixture, rows - shift)) / (2 * step)
        np.testing.assert_allclose(curvature[:, j], bend, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_modes_of_one_feature_are_as_many_as_are_counted(seed: int) -> None:
    random = np.random.default_rng(seed)
    k = int(random.integers(1, 12))
    deviations = random.uniform(0.02, 2.0, (k, 1, 1))
    mixture = Mixture(random.dirichlet(np.ones(k)), random.uniform(-4, 4, (k, 1)), deviations**2)
    grid = np.linspace(-6, 6, 200_001)
    heights = mixture.log_density(grid[:, None])
    peaks = np.flatnonzero((heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:])) + 1
    assert n_modes(mixture) == len(peaks) == len(modes(mixture))
    np.testing.assert_allclose(np.sort(modes(mixture)[:, 0]), grid[peaks], atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_modes_are_tops_and_no_top_is_missed_from_a_grid(seed: int) -> None:
    mixture = mixture_of("full", 4, 2, seed=seed)
    found = modes(mixture)
    np.testing.assert_allclose(gradient(mixture, found), 0.0, atol=1e-6)
    assert np.all(np.linalg.eigvalsh(hessian(mixture, found)) < 0.0)
    heights = mixture.log_density(found)
    assert np.all(np.diff(heights) <= 0.0)
    # Every mean, moved uphill by small steps, ends at one of them.
    rows = mixture.sample(50, 0)[0]
    for _ in range(3000):
        slopes = gradient(mixture, rows)
        rows = rows + 0.02 * slopes / np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 0.2)
    apart = np.linalg.norm(rows[:, None] - found, axis=2).min(axis=1)
    assert np.all(apart < 0.1)


def test_two_components_can_have_three_modes() -> None:
    # Ray & Lindsay 2005, figure 1.
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], [np.diag([1.0, 0.05]), np.diag([0.05, 1.0])])
    found = modes(mixture)
    assert len(found) == 3
    ridge = ridgeline(mixture, 0, 1, np.linspace(0, 1, 20_001))
    for mode in found:
        assert np.min(np.linalg.norm(ridge - mode, axis=1)) < 1e-3


def test_a_ridgeline_goes_from_mean_to_mean() -> None:
    mixture = mixture_of("full", 2, 3)
    np.testing.assert_allclose(ridgeline(mixture, 0, 1, [0.0, 1.0]), mixture.means, rtol=1e-9)


def test_a_place_too_flat_is_not_decided() -> None:
    with pytest.raises(ArithmeticError, match="too flat"):
        n_modes(Mixture([0.5, 0.5], [[-1.0], [1.0]], [1.0, 1.0], "spherical"))
    with pytest.raises(ShapeError, match="with one feature, got 2"):
        n_modes(mixture_of("full", 2, 2))


def test_components_without_weight_have_no_mode() -> None:
    mixture = Mixture([1.0, 0.0], [[0.0], [50.0]], [1.0, 1.0], "spherical")
    assert len(modes(mixture)) == n_modes(mixture) == 1
