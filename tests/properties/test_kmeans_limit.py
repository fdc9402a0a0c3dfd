"""As a shared sphere shrinks, expectation-maximization becomes k-means."""

from __future__ import annotations

import numpy as np
import pytest
from examples.kmeans_limit import fold_of, shrunk, spheres
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine

from mixfold.datasets import load_faithful
from mixfold.engines import Assignment
from mixfold.potentials import Potentials
from mixfold.structures import SPHERICAL
from tests.examples import blobs

DATA = {
    "iris": (load_iris().data, 3),
    "wine, standardized": ((load_wine().data - load_wine().data.mean(0)) / load_wine().data.std(0), 3),
    "faithful": (load_faithful().data, 4),
    "blobs": (blobs(600, 5, 3, seed=2)[0], 5),
}


@pytest.fixture(params=DATA)
def problem(request):
    rows, k = DATA[request.param]
    rows = np.ascontiguousarray(rows)
    start = rows[np.random.default_rng(0).choice(len(rows), k, replace=False)]
    return rows, start, KMeans(k, init=start, n_init=1, algorithm="lloyd", tol=0.0, max_iter=1000).fit(rows)


def test_in_the_limit_labels_and_means_are_those_of_k_means(problem) -> None:
    rows, start, k_means = problem
    means, shares = shrunk(rows, start, variance=1e-7)
    np.testing.assert_array_equal(shares.argmax(axis=1), k_means.labels_)
    np.testing.assert_allclose(means, k_means.cluster_centers_, rtol=1e-9)


def test_one_step_in_the_limit_is_one_step_of_lloyd(problem) -> None:
    rows, start, _ = problem
    soft = fold_of(rows).statistics(spheres(start, 1e-9), SPHERICAL)
    hard = fold_of(rows).statistics(Potentials.nearest(start), SPHERICAL, Assignment.HARD)
    nearest = ((rows[:, None] - start) ** 2).sum(axis=2).argmin(axis=1)
    expected = np.array([rows[nearest == component].mean(axis=0) for component in range(len(start))])
    np.testing.assert_allclose(hard.means, expected)
    # Rows exactly between two means are shared by the one and not by the other; these data have none or few.
    tied = np.isclose(*np.sort(((rows[:, None] - start) ** 2).sum(axis=2), axis=1)[:, :2].T, rtol=1e-12)
    if not tied.any():
        np.testing.assert_allclose(soft.means, expected)


def test_the_smaller_the_sphere_the_surer_the_rows(problem) -> None:
    rows, _, k_means = problem
    scale = float(np.mean(k_means.transform(rows).min(axis=1) ** 2))
    sure = [np.mean(shrunk(rows, k_means.cluster_centers_, scale * share)[1].max(axis=1)) for share in (1, 0.1, 0.001)]
    assert sure[0] < sure[1] < sure[2]
    assert sure[2] > 0.99
