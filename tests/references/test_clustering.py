"""Starts against other programs and papers: k-means' optimum, k-means++'s distribution, density peaks' picture."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans as ScikitLearnKMeans
from sklearn.datasets import load_iris

from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.initialization import KMeans
from mixfold.initialization.density_peaks import peak_labels
from mixfold.initialization.kmeans_plus_plus import spread_indices
from mixfold.sources import ArraySource
from mixfold.structures import SPHERICAL


def fold_over(rows: np.ndarray) -> Fold:
    """Give the fold over rows in memory."""
    return Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())


def test_kmeans_finds_the_known_optimum_of_iris() -> None:
    # R's kmeans(iris[1:4], 3, nstart = 20) prints 78.85144; 78.94 is a frequent local optimum next to it.
    rows = np.asarray(load_iris().data)
    inertias = [
        float(np.sum(KMeans()(fold_over(rows), 3, SPHERICAL, np.random.RandomState(seed)).scatter_about_means))
        for seed in range(5)
    ]
    assert min(inertias) < 78.95
    assert min(inertias) > 78.8514


def test_kmeans_is_as_good_as_scikit_learns_on_clusters() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(500, 2)) + 12.0 * np.repeat(random.normal(size=(5, 2)), 100, axis=0)
    ours = KMeans()(fold_over(rows), 5, SPHERICAL, np.random.RandomState(0))
    theirs = ScikitLearnKMeans(5, n_init=10, random_state=0).fit(rows)
    assert float(np.sum(ours.scatter_about_means)) <= 1.02 * theirs.inertia_


def test_kmeans_plus_plus_draws_by_squared_distance() -> None:
    # Three places, 0 and 1 and 4; the first center is any, the second never the same place.
    rows, weights = np.array([[0.0], [1.0], [4.0]]), np.ones(3)
    random = np.random.RandomState(0)
    pairs = [frozenset(rows[spread_indices(rows, weights, 2, random), 0]) for _ in range(2000)]
    assert all(len(pair) == 2 for pair in pairs)
    # Greedy with 2 candidates. From 0 (d^2 = 0, 1, 16): draws are 1 or 4 with 1/17, 16/17, and 4 leaves less inertia.
    # From 1 (1, 0, 9): 0 or 4 with 1/10, 9/10. From 4 (16, 9, 0): 0 or 1 with 16/25, 9/25, and either is left best.
    share = np.mean([pair == frozenset({0.0, 1.0}) for pair in pairs])
    assert share < 3.0 * ((1 / 17) ** 2 + (1 / 10) ** 2)


def test_kmeans_plus_plus_is_within_its_bound_of_the_optimum() -> None:
    # Arthur & Vassilvitskii (2007), theorem 1.1: the expected inertia is at most 8 (ln k + 2) times the best.
    rows = np.asarray(load_iris().data)
    inertias = []
    for seed in range(50):
        centers = rows[spread_indices(rows, np.ones(len(rows)), 3, np.random.RandomState(seed))]
        inertias.append(float(np.sum(np.min(np.sum((rows[:, None] - centers) ** 2, axis=2), axis=1))))
    assert np.mean(inertias) <= 8.0 * (np.log(3) + 2.0) * 78.85


def test_density_peaks_separate_arcs_that_kmeans_cuts_across() -> None:
    # Two interleaved arcs, as in figure 3 of Rodriguez & Laio (2014), which k-means cuts across.
    angle = np.linspace(0.0, np.pi, 300)
    profile = np.exp(-((angle - np.pi / 2) ** 2))  # each arc is densest in its middle: one peak each
    chosen = np.interp(np.linspace(0, 1, 300), np.cumsum(profile) / np.sum(profile), angle)
    noise = np.random.default_rng(0).normal(scale=0.03, size=(600, 2))
    upper = np.column_stack([np.cos(chosen), np.sin(chosen)])
    lower = np.column_stack([1.0 - np.cos(chosen), 0.5 - np.sin(chosen)])
    rows, truth = np.vstack([upper, lower]) + noise, np.repeat([0, 1], 300)
    labels = peak_labels(rows, np.ones(600), 2)
    agreement = np.mean(labels == truth)
    assert max(agreement, 1.0 - agreement) > 0.99
    kmeans = ScikitLearnKMeans(2, n_init=5, random_state=0).fit_predict(rows)
    assert max(np.mean(kmeans == truth), np.mean(kmeans != truth)) < 0.95
