"""Densities, marginals and conditionals against scipy.stats and against the definition of conditional probability."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from mixfold import Mixture
from mixfold.covariance import FAMILIES
from tests.examples import blobs, mixture_of

families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


def density(mixture: Mixture, rows: np.ndarray) -> np.ndarray:
    """Give the density by SciPy."""
    parts = zip(mixture.weights, mixture.means, mixture.component_covariances, strict=True)
    return sum(weight * np.atleast_1d(multivariate_normal(mean, cov).pdf(rows)) for weight, mean, cov in parts)


@families
@pytest.mark.parametrize("n_features", [1, 2, 6])
def test_densities_equal_scipys(covariance_type: str, n_features: int) -> None:
    mixture = mixture_of(covariance_type, 4, n_features)
    rows, _ = blobs(40, 4, n_features, seed=9)
    np.testing.assert_allclose(np.exp(mixture.log_density(rows)), density(mixture, rows), rtol=1e-9)


def test_the_standard_normal_has_its_textbook_density() -> None:
    at = [[0.0], [1.0], [-3.0], [37.0]]
    np.testing.assert_allclose(
        Mixture([1.0], [[0.0]], [1.0], "spherical").log_density(at), norm.logpdf(at)[:, 0], rtol=1e-15
    )


@families
def test_a_density_integrates_to_one(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 1)
    edges = [float(np.min(mixture.means)) - 40.0, *sorted(mixture.means[:, 0]), float(np.max(mixture.means)) + 40.0]
    total = sum(
        quad(lambda x: float(np.exp(mixture.log_density([[x]])[0])), a, b, epsabs=1e-11)[0]
        for a, b in itertools.pairwise(edges)
    )
    assert total == pytest.approx(1.0, abs=1e-8)


@families
def test_a_marginal_is_the_integral_over_the_other_feature(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 2, 2)
    marginal = mixture.marginal([1])
    for y in (-1.0, 0.5):
        joint = [
            quad(lambda x, y=y: float(np.exp(mixture.log_density([[x, y]])[0])), -60, 60, points=mixture.means[:, 0])[0]
        ]
        np.testing.assert_allclose(np.exp(marginal.log_density([[y]])), joint, rtol=1e-7)


@families
def test_a_conditional_is_the_joint_over_the_marginal(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 4)
    rows, _ = blobs(25, 3, 4, seed=2)
    for row in rows:
        conditional = mixture.conditional({2: row[2], 0: row[0]})
        expected = mixture.log_density(row[None]) - mixture.marginal([0, 2]).log_density(row[None, [0, 2]])
        np.testing.assert_allclose(conditional.log_density(row[None, [1, 3]]), expected, rtol=1e-9, atol=1e-9)


@families
def test_the_moments_of_a_mixture_are_those_of_its_sample(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 2)
    rows, labels = mixture.sample(200_000, random_state=0)
    error = np.sqrt(np.diag(mixture.covariance) / len(rows))
    assert np.all(np.abs(np.mean(rows, axis=0) - mixture.mean) < 5.0 * error)
    np.testing.assert_allclose(np.cov(rows.T), mixture.covariance, rtol=0.05, atol=0.05 * np.max(mixture.covariance))
    np.testing.assert_allclose(np.bincount(labels) / len(rows), mixture.weights, atol=0.005)
    for component, covariance in enumerate(mixture.component_covariances):
        drawn = np.cov(rows[labels == component].T)
        np.testing.assert_allclose(drawn, covariance, rtol=0.05, atol=0.05 * np.max(covariance))
