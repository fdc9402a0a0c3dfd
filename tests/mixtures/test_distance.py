"""Distances between mixtures in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.errors import InputError
from mixfold.mixtures import (
    cauchy_schwarz,
    hellinger,
    integrated_squared_error,
    log_inner_product,
    maximum_mean_discrepancy,
)
from tests.examples import mixture_of

PAIRS = [(mixture_of("full", 3, 1, seed=seed), mixture_of("full", 2, 1, seed=seed + 50)) for seed in range(4)]


def integral(one: Mixture, other: Mixture, of: str) -> float:
    """Integrate over one feature by quadrature: of smooth functions sums are exact."""
    deviations = np.concatenate([one.deviations.ravel(), other.deviations.ravel()])
    centers = np.concatenate([one.means[:, 0], other.means[:, 0]])
    step, width = 0.05 * deviations.min(), 14.0 * deviations.max()
    grid = np.arange(centers.min() - width, centers.max() + width, step)[:, None]
    p, q = (np.exp(each.log_density(grid)) for each in (one, other))
    return float(step * np.sum({"error": (p - q) ** 2, "product": p * q, "root": np.sqrt(p * q)}[of]))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_integrals_are_those_of_quadrature(one: Mixture, other: Mixture) -> None:
    assert integrated_squared_error(one, other) == pytest.approx(integral(one, other, "error"), rel=1e-8)
    product = integral(one, other, "product")
    assert log_inner_product(one, other) == pytest.approx(np.log(product), abs=1e-8)
    squares = integral(one, one, "product") * integral(other, other, "product")
    assert cauchy_schwarz(one, other) == pytest.approx(-np.log(product / np.sqrt(squares)), abs=1e-8)
    bounds, exact = hellinger(one, other), np.sqrt(1.0 - integral(one, other, "root"))
    assert bounds.lower - 1e-9 <= exact <= bounds.upper + 1e-9


def test_the_discrepancy_is_that_of_large_samples() -> None:
    one, other = mixture_of("full", 3, 2, seed=1), mixture_of("full", 2, 2, seed=2)
    rows, others = (
        np.random.default_rng(seed).permutation(each.sample(60_000, random_state=seed)[0])
        for each, seed in ((one, 3), (other, 4))
    )

    def expected(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.mean(np.exp(-np.sum((a - b) ** 2, axis=1) / (2 * 1.5**2))))

    squares = expected(rows[::2], rows[1::2]) + expected(others[::2], others[1::2]) - 2.0 * expected(rows, others)
    assert maximum_mean_discrepancy(one, other, 1.5) ** 2 == pytest.approx(squares, abs=0.015)


@pytest.mark.parametrize(
    "distance",
    [integrated_squared_error, cauchy_schwarz, lambda p, q: maximum_mean_discrepancy(p, q, 1.0)],
)
def test_nothing_is_far_from_itself_and_all_is_symmetric(distance) -> None:
    one, other = mixture_of("tied", 3, 3, seed=1), mixture_of("diag", 2, 3, seed=2)
    assert distance(one, one) == pytest.approx(0.0, abs=1e-7)
    assert distance(one, other) == pytest.approx(distance(other, one), rel=1e-12)
    assert distance(one, other) > 0.0


def test_bounds_meet_where_components_lie_far_apart() -> None:
    one = Mixture([0.3, 0.7], [[0.0], [100.0]], [1.0, 2.0], "spherical")
    other = Mixture([0.6, 0.4], [[0.0], [100.0]], [1.0, 2.0], "spherical")
    bounds = hellinger(one, other)
    exact = np.sqrt(1.0 - np.sqrt(0.3 * 0.6) - np.sqrt(0.7 * 0.4))
    assert (bounds.lower, bounds.upper) == pytest.approx((exact, exact), abs=1e-9)


def test_mixtures_that_do_not_touch_are_at_the_largest_distance() -> None:
    one, other = (Mixture([1.0], [[at]], [1.0], "spherical") for at in (0.0, 1e4))
    assert hellinger(one, other).upper == hellinger(one, other).lower == 1.0
    assert cauchy_schwarz(one, other) == pytest.approx(2.5e7)


def test_many_features_neither_overflow_nor_vanish() -> None:
    d = 400
    one, other = (Mixture([1.0], np.full((1, d), at), [0.01], "spherical") for at in (0.0, 0.001))
    assert cauchy_schwarz(one, other) == pytest.approx(d * 1e-6 / (4 * 0.01), rel=1e-6)
    assert np.isfinite(log_inner_product(one, other))


def test_a_length_is_positive() -> None:
    with pytest.raises(InputError, match="`length` must be a positive number, got 0.0"):
        maximum_mean_discrepancy(mixture_of("full", 1, 1), mixture_of("full", 1, 1), 0.0)


def test_a_component_that_nothing_is_near_leaves_the_hellinger_bounds_alone() -> None:
    one = Mixture([0.5, 0.5], [[0.0], [1e6]], [1.0, 1.0], "spherical")
    bounds = hellinger(one, Mixture([1.0], [[0.0]], [1.0], "spherical"))
    exact = np.sqrt(1.0 - np.sqrt(0.5))
    assert (bounds.lower, bounds.upper) == pytest.approx((exact, exact), rel=1e-9)
