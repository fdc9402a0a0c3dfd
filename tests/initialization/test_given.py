"""Starts that the caller knows."""

from __future__ import annotations

import numpy as np

from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.initialization import GivenLabels, GivenMeans, GivenResponsibilities
from mixfold.rows import CHUNK_ROWS
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from tests.examples import blobs


def fold_over(rows: np.ndarray) -> Fold:
    """Give the fold over rows in memory."""
    return Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())


def test_labels_are_the_means_of_their_rows_over_several_chunks() -> None:
    rows, labels = blobs(CHUNK_ROWS + 100, 3, 2)
    statistics = GivenLabels(labels)(fold_over(rows), 3, FULL, np.random.RandomState(0))
    expected = [np.mean(rows[labels == component], axis=0) for component in range(3)]
    np.testing.assert_allclose(statistics.means, expected, rtol=1e-10)
    np.testing.assert_array_equal(statistics.count, np.bincount(labels))


def test_one_hot_responsibilities_are_labels() -> None:
    rows, labels = blobs(200, 3, 2)
    expected = GivenLabels(labels)(fold_over(rows), 3, FULL, np.random.RandomState(0))
    actual = GivenResponsibilities(np.eye(3)[labels])(fold_over(rows), 3, FULL, np.random.RandomState(0))
    np.testing.assert_array_equal(actual.scatter, expected.scatter)


def test_means_assign_rows_to_the_nearest() -> None:
    rows = np.array([[0.0], [1.0], [9.0]])
    statistics = GivenMeans(np.array([[0.4], [10.0]]))(fold_over(rows), 2, FULL, np.random.RandomState(0))
    assert statistics.count.tolist() == [2.0, 1.0]
    assert statistics.means.tolist() == [[0.5], [9.0]]
