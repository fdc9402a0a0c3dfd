"""A hierarchy is cut into the clusters that SciPy cuts it into."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_rand_score

from mixfold.search.hierarchy import Hierarchy


def labels(hierarchy: Hierarchy, n_clusters: int) -> np.ndarray:
    found = np.full(len(hierarchy.order), -1)
    for number, part in enumerate(hierarchy.cut(n_clusters)):
        found[part] = number
    return found


@pytest.mark.parametrize("n_clusters", [1, 2, 5, 17, 40])
def test_clusters_are_those_of_scipy(n_clusters: int) -> None:
    rows = np.random.default_rng(0).normal(size=(40, 3))
    wanted = fcluster(linkage(rows, "ward"), n_clusters, "maxclust")
    found = labels(Hierarchy.of(rows), n_clusters)
    assert set(found.tolist()) == set(range(n_clusters))
    assert adjusted_rand_score(found, wanted) == 1.0


def test_equal_rows_are_cut_into_as_many_clusters_as_are_asked_for() -> None:
    assert len(Hierarchy.of(np.zeros((6, 1))).cut(4)) == 4


@pytest.mark.parametrize("n_rows", [1, 3])
def test_there_are_no_more_clusters_than_rows(n_rows: int) -> None:
    assert [len(part) for part in Hierarchy.of(np.arange(float(n_rows))[:, None]).cut(7)] == [1] * n_rows


def test_the_clusters_are_the_same_without_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).normal(size=(60, 2))
    with_kernels = labels(Hierarchy.of(rows), 7)
    monkeypatch.setattr("mixfold.engines.kernels.NATIVE_AVAILABLE", False)
    assert np.array_equal(labels(Hierarchy.of(rows), 7), with_kernels)
