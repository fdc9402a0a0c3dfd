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


def test_the_region_of_a_gaussian_is_an_ellipsoid() -> None:
    mixture = mixture_of("full", 1, 3)
    region = highest_density_region(mixture, 0.9, 200_000)
    rows = mixture.sample(20_000, 1)[0]
    inside = region.contains(rows)
    radius = np.sqrt(chi2(3).ppf(0.9))
    far = np.abs(mixture.mahalanobis(rows)[:, 0] - radius) > 0.05
    np.testing.assert_array_equal(inside[far], (mixture.mahalanobis(rows)[:, 0] < radius)[far])
    assert np.mean(inside) == pytest.approx(0.9, abs=5 * np.sqrt(0.09 / 20_000) + 5 * region.standard_error)


def test_what_is_no_mass_is_refused() -> None:
    with pytest.raises(InputError, match="between 0 and 1, got 1.0"):
        highest_density_region(mixture_of("full", 1, 1), 1.0)
    with pytest.raises(ShapeError, match="one feature, got 2"):
        highest_density_region(mixture_of("full", 1, 2), 0.5).intervals()


def test_far_clusters_have_an_interval_each() -> None:
    mixture = Mixture([0.2, 0.8], [[0.0], [1e6]], [1e-4, 1.0], "spherical")
    assert len(highest_density_region(mixture, 0.99).intervals()) == 2
