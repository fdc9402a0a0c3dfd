"""What potentials say of rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_t

from mixfold import Mixture, StudentMixture
from mixfold.mixtures import Density
from tests.examples import blobs, mixture_of


def test_heavy_tails_have_the_density_and_the_labels_of_their_estimator() -> None:
    rows, _ = blobs(100)
    model = StudentMixture(2, random_state=0).fit(rows)
    mixture = model.mixture_
    assert isinstance(mixture, Density)
    parts = [
        np.log(weight) + multivariate_t(mean, shape, degrees).logpdf(rows)
        for weight, mean, shape, degrees in zip(
            mixture.parameters.weights,
            mixture.parameters.means,
            mixture.parameters.covariances,
            mixture.degrees,
            strict=True,
        )
    ]
    np.testing.assert_allclose(mixture.log_density(rows), logsumexp(parts, axis=0), rtol=1e-9)
    np.testing.assert_array_equal(mixture.labels(rows), np.argmax(parts, axis=0))
    np.testing.assert_allclose(mixture.uncertainty(rows), 1.0 - mixture.responsibilities(rows).max(axis=1), atol=1e-12)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "factor:1"])
def test_distances_are_those_of_mahalanobis(covariance_type: str) -> None:
    mixture, rows = mixture_of(covariance_type, 3, 2), blobs(20)[0]
    for k, covariance in enumerate(mixture.component_covariances):
        steps = rows - mixture.means[k]
        expected = np.sqrt(np.sum(steps @ np.linalg.inv(covariance) * steps, axis=1))
        np.testing.assert_allclose(mixture.mahalanobis(rows)[:, k], expected, rtol=1e-9)


def test_a_row_with_gaps_is_scored_by_what_it_has() -> None:
    mixture = mixture_of("full", 3, 2)
    rows = np.array([[1.0, np.nan], [np.nan, -1.0]])
    expected = [mixture.marginal([0]).log_density([[1.0]])[0], mixture.marginal([1]).log_density([[-1.0]])[0]]
    np.testing.assert_allclose(mixture.log_density(rows), expected, rtol=1e-12)


def test_an_uncertainty_is_exact_where_it_is_tiny() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical")
    assert mixture.uncertainty([[-8.0]])[0] == pytest.approx(np.exp(-40.0), rel=1e-12)
