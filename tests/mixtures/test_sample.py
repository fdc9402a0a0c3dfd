"""Rows drawn from a mixture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.covariance import FAMILIES
from mixfold.errors import InputError
from mixfold.mixtures import quasi_random_sample
from mixfold.mixtures.sample import random_of
from tests.examples import mixture_of

families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


@families
def test_a_seed_repeats_a_sample(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type)
    first, second = mixture.sample(20, random_state=1), mixture.sample(20, random_state=1)
    np.testing.assert_array_equal(first[0], second[0])
    assert not np.array_equal(first[0], mixture.sample(20, random_state=2)[0])


def test_a_sample_never_draws_a_component_of_weight_zero() -> None:
    rows, labels = Mixture([1.0, 0.0], [[0.0], [1e9]], [1.0, 1.0], "spherical").sample(50, random_state=0)
    assert np.all(labels == 0)
    assert np.all(np.abs(rows) < 1e3)


@pytest.mark.parametrize("n_samples", [0, -1, 2.5, "many"])
def test_a_sample_of_no_rows_is_refused(n_samples: Any) -> None:
    with pytest.raises(InputError, match="Invalid value for 'n_samples': it must be a whole number"):
        mixture_of().sample(n_samples)


@families
def test_a_sample_has_the_moments_of_the_mixture(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 2)
    rows, labels = mixture.sample(200_000, random_state=0)
    np.testing.assert_allclose(np.bincount(labels, minlength=3) / len(rows), mixture.weights, atol=0.005)
    for component, covariance in enumerate(mixture.component_covariances):
        own = rows[labels == component]
        size = np.sqrt(np.max(np.diag(covariance)))
        np.testing.assert_allclose(own.mean(axis=0), mixture.means[component], atol=0.02 * size)
        np.testing.assert_allclose(np.cov(own.T), covariance, atol=0.03 * size**2)


def test_numpy_s_generators_decide_on_a_sample() -> None:
    mixture = mixture_of()
    first, second = (mixture.sample(5, random_state=np.random.default_rng(1))[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    state = np.random.RandomState(1)
    np.testing.assert_array_equal(mixture.sample(5, state)[0], mixture.sample(5, 1)[0])
    assert not np.array_equal(mixture.sample(5, state)[0], mixture.sample(5, 1)[0])


def test_without_a_seed_samples_differ() -> None:
    assert not np.array_equal(mixture_of().sample(5)[0], mixture_of().sample(5)[0])


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "1"])
def test_what_is_no_seed_is_refused(seed: Any) -> None:
    with pytest.raises(InputError, match="`random_state` must be None, a whole number"):
        random_of(seed)


@pytest.mark.parametrize("d", [1, 2, 6])
def test_means_over_a_quasi_random_sample_have_a_fifth_of_the_error(d: int) -> None:
    mixture = mixture_of("full", 3, d)

    def error(rows: np.ndarray[Any, Any]) -> float:
        return float(
            np.sum((rows.mean(axis=0) - mixture.mean) ** 2) + np.sum((np.cov(rows.T) - mixture.covariance) ** 2)
        )

    even = [error(quasi_random_sample(mixture, 4096, seed)[0]) for seed in range(8)]
    chance = [error(mixture.sample(4096, seed)[0]) for seed in range(8)]
    assert np.mean(even) < 0.04 * np.mean(chance)


def test_a_row_of_a_quasi_random_sample_has_the_distribution_of_the_mixture() -> None:
    mixture = Mixture([0.3, 0.0, 0.7], [[0.0], [1e9], [4.0]], [1.0, 1.0, 0.25], "spherical")
    first = [quasi_random_sample(mixture, 1, seed) for seed in range(2000)]
    labels = np.array([label[0] for _, label in first])
    rows = np.array([row[0, 0] for row, _ in first])
    assert set(labels) == {0, 2}
    assert np.mean(labels == 2) == pytest.approx(0.7, abs=0.04)
    assert rows[labels == 2].mean() == pytest.approx(4.0, abs=0.06)
    assert rows[labels == 2].std() == pytest.approx(0.5, abs=0.05)


def test_the_first_of_a_quasi_random_sample_are_those_of_a_smaller_one() -> None:
    mixture = mixture_of("tied", 3, 2)
    rows, labels = quasi_random_sample(mixture, 100, 5)
    few, few_labels = quasi_random_sample(mixture, 7, 5)
    np.testing.assert_array_equal(rows[:7], few)
    np.testing.assert_array_equal(labels[:7], few_labels)
    assert len(quasi_random_sample(mixture)[0]) == 1
