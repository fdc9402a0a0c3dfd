"""Data that answers potentials with statistics, whatever its chunks are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mixfold.engines import ArrayEngine, Assignment, NativeEngine, to_numpy
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.rows import CHUNK_ROWS, Marks, Rows
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from mixfold.typing import Array, FloatArray
from tests.examples import blobs, potentials_of

N = 2 * CHUNK_ROWS + 5


def fold_over(rows: Array, weights: Array | None = None) -> Fold:
    """Give the fold over rows in memory."""
    return Fold(ArraySource(rows, Marks(weights)), ArrayEngine(), LocalExecutor())


@pytest.fixture(scope="module")
def rows() -> FloatArray:
    return blobs(N, 3, 2)[0]


def test_statistics_of_several_chunks_are_those_of_one_block(rows: FloatArray) -> None:
    weights = np.random.default_rng(0).uniform(size=N)
    potentials = potentials_of(FULL, 3, 2)
    actual = fold_over(rows, weights).statistics(potentials, FULL)
    expected = ArrayEngine().statistics(Rows(rows, Marks(weights)), potentials, FULL)
    np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=1e-11)
    assert actual.n_rows == N


@pytest.mark.parametrize("question", ["log_density", "responsibilities", "labels"])
def test_scores_come_in_the_order_of_the_rows(
    rows: FloatArray, question: str, library: Callable[[FloatArray], Array]
) -> None:
    potentials = potentials_of(FULL, 3, 2)
    actual = to_numpy(getattr(fold_over(library(rows)), question)(potentials))
    expected = getattr(ArrayEngine(), question)(rows, potentials)
    np.testing.assert_allclose(actual, expected, rtol=1e-10)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_what_a_fold_remembers_changes_no_bit() -> None:
    rows, _ = blobs(N, 20, 5)
    base = potentials_of(FULL, 20, 5)
    potentials = Potentials(base.offset, rows[:20], 4.0 * base.whitener, base.structure)
    remembering = Fold(ArraySource(rows), NativeEngine(), LocalExecutor())
    other = Potentials(base.offset, rows[40:60], base.whitener, base.structure)
    for seen in (potentials, potentials, other, potentials):
        fresh = Fold(ArraySource(rows), NativeEngine(), LocalExecutor()).statistics(seen, FULL)
        actual = remembering.statistics(seen, FULL)
        assert actual.scatter.tobytes() == fresh.scatter.tobytes()
        assert actual.log_likelihood == fresh.log_likelihood
    assert remembering.guesses
    assert actual.share_skipped > 0.0


def test_centered_moments_are_around_the_means_they_have(rows: FloatArray) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(3), size=N)
    statistics = fold_over(rows).centered_moments(lambda chunk: shares[chunk.span], 3, FULL)
    means = (shares.T @ rows) / np.sum(shares, axis=0)[:, None]
    np.testing.assert_allclose(statistics.center, means, rtol=1e-10)
    np.testing.assert_allclose(statistics.shift, 0.0, atol=1e-8)


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


@pytest.mark.parametrize("assignment", list(Assignment))
def test_recentered_statistics_are_exact_however_far_centers_are(assignment: Assignment) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2))
    fold = Fold.of_rows(rows)
    potentials = Potentials.nearest(np.array([[1e9, 0.0], [-1e9, 0.0]]))
    right = rows[:, 0] > 0.0
    statistics = fold.recentered(fold.statistics(potentials, FULL, assignment), potentials, assignment)
    expected = [np.cov(rows[which].T, bias=True) for which in (right, ~right)]
    np.testing.assert_allclose(statistics.scatter_about_means / statistics.count[:, None, None], expected, rtol=1e-10)
