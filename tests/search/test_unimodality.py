"""Whether rows have one mode, and whether those of a component are Gaussian."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, combinations_with_replacement, pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

from mixfold import Mixture
from mixfold.search import dip, has_one_mode
from mixfold.search.unimodality import (
    LIMIT,
    SHRINKAGE,
    _hermite_moments,
    excess_of_dip,
    gaussian_probabilities,
    least_dip,
    p_value_of_excess,
    probability_of_flatness,
)


def nearest_with_one_mode(x: np.ndarray) -> float:
    """Give the dip by its definition: the smallest distance to a function that is convex, and concave from a mode on.

    A linear program in the values of the function at the points and the distance, for each place of the mode; between
    points the function may bend, so that the mode has a point of its own, which is tried at many places.
    """
    best = np.inf
    between = [np.linspace(one, other, 9)[1:-1] for one, other in pairwise(x)]
    for mode in np.unique(np.concatenate([x, *between])):
        places = np.unique(np.append(x, mode))
        below, above = np.searchsorted(x, places, "left") / len(x), np.searchsorted(x, places, "right") / len(x)
        m, n = int(np.searchsorted(places, mode)), len(places)
        rows, limits = [], []
        for i in range(n):
            lower, upper = np.zeros(n + 1), np.zeros(n + 1)
            lower[[i, n]], upper[[i, n]] = [-1.0, -1.0], [1.0, -1.0]
            rows += [lower, upper]
            limits += [-above[i], below[i]]
        for i in range(1, n - 1):
            if i == m:
                continue
            bend = np.zeros(n + 1)
            h, k = places[i] - places[i - 1], places[i + 1] - places[i]
            bend[[i - 1, i, i + 1]] = np.array([k, -(h + k), h]) * (-1.0 if i < m else 1.0)
            rows.append(bend)
            limits.append(0.0)
        for i in range(n - 1):
            fall = np.zeros(n + 1)
            fall[[i, i + 1]] = [1.0, -1.0]
            rows.append(fall)
            limits.append(0.0)
        goal = np.append(np.zeros(n), 1.0)
        found = linprog(goal, np.array(rows), limits, bounds=[(0, 1)] * n + [(0, None)])
        best = min(best, found.fun if found.success else np.inf)
    return float(best)


@pytest.mark.parametrize("seed", range(3))
def test_the_dip_is_the_distance_to_the_nearest_distribution_with_one_mode(seed: int) -> None:
    random = np.random.default_rng(seed)
    x = np.sort(np.concatenate([random.standard_normal(4), random.standard_normal(4) + random.uniform(0, 5)]))
    assert dip(x) == pytest.approx(nearest_with_one_mode(x), abs=2e-3)


@pytest.mark.parametrize("apart", [0.0, 2.0, 5.0, 50.0])
def test_no_dip_is_below_what_the_widest_gap_says(apart: float) -> None:
    random = np.random.default_rng(int(apart))
    for n in (2, 3, 9, 40, 150):
        rows = np.append(random.standard_t(2, n), random.exponential(size=n // 3) + apart)
        for x in (rows, -rows, np.round(rows), np.round(rows, 1)):
            assert least_dip(x) <= dip(x) + 1e-12


def test_the_widest_gap_says_all_where_groups_are_far_apart() -> None:
    random = np.random.default_rng(0)
    x = np.concatenate([random.uniform(size=30), random.uniform(size=60) + 1e6])
    assert least_dip(x) == pytest.approx(dip(x), rel=1e-3)
    assert least_dip(np.zeros(9)) == 0.5


def test_four_of_five_uniform_samples_have_no_excess() -> None:
    random = np.random.default_rng(0)
    for n in (16, 200):
        passed = np.mean([excess_of_dip(random.uniform(size=n)) <= 0.0 for _ in range(500)])
        assert passed == pytest.approx(0.8, abs=0.06)


def test_the_dip_of_two_equal_modes_is_half_the_widest_gap() -> None:
    # Of a distribution and its mirror image: any mode is as good as any other.
    half = np.random.default_rng(0).standard_normal(500)
    x = np.concatenate([half - 6.0, 6.0 - half])
    assert dip(x) == pytest.approx(dip(-x), rel=1e-9)
    assert dip(x) > 0.15


def test_a_dip_does_not_depend_on_order_or_units() -> None:
    x = np.random.default_rng(0).standard_normal(50)
    assert dip(x) == pytest.approx(dip(7.0 - 1e6 * x[::-1]), rel=1e-9)


def test_values_on_a_lattice_count_as_spread_over_its_steps() -> None:
    x = np.random.default_rng(0).standard_normal(500)
    assert has_one_mode(np.round(x * 4) / 4)
    assert not has_one_mode(np.concatenate([np.round(x), np.round(x) + 12.0]))
    assert dip(np.zeros(9)) == 0.5


def test_excess_grows_with_what_is_known_of_two_modes() -> None:
    random = np.random.default_rng(1)
    few, many = (np.concatenate([random.standard_normal(n), random.standard_normal(n) + 5.0]) for n in (30, 300))
    assert 0.0 < excess_of_dip(few) < excess_of_dip(many)
    assert excess_of_dip(few) == pytest.approx(dip(few) * np.sqrt(60) - LIMIT + SHRINKAGE / np.sqrt(60))


def test_components_of_a_mixture_that_is_right_are_gaussian_as_often_as_the_level_says() -> None:
    mixture = Mixture([0.4, 0.6], [[0.0, 0.0], [2.5, 1.0]], [[[1.0, 0.6], [0.6, 1.0]], [[1.0, -0.3], [-0.3, 0.5]]])
    found = []
    for seed in range(150):
        rows = mixture.sample(400, random_state=seed)[0]
        found.append(gaussian_probabilities(rows, mixture.responsibilities(rows)))
    assert np.mean(np.array(found) < 0.05) < 0.12


@pytest.mark.parametrize(
    "shape",
    [
        lambda random: random.uniform(size=(300, 2)),
        lambda random: random.exponential(size=(300, 2)),
        lambda random: random.standard_t(3, (300, 2)),
        lambda random: np.column_stack([t := random.uniform(0, 2, 300), np.sin(t)]),
    ],
)
def test_other_shapes_are_not_gaussian(shape) -> None:
    rows = shape(np.random.default_rng(0))
    assert gaussian_probabilities(rows, np.ones((300, 1)))[0] < 1e-3


def test_what_says_nothing_of_shape_is_gaussian() -> None:
    assert gaussian_probabilities(np.array([[0.0], [1.0], [9.0]]), np.ones((3, 1))) == [1.0]
    assert gaussian_probabilities(np.full((50, 2), 3.0), np.ones((50, 1))) == [1.0]
    flat = np.column_stack([np.random.default_rng(0).standard_normal(200), np.zeros(200)])
    assert gaussian_probabilities(flat, np.ones((200, 1)))[0] > 1e-3


def test_the_p_value_is_the_share_of_uniform_samples_that_dip_more() -> None:
    random = np.random.default_rng(0)
    excesses = np.array([excess_of_dip(random.random(60)) for _ in range(400)])
    for excess in (-0.1, 0.0, 0.05):
        assert p_value_of_excess(excess) == pytest.approx(np.mean(excesses > excess), abs=0.07)
    assert p_value_of_excess(2.0) < p_value_of_excess(0.5) < 1e-4


@pytest.mark.parametrize("n_features", [1, 2, 3, 5])
def test_moments_are_those_of_all_products_of_hermite_polynomials(n_features: int) -> None:
    """As written down: products of three features, fourth powers, and the sum of products of two squares."""
    random = np.random.default_rng(n_features)
    z, weights = random.standard_normal((60, n_features)) ** 2, random.dirichlet(np.ones(60))
    of = {1: z, 2: z**2 - 1.0, 3: z**3 - 3.0 * z, 4: z**4 - 6.0 * z**2 + 3.0}
    size = {1: 1.0, 2: 2.0, 3: 6.0}
    squared = []
    for features in combinations_with_replacement(range(n_features), 3):
        powers = Counter(features)
        product = np.prod([of[power][:, feature] for feature, power in powers.items()], axis=0)
        squared.append(float(weights @ product) ** 2 / math.prod(size[power] for power in powers.values()))
    squared += [float(weights @ of[4][:, feature]) ** 2 / 24.0 for feature in range(n_features)]
    if n_features > 1:
        pairs = sum(of[2][:, a] * of[2][:, b] for a, b in combinations(range(n_features), 2))
        squared.append(float(weights @ pairs) ** 2 / (4.0 * math.comb(n_features, 2)))
    total, n_moments = _hermite_moments(z, weights)
    assert n_moments == len(squared)
    assert total == pytest.approx(sum(squared))


def test_a_row_that_is_there_twice_is_two_rows() -> None:
    random = np.random.default_rng(1)
    rows, shares = random.exponential(size=(80, 2)), random.uniform(size=(80, 2))
    weights = random.integers(0, 4, 80)
    copies = gaussian_probabilities(np.repeat(rows, weights, axis=0), np.repeat(shares, weights, axis=0))
    np.testing.assert_allclose(gaussian_probabilities(rows, shares, weights.astype(float)), copies, rtol=1e-9)


@pytest.mark.parametrize(("n_features", "n_each"), [(1, 15), (3, 20), (8, 60)])
def test_tails_of_normal_components_are_as_short_as_their_probability_says(n_features: int, n_each: int) -> None:
    random, shares = np.random.default_rng(0), np.repeat(np.eye(6), n_each, axis=0)
    found = [probability_of_flatness(random.standard_normal((6 * n_each, n_features)), shares) for _ in range(100)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.1)
    assert np.mean(np.array(found) < 0.1) == pytest.approx(0.1, abs=0.08)


def test_flat_components_are_seen_together_where_none_is_alone_and_heavy_ones_are_not_flat() -> None:
    random, shares = np.random.default_rng(0), np.repeat(np.eye(8), 40, axis=0)
    box = random.uniform(size=(320, 2))
    assert np.mean(gaussian_probabilities(box, shares) < 0.05) < 0.5
    assert probability_of_flatness(box, shares) < 1e-4
    assert probability_of_flatness(box, shares[:, :1], np.arange(320) < 5) == 0.5  # of too few rows
    assert probability_of_flatness(random.standard_t(3, size=(320, 2)), shares) > 0.95
    turned = box @ [[1e2, 5.0], [0.0, 1e-1]]
    assert probability_of_flatness(turned, shares) == pytest.approx(probability_of_flatness(box, shares), rel=1e-6)
