"""Entropy and divergence: bounds that hold, and estimates with their errors."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.errors import InputError
from mixfold.mixtures import (
    Estimate,
    component_of,
    divergences,
    entropy,
    jensen_shannon,
    kullback_leibler,
    log_affinities,
    mixed,
)
from tests.examples import mixture_of


def random_mixture(random: np.random.Generator, d: int, spread: float) -> Mixture:
    """Draw a mixture of 1 to 6 components, which overlap the more the smaller `spread` is."""
    k = int(random.integers(1, 7))
    roots = random.standard_normal((k, d, d + 2))
    covariances = roots @ np.swapaxes(roots, 1, 2) / (d + 2) * random.uniform(0.2, 3.0, (k, 1, 1))
    return Mixture(random.dirichlet(np.ones(k)), spread * random.standard_normal((k, d)), covariances)


def integral(one: Mixture, other: Mixture | None = None) -> float:
    """Give ``E_p log p``, or ``E_p log(p / q)``, of one feature by quadrature: of smooth functions sums are exact."""
    others = one if other is None else other
    step = 0.05 * min(one.deviations.min(), others.deviations.min())
    width = 12.0 * one.deviations.max()
    grid = np.arange(one.means.min() - width, one.means.max() + width, step)[:, None]
    log_p = one.log_density(grid)
    log_q = 0.0 if other is None else other.log_density(grid)
    return float(step * np.sum(np.exp(log_p) * (log_p - log_q)))


@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0, 10.0])
def test_bounds_hold_and_estimates_are_near(spread: float) -> None:
    random = np.random.default_rng(int(10 * spread))
    for _ in range(2):
        one, other = (random_mixture(random, 1, spread) for _ in range(2))
        information, divergence = integral(one), integral(one, other)
        found, apart = entropy(one, 2000), kullback_leibler(one, other, 2000)
        assert found.lower - 1e-9 <= -information <= found.upper + 1e-9
        assert apart.lower - 1e-9 <= divergence <= apart.upper + 1e-9 + 1e-9 * divergence
        assert abs(found.value + information) <= 5 * found.standard_error + 1e-9
        assert abs(apart.value - divergence) <= 5 * apart.standard_error + 1e-6 * (1 + divergence)
        middle = mixed(one, other)
        exact = 0.5 * (integral(one, middle) + integral(other, middle))
        shannon = jensen_shannon(one, other, 2000)
        assert shannon.lower - 1e-9 <= exact <= shannon.upper + 1e-9
        assert abs(shannon.value - exact) <= 5 * shannon.standard_error + 1e-6


@pytest.mark.parametrize("d", [2, 8])
def test_bounds_enclose_large_samples_in_many_features(d: int) -> None:
    random = np.random.default_rng(d)
    for spread in (0.5, 2.0):
        one, other = (random_mixture(random, d, spread) for _ in range(2))
        rows = one.sample(100_000, random_state=1)[0]
        logs = one.log_density(rows)
        ratios = logs - other.log_density(rows)
        found, apart = entropy(one, 1000), kullback_leibler(one, other, 1000)
        margin = 5 / np.sqrt(len(rows))
        assert found.lower - margin * logs.std() <= -logs.mean() <= found.upper + margin * logs.std()
        assert apart.lower - margin * ratios.std() <= ratios.mean() <= apart.upper + margin * ratios.std()


def test_one_component_is_exact() -> None:
    one, other = mixture_of("full", 1, 3, seed=1), mixture_of("full", 1, 3, seed=2)
    exact = divergences(one, other)[0, 0]
    found = kullback_leibler(one, other, 10)
    assert (found.lower, found.value, found.upper) == pytest.approx((exact,) * 3, rel=1e-9)


def test_nothing_diverges_from_itself() -> None:
    mixture = mixture_of("full", 4, 2)
    assert kullback_leibler(mixture, mixture) == Estimate(0.0, 0.0, 0.0, pytest.approx(0.0, abs=1e-9))


def test_a_control_variate_lowers_the_error() -> None:
    one = Mixture([0.5, 0.5], [[0.0], [20.0]], [1.0, 1.0], "spherical")
    other = Mixture([0.5, 0.5], [[1.0], [22.0]], [2.0, 2.0], "spherical")
    rows = one.sample(1000, random_state=0)[0]
    plain = np.std(one.log_density(rows) - other.log_density(rows)) / np.sqrt(1000)
    assert kullback_leibler(one, other, 1000).standard_error < 1e-3 * plain


def test_components_without_weight_do_not_count() -> None:
    one = Mixture([1.0, 0.0], [[0.0], [5.0]], [1.0, 1.0], "spherical")
    assert kullback_leibler(one, component_of(one, 0)).upper == pytest.approx(0.0, abs=1e-9)
    assert kullback_leibler(component_of(one, 0), one).upper == pytest.approx(0.0, abs=1e-9)


def test_a_number_of_samples_is_whole() -> None:
    with pytest.raises(InputError, match="whole number of at least 1, got 0"):
        entropy(mixture_of("full", 2, 2), 0)
    with pytest.raises(InputError, match="probability"):
        mixed(mixture_of("full", 2, 2), mixture_of("full", 2, 2), 1.5)


def test_the_lower_bound_is_at_least_that_of_pairwise_affinities() -> None:
    # Kolchinsky & Tracey 2017, eq. 10, where Jensen's inequality alone says less: many features, and sizes that differ.
    for seed in range(8):
        mixture = random_mixture(np.random.default_rng(seed), 3, 1.0)
        shared = mixture.weights @ np.exp(log_affinities(mixture, mixture))
        sizes = 0.5 * np.linalg.slogdet(2.0 * np.pi * np.e * mixture.component_covariances)[1]
        assert entropy(mixture, 10).lower >= mixture.weights @ (sizes - np.log(shared)) - 1e-9
