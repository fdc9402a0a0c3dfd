"""K-means on the fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.cluster import KMeans as ScikitLearnKMeans

from mixfold.engines import ArrayEngine, Engine, engine_for
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.initialization import KMeans, KMeansPlusPlus, kmeans
from mixfold.sources import ArraySource
from mixfold.structures import FULL, SPHERICAL
from tests.examples import blobs


def fold_over(rows: np.ndarray) -> Fold:
    """Give the fold over rows in memory."""
    return Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())


def test_separated_clusters_are_found() -> None:
    rows, labels = blobs(300, 3, 2, separation=100.0)
    counts = KMeans()(fold_over(rows), 3, FULL, np.random.RandomState(0)).count
    assert sorted(counts) == sorted(np.bincount(labels))


def test_it_is_never_worse_than_the_start_it_takes() -> None:
    rows, _ = blobs(300, 4, 2)
    for seed in range(10):
        start, end = (
            method(fold_over(rows), 5, SPHERICAL, np.random.RandomState(seed))
            for method in (KMeansPlusPlus(), KMeans())
        )
        assert np.sum(end.scatter_about_means) <= np.sum(start.scatter_about_means) * (1.0 + 1e-12)


def test_centers_are_nearly_the_means_of_their_rows() -> None:
    rows, _ = blobs(300, 4, 2)
    statistics = KMeans()(fold_over(rows), 4, SPHERICAL, np.random.RandomState(0))
    assert np.sum(statistics.scatter - statistics.scatter_about_means) < 1e-2 * np.sum(statistics.scatter)


def test_its_inertia_is_on_average_no_higher_than_scikit_learns() -> None:
    ratios = []
    for seed in range(12):
        rows, _ = blobs(600, 10, 2, seed=seed, separation=4.0)
        ours, theirs = [], []
        for state in range(6):
            found = KMeans()(Fold.of_rows(rows), 10, SPHERICAL, np.random.RandomState(state))
            ours.append(float(np.sum(found.scatter_about_means)))
            theirs.append(ScikitLearnKMeans(10, n_init=1, random_state=state).fit(rows).inertia_)
        ratios.append(np.mean(ours) / np.mean(theirs))
    assert np.mean(ratios) <= 1.0


def test_of_several_seedings_the_best_is_taken_whatever_the_engine() -> None:
    rows, _ = blobs(400, 12, 2, separation=8.0)
    for fold in (fold_over(rows), Fold.of_rows(rows)):
        once, often = (
            np.mean(
                [
                    float(np.sum(KMeans(n)(fold, 12, SPHERICAL, np.random.RandomState(seed)).scatter_about_means))
                    for seed in range(20)
                ]
            )
            for n in (1, 10)
        )
        assert often < once


@pytest.mark.parametrize("engine", ["auto", "array"])
def test_without_iterations_centers_are_means_of_rows_nearest_to_rows_that_were_drawn(engine: str) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2))
    fold = Fold(ArraySource(rows), engine_for(rows, engine), LocalExecutor())
    seeded = KMeans(n_seedings=1, max_iterations=0)(fold, 4, SPHERICAL, np.random.RandomState(0))
    assert all(np.any(np.all(center == rows, axis=1)) for center in seeded.center)
    converged = KMeans(n_seedings=1)(fold, 4, SPHERICAL, np.random.RandomState(0))
    assert np.sum(converged.scatter) < np.sum(seeded.scatter)


def test_many_centers_found_by_groups_of_a_sketch_leave_little_more_inertia_than_those_sought_among_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, _ = blobs(20_000, 60, 3, separation=3.0)
    k, fold = 300, Fold.of_rows(rows)
    drawn = KMeansPlusPlus()(fold, k, SPHERICAL, np.random.RandomState(0)).scatter_about_means
    among_all = KMeans()(fold, k, SPHERICAL, np.random.RandomState(0)).scatter_about_means
    monkeypatch.setattr(kmeans, "DEAR", 1 << 20)
    by_groups = KMeans()(fold, k, SPHERICAL, np.random.RandomState(0))
    assert np.sum(by_groups.scatter_about_means) < 1.1 * np.sum(among_all) < 0.95 * np.sum(drawn)
    assert np.sum(by_groups.count) == pytest.approx(len(rows))
    again = KMeans()(fold, k, SPHERICAL, np.random.RandomState(0))
    np.testing.assert_array_equal(again.center, by_groups.center)


def test_where_time_is_over_the_sketch_stands_in_for_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, _ = blobs(40_000, 60, 3, separation=3.0)
    monkeypatch.setattr(kmeans, "DEAR", 1 << 20)
    fold = replace(Fold.of_rows(rows), deadline=0.0)
    found = KMeans()(fold, 300, SPHERICAL, np.random.RandomState(0))
    assert found.n_rows < len(rows) / 2
    assert np.sum(found.count) == pytest.approx(len(rows))


@pytest.mark.parametrize("engine", [ArrayEngine(), engine_for(np.zeros((1, 1)))])
def test_several_at_once_have_the_bits_of_each_alone(engine: Engine) -> None:
    fold, method = Fold(ArraySource(blobs(300, 4, 2)[0]), engine, LocalExecutor()), KMeans(n_seedings=2)
    together = method.several(fold, 5, FULL, map(np.random.RandomState, range(3)))
    for seed, found in enumerate(together):
        alone = method(fold, 5, FULL, np.random.RandomState(seed))
        np.testing.assert_array_equal(found.center, alone.center)
        np.testing.assert_array_equal(found.scatter, alone.scatter)
