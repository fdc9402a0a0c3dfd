"""MAP adaptation moves a mixture as far as rows tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from mixfold import GaussianMixture, Mixture
from mixfold.covariance import FAMILIES
from mixfold.errors import InputError
from mixfold.fitting import adapt
from tests.examples import blobs, mixture_of
from tests.properties.strategies import soft_rows

ROWS = blobs(120, 3, 2, seed=5)[0]
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


def shares_by_scipy(mixture: Mixture, rows: np.ndarray) -> np.ndarray:
    """Give responsibilities by the definition (eq. 7)."""
    densities = [
        weight * multivariate_normal(mean, covariance).pdf(rows)
        for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.component_covariances, strict=True)
    ]
    return np.array(densities).T / np.sum(densities, axis=0)[:, None]


@families
def test_means_and_weights_are_those_of_the_formulas_by_hand(covariance_type: str) -> None:
    mixture, r = mixture_of(covariance_type), 7.0
    shares = shares_by_scipy(mixture, ROWS)
    adapted = adapt(mixture, ROWS, relevance_factor=r, parameters=("weights", "means"))
    weights = []
    for k in range(3):
        n = sum(shares[i, k] for i in range(len(ROWS)))
        mean = sum(shares[i, k] * ROWS[i] for i in range(len(ROWS))) / n
        alpha = n / (n + r)
        np.testing.assert_allclose(adapted.means[k], alpha * mean + (1 - alpha) * mixture.means[k], rtol=1e-10)
        weights.append(alpha * n / len(ROWS) + (1 - alpha) * mixture.weights[k])
    np.testing.assert_allclose(adapted.weights, np.array(weights) / sum(weights), rtol=1e-10)
    assert np.array_equal(adapted.covariances, mixture.covariances)


def test_only_the_means_move_by_default_and_names_stay() -> None:
    plain = mixture_of("diag")
    mixture = Mixture(plain.weights, plain.means, plain.covariances, "diag", ["a", "b"])
    adapted = adapt(mixture, ROWS)
    assert np.array_equal(adapted.weights, mixture.weights)
    assert not np.array_equal(adapted.means, mixture.means)
    assert adapted.feature_names == ("a", "b")


def test_a_relevance_factor_of_zero_is_a_step_of_em() -> None:
    mixture = mixture_of("full")
    step = GaussianMixture(
        3, weights_init=mixture.weights, means_init=mixture.means,
        precisions_init=np.linalg.inv(mixture.covariances), max_iter=1, reg_covar=0.0,
    )  # fmt: skip
    with pytest.warns(UserWarning, match="max_iter"):
        step.fit(ROWS)
    adapted = adapt(mixture, ROWS, relevance_factor=0.0, parameters=("weights", "means"))
    np.testing.assert_allclose(adapted.means, step.means_, rtol=1e-9)
    # eq. 11 with a_k = 1 is n_k / n, which is EM's weight
    np.testing.assert_allclose(adapted.weights, step.weights_, rtol=1e-9)


def test_a_component_without_rows_stays_where_it_is_even_without_a_prior() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0], [1e6]], [1.0, 1.0], "spherical")
    assert adapt(mixture, [[1.0], [2.0]], relevance_factor=0.0).means[1, 0] == 1e6


def test_a_weight_of_two_is_a_row_twice() -> None:
    mixture, weights = mixture_of("full"), np.arange(len(ROWS)) % 3
    weighted = adapt(mixture, ROWS, sample_weight=weights, parameters=("weights", "means"))
    repeated = adapt(mixture, np.repeat(ROWS, weights, axis=0), parameters=("weights", "means"))
    np.testing.assert_allclose(weighted.means, repeated.means, rtol=1e-12)
    np.testing.assert_allclose(weighted.weights, repeated.weights, rtol=1e-12)


@given(rows=soft_rows(2), covariance_type=st.sampled_from(list(FAMILIES)), r=st.sampled_from([0.1, 1.0, 16.0]))
def test_repeated_adaptation_towards_the_same_prior_never_loses_posterior_density(
    rows: np.ndarray, covariance_type: str, r: float
) -> None:
    prior = mixture_of(covariance_type, 3, rows.shape[1])

    def log_posterior(mixture: Mixture) -> float:
        steps = mixture.means - prior.means
        penalty = sum(
            step @ np.linalg.solve(covariance, step)
            for step, covariance in zip(steps, prior.component_covariances, strict=True)
        )
        return float(np.sum(mixture.log_density(rows))) - 0.5 * r * penalty

    adapted = adapt(prior, rows, relevance_factor=r)
    assert log_posterior(adapted) >= log_posterior(prior) - 1e-9 * len(rows)


@pytest.mark.parametrize("relevance_factor", [-1.0, float("nan"), float("inf")])
def test_a_relevance_factor_that_is_no_count_is_refused(relevance_factor: float) -> None:
    with pytest.raises(InputError, match="relevance_factor"):
        adapt(mixture_of(), ROWS, relevance_factor=relevance_factor)


@pytest.mark.parametrize("parameters", [(), ("covariances",), "means"])
def test_other_parameters_are_refused(parameters: object) -> None:
    with pytest.raises(InputError, match="parameters"):
        adapt(mixture_of(), ROWS, parameters=parameters)


def test_rows_with_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="2 features"):
        adapt(mixture_of(), ROWS[:, :1])
