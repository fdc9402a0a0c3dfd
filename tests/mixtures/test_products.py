"""Products of mixtures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixfold import Mixture
from mixfold.errors import CollapseError, InputError
from mixfold.mixtures import convolved, log_inner_product, posterior, power, product, transformed
from tests.examples import mixture_of


@pytest.mark.parametrize("covariance_type", ["full", "tied", "spherical", "factor:1"])
def test_a_product_is_the_product_of_densities(covariance_type: str) -> None:
    one, other = mixture_of(covariance_type, 3, 3, seed=1), mixture_of("full", 2, 3, seed=2)
    together, log_integral = product(one, other)
    rows = np.concatenate([one.sample(20, 0)[0], other.sample(20, 0)[0]])
    np.testing.assert_allclose(
        together.log_density(rows) + log_integral, one.log_density(rows) + other.log_density(rows), rtol=1e-9, atol=1e-9
    )
    assert log_integral == pytest.approx(log_inner_product(one, other), rel=1e-12)


def test_a_power_is_the_power_of_the_density() -> None:
    mixture = mixture_of("full", 2, 2)
    cubed, log_integral = power(mixture, 3)
    rows = mixture.sample(20, 0)[0]
    np.testing.assert_allclose(cubed.log_density(rows) + log_integral, 3 * mixture.log_density(rows), atol=1e-9)
    assert power(mixture, 1) == (mixture, 0.0)
    with pytest.raises(InputError, match="at least 1, got 0"):
        power(mixture, 0)


def test_a_posterior_is_bayes_rule() -> None:
    prior = mixture_of("full", 3, 3)
    random = np.random.default_rng(0)
    matrix, noise, y = random.standard_normal((2, 3)), np.array([[0.5, 0.1], [0.1, 0.3]]), np.array([0.4, -1.0])
    after, log_evidence = posterior(prior, y, matrix, noise)
    rows = prior.sample(30, 0)[0]
    likelihood = np.array([multivariate_normal(matrix @ row, noise).logpdf(y) for row in rows])
    np.testing.assert_allclose(after.log_density(rows) + log_evidence, prior.log_density(rows) + likelihood, atol=1e-9)
    predicted = sum(
        w * multivariate_normal(matrix @ m, matrix @ s @ matrix.T + noise).pdf(y)
        for w, m, s in zip(prior.weights, prior.means, prior.covariances, strict=True)
    )
    assert log_evidence == pytest.approx(np.log(predicted), rel=1e-9)


def test_what_is_seen_without_noise_is_a_conditional() -> None:
    prior = mixture_of("full", 2, 2)
    after, _ = posterior(prior, [0.7], [[1.0, 0.0]], [[1e-12]])
    np.testing.assert_allclose(after.marginal([1]).means, prior.conditional({0: 0.7}).means, rtol=1e-6)
    with pytest.raises(CollapseError, match="Add noise"):
        posterior(prior, [0.7, 0.7], [[1.0, 0.0], [1.0, 0.0]], np.zeros((2, 2)))


def test_a_sum_of_independent_rows_is_the_convolution() -> None:
    one, other = mixture_of("full", 2, 2, seed=1), mixture_of("diag", 3, 2, seed=2)
    rows, others = (each.sample(200_000, seed)[0] for each, seed in ((one, 1), (other, 2)))
    shuffled = np.random.default_rng(0).permutation(others)
    both = convolved(one, other)
    np.testing.assert_allclose(both.mean, one.mean + other.mean)
    np.testing.assert_allclose(both.covariance, one.covariance + other.covariance)
    frequencies = [[0.2, 0.1]]
    expected = np.mean(np.exp(1j * (rows + shuffled) @ frequencies[0]))
    assert both.n_components == 6
    assert np.mean(np.exp(1j * both.sample(200_000, 3)[0] @ frequencies[0])) == pytest.approx(expected, abs=0.01)
    difference = convolved(one, transformed(other, -np.eye(2), np.zeros(2)))
    np.testing.assert_allclose(difference.mean, one.mean - other.mean)


def test_components_without_weight_take_no_part() -> None:
    one = Mixture([1.0, 0.0], [[0.0], [5.0]], [1.0, 1.0], "spherical")
    assert product(one, one)[0].n_components == 1
