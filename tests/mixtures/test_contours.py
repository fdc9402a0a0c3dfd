"""Contours of the density of two features."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.path import Path

from mixfold import Mixture
from mixfold.mixtures import highest_density_region, modes
from mixfold.mixtures.contours import contours, crossings
from tests.examples import mixture_of


def area(curve: np.ndarray) -> float:  # type: ignore[type-arg]
    x, y = curve[:-1].T
    return 0.5 * float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def test_an_ellipse_has_its_area_and_is_on_the_level() -> None:
    mixture = Mixture([1.0], [[5.0, -2.0]], [[[4.0, 1.5], [1.5, 1.0]]])
    level = mixture.log_density([[5.0, -2.0]])[0] - 2.0
    (curve,) = contours(mixture, level, 81)
    np.testing.assert_array_equal(curve[0], curve[-1])
    np.testing.assert_allclose(mixture.mahalanobis(curve), 2.0, rtol=1e-9)
    assert area(curve) == pytest.approx(np.pi * 4.0 * np.sqrt(4.0 - 1.5**2), rel=1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_rows_inside_of_an_odd_number_of_curves_are_above_the_level(seed: int) -> None:
    mixture = mixture_of("full", 5, 2, seed=seed)
    for mass in (0.3, 0.95):
        region = highest_density_region(mixture, mass, 5000)
        curves = contours(mixture, region.log_level, 81)
        rows = mixture.sample(3000, 1)[0]
        inside = np.sum([Path(curve).contains_points(rows) for curve in curves], axis=0) % 2
        assert np.mean(inside == region.contains(rows)) > 0.995
        assert all(np.array_equal(curve[0], curve[-1]) for curve in curves)
        np.testing.assert_allclose(mixture.log_density(np.concatenate(curves)), region.log_level, atol=1e-9)


def test_a_hole_has_a_curve_of_its_own() -> None:
    turns = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    ring = Mixture(
        np.full(12, 1 / 12), 5.0 * np.stack([np.cos(turns), np.sin(turns)], axis=1), np.ones(12), "spherical"
    )
    outer, inner = contours(ring, ring.log_density([[5.0, 0.0]])[0] - 1.5, 41)
    assert area(outer) > np.pi * 25.0 > area(inner) > 1.0


@pytest.mark.parametrize("resolution", [4, 6, 10])
@pytest.mark.parametrize("mirror", [-1.0, 1.0])
def test_just_below_a_saddle_there_is_one_curve_and_just_above_two(resolution: int, mirror: float) -> None:
    # The square in the middle of these grids has all its sides crossed: what the density is between them decides.
    mixture = Mixture([0.5, 0.5], [[-1.5, -1.5 * mirror], [1.5, 1.5 * mirror]], [1.0, 1.0], "spherical")
    saddle = mixture.log_density([[0.0, 0.0]])[0]
    assert [len(contours(mixture, saddle + step, resolution)) for step in (-0.02, 0.02)] == [1, 2]


def test_small_components_beside_large_ones_are_not_missed() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [40.0, 3.0]], [100.0, 1e-6], "spherical")
    assert len(contours(mixture, mixture.log_density([[0.0, 0.0]])[0] - 1.0, 41)) == 2


def test_above_the_top_there_is_no_curve() -> None:
    mixture = mixture_of("full", 3, 2)
    assert contours(mixture, np.max(mixture.log_density(modes(mixture))) + 0.1, 41) == []


def test_many_components_have_a_grid_that_memory_holds() -> None:
    random = np.random.default_rng(0)
    mixture = Mixture(np.full(60, 1 / 60), random.uniform(0, 50, (60, 2)), np.ones(60), "spherical")
    curves = contours(mixture, np.max(mixture.log_density(mixture.means)) - 3.0, 81)
    assert len(curves) > 3


def test_a_crossing_is_found_in_any_number_of_features() -> None:
    mixture = mixture_of("full", 1, 4)
    far = mixture.means + np.array([[50.0, 0.0, 0.0, 0.0], [0.0, 0.0, -70.0, 9.0]])
    found = crossings(mixture, mixture.log_density(mixture.means)[0] - 4.5, np.repeat(mixture.means, 2, axis=0), far)
    np.testing.assert_allclose(mixture.mahalanobis(found), 3.0, rtol=1e-9)
