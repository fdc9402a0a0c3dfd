"""Scatters that are believed to be Wishart-distributed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln, multigammaln
from scipy.stats import wishart

from mixfold.models import ScatterPrior
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL

COVARIANCE = np.array([[2.0, 0.5], [0.5, 1.0]])
PRECISION = np.array([[3.0, -1.0], [-1.0, 4.0]])


def test_the_evidence_is_the_integral_over_a_variance() -> None:
    prior, size, total, k, degrees = ScatterPrior(DIAGONAL, np.array([2.0]), 1), 0.3, np.array([5.0]), 3, 4.0
    shape, rate = 0.5, 0.5 / (size * 2.0)

    def density(s: float) -> float:
        log_prior = shape * np.log(rate) - gammaln(shape) + (shape - 1.0) * np.log(s) - rate * s
        return float(np.exp(log_prior + 0.5 * k * degrees * np.log(s) - 0.5 * 5.0 * s))

    expected = np.log(quad(density, 0.0, np.inf)[0])
    assert prior.log_evidence(np.array([size]), total, k, degrees)[0] == pytest.approx(expected, abs=1e-8)
    full = ScatterPrior(FULL, np.array([[2.0]]), 1)
    assert full.log_evidence(np.array([size]), total[:, None], k, degrees)[0] == pytest.approx(expected, abs=1e-8)


def test_along_axes_a_scatter_has_variances_of_a_structure_without_correlations() -> None:
    axes, variances = np.array([[1.0, 0.3], [-0.5, 2.0]]), np.array([2.0, 0.7])
    own = ScatterPrior(DIAGONAL, variances, 2)
    along = ScatterPrior(FULL, axes @ np.array([[2.0, 0.4], [0.4, 0.7]]) @ axes.T, 2, axes)
    whitener = np.array([[[1.0, 0.0], [0.5, 2.0]], [[3.0, 0.0], [-1.0, 0.2]]])
    precision = along.total_precision(whitener, 2)
    every = sum(one.T @ one for one in whitener)
    np.testing.assert_allclose(precision, np.diagonal(axes.T @ every @ axes))
    (scatter, belief), (expected, other) = (
        one.learned(np.array([0.3, 1.0]), precision, 2, 5.0) for one in (along, own)
    )
    np.testing.assert_allclose(scatter, axes @ np.diag(expected) @ axes.T)
    assert belief.mean_log == pytest.approx(other.mean_log + 2.0 * np.log(np.linalg.det(axes)))
    assert belief.divergence == pytest.approx(other.divergence)
    np.testing.assert_allclose(along.before(0.5)[0], axes @ np.diag(0.5 * variances) @ axes.T)


def test_the_evidence_of_a_matrix_is_a_ratio_of_norms() -> None:
    size, k, degrees = 0.3, 3, 4.0
    rate = 2.0 * np.linalg.inv(size * COVARIANCE)

    def log_norm(rate: np.ndarray, degrees: float) -> float:
        return float(0.5 * degrees * (2 * np.log(2.0) - np.linalg.slogdet(rate)[1]) + multigammaln(0.5 * degrees, 2))

    expected = log_norm(rate + PRECISION, 2.0 + k * degrees) - log_norm(rate, 2.0)
    value = ScatterPrior(FULL, COVARIANCE, 2).log_evidence(np.array([size]), PRECISION, k, degrees)[0]
    assert value == pytest.approx(expected, abs=1e-10)


def test_what_is_learned_is_the_posterior() -> None:
    scatter, belief = ScatterPrior(FULL, COVARIANCE, 2).learned(0.3, PRECISION, 3, 4.0)
    rate = 2.0 * np.linalg.inv(0.3 * COVARIANCE) + PRECISION
    np.testing.assert_allclose(scatter, 14.0 * np.linalg.inv(rate))
    draws = wishart(14.0, np.linalg.inv(rate)).rvs(20_000, random_state=np.random.default_rng(0))
    assert belief.mean_log == pytest.approx(np.mean(np.linalg.slogdet(draws)[1]), abs=0.02)


@pytest.mark.parametrize("structure", [FULL, POOLED, DIAGONAL, SPHERICAL], ids=lambda one: one.name)
def test_a_learned_belief_brings_its_evidence_to_the_bound(structure: object) -> None:
    covariance = structure.reduced(COVARIANCE, 2)  # type: ignore[attr-defined]
    prior, k, degrees = ScatterPrior(structure, covariance, 2), 3, 4.0  # type: ignore[arg-type]
    precision = structure.reduced(PRECISION, 2)  # type: ignore[attr-defined]
    width = 1 if structure.has_shape else 2  # type: ignore[attr-defined]
    for size in (2.0, 0.3, 0.01):
        scatter, belief = prior.learned(size, width * precision, k, degrees)
        squares = np.trace(scatter @ precision) if scatter.ndim == 2 else width * np.sum(scatter * precision)
        bound = 0.5 * k * degrees * belief.mean_log - 0.5 * squares - belief.divergence
        expected = prior.log_evidence(np.array([size]), width * precision, k, degrees)[0]
        assert bound == pytest.approx(expected, abs=1e-9)


def test_of_several_sizes_the_one_with_most_evidence_is_learned() -> None:
    prior, sizes = ScatterPrior(FULL, COVARIANCE, 2), np.array([0.01, 2.0, 0.3])
    best = sizes[np.argmax(prior.log_evidence(sizes, PRECISION, 3, 4.0))]
    scatter, belief = prior.learned(sizes, PRECISION, 3, 4.0)
    expected, expected_belief = prior.learned(float(best), PRECISION, 3, 4.0)
    np.testing.assert_array_equal(scatter, expected)
    assert belief == pytest.approx(expected_belief, abs=1e-12)
    assert best != sizes[0]


def test_before_any_rows_nothing_has_been_learned() -> None:
    scatter, belief = ScatterPrior(FULL, COVARIANCE, 2).before(0.3)
    np.testing.assert_allclose(scatter, 0.3 * COVARIANCE)
    assert belief.divergence == pytest.approx(0.0, abs=1e-12)


def test_rows_without_spread_leave_a_least_scatter() -> None:
    precision = np.diag([3.0, np.inf])
    scatter, belief = ScatterPrior(FULL, np.diag([2.0, 1.0]), 2).learned(0.3, precision, 3, 4.0)
    assert np.isfinite(belief.mean_log)
    assert 0.9e-4 < scatter[1, 1] < 1.1e-4
