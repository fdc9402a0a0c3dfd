"""How much Gaussians lie on each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from mixfold import Mixture
from mixfold.errors import ShapeError
from mixfold.mixtures import log_affinities, log_overlaps
from mixfold.mixtures.overlap import PAIRS_AT_ONCE
from tests.examples import mixture_of


@pytest.mark.parametrize("covariance_type", ["full", "tied", "spherical", "EEV", "factor:1"])
def test_an_overlap_is_the_density_of_the_difference(covariance_type: str) -> None:
    one, other = mixture_of(covariance_type, 3, 3, seed=1), mixture_of("full", 2, 3, seed=2)
    for k, (mean, covariance) in enumerate(zip(one.means, one.component_covariances, strict=True)):
        for m, (center, spread) in enumerate(zip(other.means, other.covariances, strict=True)):
            expected = multivariate_normal(center, covariance + spread + 0.25 * np.eye(3)).logpdf(mean)
            assert log_overlaps(one, other, 0.25)[k, m] == pytest.approx(expected, abs=1e-10)


def test_overlaps_and_affinities_are_the_integrals() -> None:
    one, other = mixture_of("full", 2, 1, seed=3), mixture_of("full", 3, 1, seed=4)
    for k in range(2):
        p = norm(one.means[k, 0], np.sqrt(one.covariances[k, 0, 0])).pdf
        for m in range(3):
            q = norm(other.means[m, 0], np.sqrt(other.covariances[m, 0, 0])).pdf
            middle = (one.means[k, 0] + other.means[m, 0]) / 2.0
            product = quad(lambda x, p=p, q=q: p(x) * q(x), -60, 60, points=[middle], limit=400, epsabs=0)[0]
            root = quad(lambda x, p=p, q=q: np.sqrt(p(x) * q(x)), -60, 60, points=[middle], limit=400, epsabs=0)[0]
            assert log_overlaps(one, other)[k, m] == pytest.approx(np.log(product), abs=1e-8)
            assert log_affinities(one, other)[k, m] == pytest.approx(np.log(root), abs=1e-8)


def test_many_pairs_are_taken_in_spans() -> None:
    random = np.random.default_rng(0)
    many, other = (
        Mixture(np.full(k, 1 / k), random.standard_normal((k, 20)), random.uniform(1.0, 2.0, (k, 20)), "diag")
        for k in (40, 100)
    )
    assert PAIRS_AT_ONCE < 40 * 100 * 20 * 20
    found = log_overlaps(many, other)
    expected = norm(other.means[99], np.sqrt(many.covariances[39] + other.covariances[99])).logpdf(many.means[39]).sum()
    assert found[39, 99] == pytest.approx(expected, abs=1e-9)
    assert np.all(np.isfinite(found))


def test_mixtures_of_different_features_are_refused() -> None:
    with pytest.raises(ShapeError, match="as many features, got 1 and 2"):
        log_overlaps(Mixture([1.0], [[0.0]], [1.0], "spherical"), mixture_of("full", 1, 2))
