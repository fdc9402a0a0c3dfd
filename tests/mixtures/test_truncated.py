"""Rows of a mixture within a box."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, kstest, truncnorm

from mixfold import Mixture
from mixfold.errors import InputError, ShapeError
from mixfold.mixtures import box_probabilities, truncated_sample
from tests.examples import mixture_of


@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (6.0, 7.0), (-np.inf, -30.0), (3.0, np.inf)])
def test_one_gaussian_is_scipy_s_truncated_normal(low: float, high: float) -> None:
    mixture = Mixture([1.0], [[0.5]], [4.0], "spherical")
    rows, _ = truncated_sample(mixture, [low], [high], 5000, random_state=0)
    expected = truncnorm((low - 0.5) / 2.0, (high - 0.5) / 2.0, loc=0.5, scale=2.0)
    assert kstest(rows[:, 0], expected.cdf).pvalue > 1e-3


@pytest.mark.parametrize("d", [1, 2, 4])
@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_parts_of_a_box_get_the_rows_that_their_probability_says(covariance_type: str, d: int) -> None:
    mixture = mixture_of(covariance_type, 3, d, seed=d)
    low, high = mixture.mean - 1.0, mixture.mean + np.linspace(0.5, 3.0, d)
    rows, labels = truncated_sample(mixture, low, high, 20_000, random_state=1)
    assert np.all((rows >= low) & (rows <= high))
    middle = (low + high) / 2.0
    sides = np.indices((2,) * min(d, 3)).reshape(min(d, 3), -1).T  # halves of the first features: 2, 4 or 8 cells
    lower, upper = np.tile(low, (len(sides), 1)), np.tile(high, (len(sides), 1))
    at = np.arange(sides.shape[1])
    lower[:, at] = np.where(sides == 1, middle[at], low[at])
    upper[:, at] = np.where(sides == 1, high[at], middle[at])
    expected = box_probabilities(mixture, lower, upper, 1 << 14)[0]
    expected *= len(rows) / expected.sum()
    found = np.array([np.sum(np.all((rows >= a) & (rows < b), axis=1)) for a, b in zip(lower, upper, strict=True)])
    assert np.sum((found - expected) ** 2 / expected) < chi2.isf(1e-4, len(found))
    parts = [
        weight * box_probabilities(Mixture([1.0], [mean], [covariance]), low, high, 1 << 14)[0][0]
        for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.component_covariances, strict=True)
    ]
    shares = np.array(parts) / np.sum(parts)
    np.testing.assert_allclose(np.bincount(labels, minlength=3) / len(rows), shares, atol=0.015)


def test_features_depend_on_each_other_as_in_the_box_they_do() -> None:
    correlated = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.95], [0.95, 1.0]]])
    rows, _ = truncated_sample(correlated, [0.0, -np.inf], [np.inf, 0.0], 40_000, random_state=0)
    kept = correlated.sample(1_000_000, random_state=1)[0]
    kept = kept[(kept[:, 0] > 0.0) & (kept[:, 1] < 0.0)]
    np.testing.assert_allclose(rows.mean(axis=0), kept.mean(axis=0), atol=0.006)
    np.testing.assert_allclose(np.cov(rows.T), np.cov(kept.T), atol=0.004)
    assert len(np.unique(rows, axis=0)) == len(rows)  # rows that begin alike go on apart


def test_a_box_where_no_double_has_probability_is_no_obstacle() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 0.0]], [1.0, 1.0], "spherical")
    rows, labels = truncated_sample(mixture, [60.0, -1.0], [61.0, 1.0], 200, random_state=0)
    assert np.all((rows[:, 0] >= 60.0) & (rows[:, 0] < 60.5))
    assert np.all(labels == 1)


def test_without_bounds_a_row_is_any() -> None:
    mixture = mixture_of("full", 2, 2)
    rows, _ = truncated_sample(mixture, [-np.inf] * 2, [np.inf] * 2, 20_000, random_state=0)
    np.testing.assert_allclose(rows.mean(axis=0), mixture.mean, atol=0.05 * np.sqrt(np.diag(mixture.covariance)).max())
    np.testing.assert_allclose(np.cov(rows.T), mixture.covariance, rtol=0.05, atol=0.1)


def test_a_seed_repeats_a_truncated_sample_and_no_box_is_refused() -> None:
    mixture = mixture_of("full", 2, 2)
    first, second = (truncated_sample(mixture, [0, 0], [1, 1], 10, random_state=3)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(ShapeError, match=r"must have shape \(2,\)"):
        truncated_sample(mixture, [0.0], [1.0])
    with pytest.raises(InputError, match="must be above"):
        truncated_sample(mixture, [0.0, 1.0], [1.0, 1.0])
    with pytest.raises(InputError, match="'n_samples'"):
        truncated_sample(mixture, [0.0, 0.0], [1.0, 1.0], 0)
