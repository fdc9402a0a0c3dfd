"""The prior of a fit."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fitting import prior_for
from mixfold.fold import Fold
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from tests.examples import blobs

ROWS, _ = blobs(300, 3, 2)
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


def prior_of(
    reg_covar: object, covariance_type: str, rows: np.ndarray = ROWS, weights: np.ndarray | None = None
) -> object:
    """Give the prior for three components."""
    fold = Fold(ArraySource(rows, Marks(weights)), ArrayEngine(), LocalExecutor())
    return prior_for(reg_covar, fold, FAMILIES[covariance_type], 3)


@families
def test_a_number_is_scikit_learns_ridge(covariance_type: str) -> None:
    prior = prior_of(1e-3, covariance_type)
    assert (prior.ridge, prior.count) == (1e-3, 0.0)


@families
def test_auto_is_a_density_without_a_ridge(covariance_type: str) -> None:
    prior = prior_of("auto", covariance_type)
    assert prior.is_density
    assert prior.ridge == 0.0


@families
@pytest.mark.parametrize("scale", [2.0**-30, 2.0**30])
def test_auto_follows_the_units(covariance_type: str, scale: float) -> None:
    expected, actual = (prior_of("auto", covariance_type, rows) for rows in (ROWS, ROWS * scale))
    np.testing.assert_allclose(actual.scale, expected.scale * scale**2, rtol=1e-12)
    assert actual.count == expected.count


@families
def test_auto_does_not_see_where_zero_is(covariance_type: str) -> None:
    expected, actual = (prior_of("auto", covariance_type, rows) for rows in (ROWS, ROWS + 2.0**20))
    np.testing.assert_allclose(actual.scale, expected.scale, rtol=1e-7)


@families
def test_auto_counts_weights_as_rows(covariance_type: str) -> None:
    weights = np.random.default_rng(0).integers(1, 4, size=300)
    expected = prior_of("auto", covariance_type, np.repeat(ROWS, weights, axis=0))
    actual = prior_of("auto", covariance_type, ROWS, weights.astype(float))
    np.testing.assert_allclose(actual.scale, expected.scale, rtol=1e-8)


@families
def test_weak_is_much_smaller_than_the_data(covariance_type: str) -> None:
    prior = prior_of("weak", covariance_type)
    assert np.max(np.abs(prior.scale)) < 1e-2 * np.max(np.var(ROWS, axis=0))


def test_inverse_wishart_is_the_prior_of_fraley_and_raftery() -> None:
    # Fraley & Raftery (2007), section 3: D + 2 degrees of freedom and the scale S / K^(2/D).
    prior = prior_of("inverse-wishart", "full")
    np.testing.assert_allclose(prior.scale, np.cov(ROWS.T, bias=True) / 3.0 ** (2.0 / 2.0), rtol=1e-10)
    assert prior.count == 7.0  # D + 2 degrees of freedom, and D + 1 from the density


def test_inverse_wishart_shrinks_small_components_more_than_the_default() -> None:
    tight = np.random.default_rng(1).normal(size=(20, 2))
    rows = np.concatenate([np.random.default_rng(0).normal(size=(200, 2)), 9.0 + 0.01 * tight])
    shrunk, plain = (
        GaussianMixture(2, reg_covar=reg_covar, random_state=0).fit(rows) for reg_covar in ("inverse-wishart", "auto")
    )
    smallest = [np.min(np.linalg.eigvalsh(model.covariances_)) for model in (shrunk, plain)]
    assert smallest[0] > 4.0 * smallest[1]


def test_auto_learns_how_alike_components_are_and_weak_does_not() -> None:
    rows = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 50, axis=0) + np.random.default_rng(0).normal(size=(150, 2))
    auto, weak = (GaussianMixture(3, reg_covar=name, random_state=0).fit(rows) for name in ("auto", "weak"))
    differences = [np.ptp(model.covariances_[:, 0, 0]) for model in (auto, weak)]
    assert differences[0] < 0.7 * differences[1]
    assert auto.score(rows) < weak.score(rows)
