"""A weight is a number of rows: two is twice the row, zero is no row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixfold import GaussianMixture, Mixture
from mixfold.covariance import FAMILIES
from mixfold.typing import FloatArray
from tests.properties.strategies import soft_rows

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning"),
]
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))
STARTS = ["kmeans", "k-means++"]
"""Starts that draw by weight from rows in an order of their own, so that they cannot tell a repetition."""


def in_turn(starts: list[str], each: int) -> pytest.MarkDecorator:
    """Give every family so many of the starts, in turn, and the others at night."""
    pairs = [
        pytest.param(family, start, marks=[] if (i + j) % len(starts) < each else pytest.mark.nightly)
        for i, family in enumerate(FAMILIES)
        for j, start in enumerate(starts)
    ]
    return pytest.mark.parametrize(("covariance_type", "init_params"), pairs)


def model_of(covariance_type: str, **parameters: object) -> GaussianMixture:
    """Give a mixture of three components with a fixed number of iterations.

    They are few: where two components begin at the same row, each iteration multiplies what rounding makes them differ by.
    """
    return GaussianMixture(
        3,
        covariance_type=covariance_type,
        **{"init_params": "kmeans", "tol": 0.0, "max_iter": 6, "random_state": 0, **parameters},
    )


def assert_same(actual: Mixture, expected: Mixture) -> None:
    """Compare to rounding."""
    np.testing.assert_allclose(actual.weights, expected.weights, rtol=0.0, atol=1e-8)
    np.testing.assert_allclose(actual.means, expected.means, rtol=1e-7, atol=1e-7)
    scale = np.max(np.abs(expected.covariances))
    np.testing.assert_allclose(actual.covariances, expected.covariances, rtol=0.0, atol=1e-7 * scale)


def integers(rows: FloatArray, seed: int, lowest: int) -> np.ndarray:
    """Draw a whole weight for each row; some are zero if `lowest` is, but at least ten are not."""
    weights = np.random.default_rng(seed).integers(lowest, 4, size=len(rows))
    weights[:10] += 1
    return weights


@in_turn(STARTS, each=1)
@given(rows=soft_rows(), seed=st.integers(0, 1000))
def test_integer_weights_equal_repeated_rows(
    covariance_type: str, init_params: str, rows: np.ndarray, seed: int
) -> None:
    weights = integers(rows, seed, 1)
    weighted = model_of(covariance_type, init_params=init_params).fit(rows, sample_weight=weights)
    repeated = model_of(covariance_type, init_params=init_params).fit(np.repeat(rows, weights, axis=0))
    assert_same(weighted.mixture_, repeated.mixture_)
    assert weighted.lower_bound_ == pytest.approx(repeated.lower_bound_, abs=1e-8)


@in_turn([*STARTS, "random_from_data", "density_peaks"], each=2)
@settings(max_examples=settings.default.max_examples // 2)
@given(rows=soft_rows(), seed=st.integers(0, 1000))
def test_rows_of_weight_zero_equal_absent_rows(
    covariance_type: str, init_params: str, rows: np.ndarray, seed: int
) -> None:
    weights = integers(rows, seed, 0)
    weighted = model_of(covariance_type, init_params=init_params).fit(rows, sample_weight=weights)
    absent = model_of(covariance_type, init_params=init_params).fit(
        rows[weights > 0], sample_weight=weights[weights > 0]
    )
    assert_same(weighted.mixture_, absent.mixture_)


@families
def test_equal_weights_equal_none(covariance_type: str) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2))
    none = model_of(covariance_type, reg_covar=1e-6).fit(rows)
    assert_same(
        model_of(covariance_type, reg_covar=1e-6).fit(rows, sample_weight=np.full(100, 0.25)).mixture_, none.mixture_
    )


@families
def test_weights_of_scores_and_criteria_are_repeated_rows(covariance_type: str) -> None:
    random = np.random.default_rng(0)
    rows, weights = random.normal(size=(60, 2)), random.integers(0, 4, size=60)
    model, repeated = model_of(covariance_type).fit(rows), np.repeat(rows, weights, axis=0)
    assert model.score(rows, sample_weight=weights) == pytest.approx(model.score(repeated), rel=1e-12)
    assert model.bic(rows, sample_weight=weights) == pytest.approx(model.bic(repeated), rel=1e-12)
    assert model.aic(rows, sample_weight=weights) == pytest.approx(model.aic(repeated), rel=1e-12)


@families
@pytest.mark.parametrize("factor", [1e-312, 1e-160, 1e160, 1e300])
def test_a_factor_of_all_weights_that_is_beyond_numbers_of_rows_changes_nothing(
    covariance_type: str, factor: float
) -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(90, 2)) + np.repeat([[0.0], [5.0], [10.0]], 30, axis=0)
    weights = random.uniform(0.5, 2.0, size=90)
    model = model_of(covariance_type).fit(rows, sample_weight=weights * factor)
    expected = model_of(covariance_type).fit(rows, sample_weight=weights * (1e-9 if factor < 1.0 else 1e15))
    np.testing.assert_allclose(model.means_, expected.means_, rtol=1e-6)
    assert model.lower_bound_ == pytest.approx(expected.lower_bound_, abs=1e-6)


def test_tiny_weights_of_single_precision_rows_are_not_zero() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    weights = np.linspace(1.0, 2.0, 50)
    model = GaussianMixture(1).fit(rows, sample_weight=weights * 1e-60)
    expected = GaussianMixture(1).fit(rows, sample_weight=weights * 1e-6)
    np.testing.assert_allclose(model.means_, expected.means_, rtol=1e-4)
