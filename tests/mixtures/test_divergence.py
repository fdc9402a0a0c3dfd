"""How far Gaussians are from each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixfold.covariance import FAMILIES
from mixfold.mixtures import divergences
from tests.examples import mixture_of

families = pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])


@families
def test_divergences_are_the_formula_s(covariance_type: str) -> None:
    one, other = mixture_of(covariance_type, 3, 3, seed=1), mixture_of("full", 2, 3, seed=2)
    for k, (mean, covariance) in enumerate(zip(one.means, one.component_covariances, strict=True)):
        for m, (center, spread) in enumerate(zip(other.means, other.covariances, strict=True)):
            step = mean - center
            expected = 0.5 * (
                np.trace(np.linalg.solve(spread, covariance))
                + step @ np.linalg.solve(spread, step)
                - 3
                + np.linalg.slogdet(spread)[1]
                - np.linalg.slogdet(covariance)[1]
            )
            assert divergences(one, other)[k, m] == pytest.approx(expected, rel=1e-9)


def test_a_divergence_is_the_mean_difference_of_log_densities() -> None:
    one, other = mixture_of("full", 1, 2, seed=1), mixture_of("full", 1, 2, seed=2)
    rows = one.sample(200_000, random_state=0)[0]
    p, q = (multivariate_normal(each.means[0], each.covariances[0]).logpdf(rows) for each in (one, other))
    assert divergences(one, other)[0, 0] == pytest.approx(np.mean(p - q), abs=5 * np.std(p - q) / np.sqrt(len(rows)))


@families
def test_nothing_is_far_from_itself(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 3)
    found = divergences(mixture, mixture)
    np.testing.assert_allclose(np.diag(found), 0.0, atol=1e-12)
    assert np.all(found[~np.eye(3, dtype=bool)] > 0.0)
