"""Clusters around dense rows."""

from __future__ import annotations

import numpy as np

from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.initialization import DensityPeaks
from mixfold.initialization.density_peaks import PEAK_ROWS, peak_labels
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from tests.examples import blobs


def test_separated_clusters_are_found() -> None:
    rows, labels = blobs(200, 3, 2, separation=100.0)
    found = peak_labels(rows, np.ones(200), 3)
    assert len({(a, b) for a, b in zip(labels, found, strict=True)}) == 3


def test_the_densest_cluster_is_the_first() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(scale=3.0, size=(50, 2)), 100.0 + random.normal(scale=0.1, size=(50, 2))])
    assert peak_labels(rows, np.ones(100), 2).tolist() == [1] * 50 + [0] * 50


def test_as_many_peaks_as_rows_are_all_of_them() -> None:
    rows = np.random.default_rng(0).normal(size=(6, 2))
    assert sorted(peak_labels(rows, np.ones(6), 6)) == list(range(6))


def test_equal_rows_are_one_cluster_and_no_error() -> None:
    labels = peak_labels(np.zeros((5, 2)), np.ones(5), 1)
    assert labels.tolist() == [0] * 5


def test_one_row_is_one_cluster() -> None:
    assert peak_labels(np.zeros((1, 2)), np.ones(1), 1).tolist() == [0]


def test_large_data_are_sampled() -> None:
    rows, _ = blobs(3 * PEAK_ROWS, 3, 2, separation=100.0)
    fold = Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())
    statistics = DensityPeaks()(fold, 3, FULL, np.random.RandomState(0))
    assert statistics.n_rows == PEAK_ROWS
    assert np.all(statistics.count > 0.0)
