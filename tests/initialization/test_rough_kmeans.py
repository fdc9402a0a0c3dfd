"""The k-means of pilots."""

from __future__ import annotations

import numpy as np

from mixfold.initialization import KMeans, RoughKMeans
from mixfold.structures import FULL, SPHERICAL
from tests.examples import blobs
from tests.initialization.test_kmeans import fold_over


def test_separated_clusters_are_found() -> None:
    rows, labels = blobs(300, 3, 2, separation=100.0)
    counts = RoughKMeans()(fold_over(rows), 3, FULL, np.random.RandomState(0)).count
    assert sorted(counts) == sorted(np.bincount(labels))


def test_it_ends_no_later_than_kmeans_from_the_same_centers() -> None:
    rows, _ = blobs(2000, 8, 4, separation=1.0)
    for seed in range(5):
        rough, whole = (
            start(fold_over(rows), 8, SPHERICAL, np.random.RandomState(seed)) for start in (RoughKMeans(), KMeans())
        )
        assert np.sum(whole.scatter) <= np.sum(rough.scatter)
