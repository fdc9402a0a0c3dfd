"""Some of the rows: bounded, repeatable, in an order of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mixfold.fold import Fold
from mixfold.fold.sampling import given_back, in_order, lent, seeded
from mixfold.rows import CHUNK_ROWS, Marks, Rows
from mixfold.typing import Array, FloatArray
from tests.examples import blobs

N = 2 * CHUNK_ROWS + 5


def fold_over(rows: Array, weights: Array | None = None) -> Fold:
    """Give the fold over rows in memory."""
    return Fold.of_rows(rows, Marks(weights))


@pytest.fixture(scope="module")
def rows() -> FloatArray:
    return blobs(N, 3, 2)[0]


def test_a_sample_of_small_data_is_everything_in_an_order_of_its_own(rows: FloatArray) -> None:
    few = rows[:300]
    sample = fold_over(few).sample(np.random.RandomState(0))
    shuffled = fold_over(np.random.default_rng(0).permutation(few)).sample(np.random.RandomState(1))
    np.testing.assert_array_equal(sample.values, shuffled.values)
    np.testing.assert_array_equal(np.sort(sample.values[:, 0]), np.sort(few[:, 0]))
    assert sample.weights.tolist() == [1.0] * 300


def test_a_sample_keeps_equal_rows_together() -> None:
    few = np.array([[1.0, 2.0], [3.0, 4.0]] * 5)
    sample = fold_over(few).sample(np.random.RandomState(0)).values
    assert len(np.flatnonzero(np.any(np.diff(sample, axis=0) != 0.0, axis=1))) == 1


def test_a_sample_leaves_out_rows_without_weight(rows: FloatArray) -> None:
    weights = (np.arange(N) % 2).astype(float)
    sample = fold_over(rows, weights).sample(np.random.RandomState(0), N)
    assert sample.n == N // 2
    assert np.all(sample.weights > 0.0)


def test_a_sample_of_large_data_is_bounded_and_repeatable(rows: FloatArray) -> None:
    first = fold_over(rows).sample(np.random.RandomState(3), 100).values
    second = fold_over(rows).sample(np.random.RandomState(3), 100).values
    assert first.shape == (100, 2)
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first, axis=0)) == 100


def test_taken_rows_keep_their_marks_whatever_source_they_come_from(rows: FloatArray) -> None:
    marks, indices = Marks(np.arange(float(N)), np.arange(N) % 7), np.array([3, CHUNK_ROWS, N - 1])
    taken = Fold.of_rows(rows, marks).taken(indices)
    np.testing.assert_array_equal(taken.values, rows[indices])
    assert taken.weights.tolist() == indices.tolist()
    assert taken.marks.strata.tolist() == (indices % 7).tolist()


def test_equal_rows_stay_in_the_order_in_which_they_come() -> None:
    values = np.tile([[2.0], [1.0]], (40, 1))
    weights = np.arange(1.0, 81.0)
    ordered = in_order(Rows(values, Marks(weights)))
    np.testing.assert_array_equal(ordered.weights, np.concatenate([weights[1::2], weights[::2]]))


def test_each_thread_has_its_own_random_numbers() -> None:
    mine = seeded(3)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(seeded, 4).result() is not mine
    assert mine.uniform() == np.random.RandomState(3).uniform()


def test_numbers_that_are_lent_do_not_depend_on_who_had_them_before() -> None:
    first = lent(3)
    first.standard_normal()  # half of a pair, of which the other is kept
    given_back(first, 3)
    again, other = lent(4), lent(4)
    expected = np.random.RandomState(4).standard_normal(3)
    for numbers in (again, other):
        np.testing.assert_array_equal(numbers.standard_normal(3), expected)
    assert again is first
    assert other is not first


def test_random_numbers_of_the_caller_are_not_kept() -> None:
    own = np.random.RandomState(3)
    assert lent(own) is own
    given_back(own, own)
    assert lent(3) is not own
