"""Highest-density regions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from mixfold import Mixture
from mixfold.errors import InputError, ShapeError
from mixfold.mixtures import box_probabilities, highest_density_region
from tests.examples import mixture_of


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mass", [0.2, 0.9, 0.999])
def test_intervals_hold_the_mass_and_end_at_the_level(seed: int, mass: float) -> None:
    mixture = mixture_of("full", 3, 1, seed=seed)
    region = highest_density_region(mixture, mass)
    ends = region.intervals()
    assert np.sum(box_probabilities(mixture, ends[:, :1], ends[:, 1:])[0]) == pytest.approx(mass, abs=1e-9)
    np.testing.assert_allclose(mixture.log_density(ends.reshape(-1, 1)), region.log_level, atol=1e-7)
    inside = mixture.log_density(((ends[:, 0] + ends[:, 1]) / 2.0)[:, None])
    assert region.standard_error == 0.0
    assert len(ends) > 1 or inside[0] >= region.log_level


@pytest.mark.parametrize("d", [2, 3, 8])
def test_the_region_of_a_gaussian_is_an_ellipsoid(d: int) -> None:
    mixture = mixture_of("full", 1, d)
    region = highest_density_region(mixture, 0.9)
    assert region.standard_error == 0.0
    radius = np.sqrt(chi2(d).ppf(0.9))
    np.testing.assert_allclose(mixture.mahalanobis(region.boundary(50)), radius, rtol=1e-9)


@pytest.mark.parametrize("d", [2, 5])
def test_a_region_holds_its_mass_within_its_standard_error(d: int) -> None:
    mixture = mixture_of("full", 3, d)
    region = highest_density_region(mixture, 0.8, 50_000)
    inside = region.contains(mixture.sample(50_000, 1)[0])
    assert np.mean(inside) == pytest.approx(0.8, abs=5 * np.hypot(np.sqrt(0.16 / 50_000), region.standard_error))


@pytest.mark.parametrize("d", [1, 2, 6])
def test_a_boundary_is_on_the_level_and_around_every_part(d: int) -> None:
    mixture = Mixture([0.5, 0.5], [np.zeros(d), np.full(d, 50.0)], [1.0, 4.0], "spherical")
    region = highest_density_region(mixture, 0.9)
    points = region.boundary(200, random_state=3)
    np.testing.assert_allclose(mixture.log_density(points), region.log_level, atol=1e-8)
    assert 40 < np.count_nonzero(points[:, 0] > 25.0) < 160
    np.testing.assert_array_equal(region.boundary(200, random_state=3), points)


def test_a_region_of_two_features_has_curves() -> None:
    region = highest_density_region(mixture_of("full", 2, 2), 0.7, 5000)
    for curve in region.contours():
        np.testing.assert_allclose(region.mixture.log_density(curve), region.log_level, atol=1e-9)


def test_what_is_no_mass_is_refused() -> None:
    with pytest.raises(InputError, match="between 0 and 1, got 1.0"):
        highest_density_region(mixture_of("full", 1, 1), 1.0)
    with pytest.raises(ShapeError, match="one feature, got 2"):
        highest_density_region(mixture_of("full", 1, 2), 0.5).intervals()
    with pytest.raises(ShapeError, match="two features, got 3"):
        highest_density_region(mixture_of("full", 1, 3), 0.5).contours()


def test_far_clusters_have_an_interval_each() -> None:
    mixture = Mixture([0.2, 0.8], [[0.0], [1e6]], [1e-4, 1.0], "spherical")
    assert len(highest_density_region(mixture, 0.99).intervals()) == 2
