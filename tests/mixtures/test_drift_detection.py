"""A test of two samples in the features of a mixture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from mixfold import Mixture
from mixfold.errors import InputError
from mixfold.mixtures import drift
from mixfold.mixtures.drift_detection import _features
from mixfold.typing import FloatArray

MIXTURE = Mixture([0.5, 0.5], [[0.0, 0.0], [6.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])


def test_where_nothing_drifts_p_values_are_as_small_as_chance_says() -> None:
    random = np.random.default_rng(0)
    # Any distribution: one that the mixture is far from, too.
    small, smallest = 0, 0
    for _ in range(400):
        rows = random.standard_t(2, size=(40, 2)) + random.integers(0, 3, (40, 1)) * 3.0
        found = drift(MIXTURE, rows[:25], rows[25:], 19, random)
        small += found.p_value <= 0.05
        smallest += found.component_p_values.min() <= 0.05
    assert binomtest(small, 400, 0.05).pvalue > 1e-3
    assert binomtest(smallest, 400, 0.05, alternative="greater").pvalue > 1e-3


def moved_mean(rows: FloatArray, labels: FloatArray) -> FloatArray:
    return rows + 0.4 * (labels == 1)[:, None]


def other_weights(rows: FloatArray, labels: FloatArray) -> FloatArray:
    return rows[np.concatenate([np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)[:200]])]


def wider(rows: FloatArray, labels: FloatArray) -> FloatArray:
    return np.where((labels == 1)[:, None], MIXTURE.means[1] + 1.4 * (rows - MIXTURE.means[1]), rows)


def turned(rows: FloatArray, labels: FloatArray) -> FloatArray:
    return np.where((labels == 0)[:, None], rows * [1.0, -1.0], rows)


def new_cluster(rows: FloatArray, labels: FloatArray) -> FloatArray:
    return np.where(np.arange(len(rows))[:, None] % 20 == 0, rows + np.array([0.0, 9.0]), rows) + 0.0 * labels[:, None]


@pytest.mark.parametrize("change", [moved_mean, other_weights, wider, turned, new_cluster])
def test_a_drift_of_any_parameter_is_seen(change) -> None:  # type: ignore[no-untyped-def]
    before, (rows, labels) = MIXTURE.sample(600, 0)[0], MIXTURE.sample(600, 1)
    assert drift(MIXTURE, before, rows, 199).p_value > 0.05
    assert drift(MIXTURE, before, change(rows, labels), 199).p_value == 0.005


def test_the_component_that_drifted_is_named_and_how_far() -> None:
    before, (rows, labels) = MIXTURE.sample(500, 0)[0], MIXTURE.sample(500, 1)
    found = drift(MIXTURE, before, rows + np.outer(labels == 1, [0.0, 0.8]), 199)
    assert found.component_p_values[1] == 0.005
    assert found.component_p_values[0] > 0.05
    assert found.shifts[1, 1] == pytest.approx(0.8, abs=0.2)
    assert np.abs(found.shifts[0]).max() < 0.2
    np.testing.assert_allclose(found.shares.sum(axis=1), 1.0)


def test_a_component_without_rows_has_no_shift_and_no_say() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0], [1e4]], [1.0, 1.0], "spherical")
    random = np.random.default_rng(0)
    found = drift(mixture, random.normal(size=(30, 1)), random.normal(size=(30, 1)), 19)
    assert np.isnan(found.shifts[1, 0])
    assert found.component_p_values[1] == 1.0


def test_samples_of_one_row_are_refused() -> None:
    with pytest.raises(InputError, match="at least two rows"):
        drift(MIXTURE, [[0.0, 0.0]], [[0.0, 0.0], [1.0, 1.0]])
    with pytest.raises(InputError, match="at least 1, got 2, 2 and 0"):
        drift(MIXTURE, np.zeros((2, 2)), np.zeros((2, 2)), 0)


def test_what_is_compared_has_expectation_zero_but_for_the_shares() -> None:
    rows = MIXTURE.sample(50_000, 0)[0]
    for k in range(2):
        features = _features(MIXTURE, k, rows, MIXTURE.responsibilities(rows)[:, k])
        np.testing.assert_allclose(features.mean(axis=0), [0.5, 0.0, 0.0, 0.0, 0.0, 0.0], atol=0.02)
