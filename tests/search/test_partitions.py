"""One clustering from draws of many."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from mixfold.search import nearest_partition, variation_of_information
from mixfold.search.partitions import similarity_of


def entropy(*columns: np.ndarray) -> float:
    shares = np.unique(np.column_stack(columns), axis=0, return_counts=True)[1] / len(columns[0])
    return -float(np.sum(shares * np.log(shares)))


def test_the_variation_is_what_each_clustering_says_beyond_the_other() -> None:
    random = np.random.default_rng(0)
    one, other = random.integers(0, 4, 50), random.integers(0, 3, 50)
    expected = 2.0 * entropy(one, other) - entropy(one) - entropy(other)
    assert variation_of_information(one, other) == pytest.approx(expected)
    assert variation_of_information(one, other) == pytest.approx(variation_of_information(other, one))
    assert variation_of_information(one, 3 - one) == 0.0


def test_similarity_is_the_share_of_draws_that_have_two_rows_together() -> None:
    draws = [np.array([0, 0, 1]), np.array([2, 2, 2]), np.array([0, 1, 2])]
    np.testing.assert_allclose(similarity_of(draws), [[1.0, 2 / 3, 1 / 3], [2 / 3, 1.0, 1 / 3], [1 / 3, 1 / 3, 1.0]])


@pytest.mark.parametrize("seed", range(5))
def test_of_few_rows_no_clustering_is_expected_to_be_nearer(seed: int) -> None:
    random = np.random.default_rng(seed)
    draws = [random.choice(3, size=5, p=[0.6, 0.3, 0.1]) for _ in range(9)]
    found = nearest_partition(draws)
    means = [
        np.mean([variation_of_information(np.array(one), draw) for draw in draws])
        for one in product(range(3), repeat=5)
    ]
    assert np.mean([variation_of_information(found, draw) for draw in draws]) <= min(means) * 1.02 + 1e-12


def test_rows_that_are_torn_apart_at_random_are_one_cluster() -> None:
    random = np.random.default_rng(0)
    draws = [np.concatenate([np.zeros(30, int), 1 + (random.random(20) < 0.5)]) for _ in range(40)]
    np.testing.assert_array_equal(nearest_partition(draws), np.repeat([0, 1], [30, 20]))


def test_the_largest_cluster_is_the_first_whatever_draws_call_it() -> None:
    draws = [np.array([7, 7, 2, 2, 2])] * 3
    np.testing.assert_array_equal(nearest_partition(draws), [1, 1, 0, 0, 0])


def test_one_row_is_one_cluster() -> None:
    np.testing.assert_array_equal(nearest_partition([np.array([3])]), [0])
