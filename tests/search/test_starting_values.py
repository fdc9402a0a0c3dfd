"""Starts are many and different, repeatable, and sound in every family and shape of data."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from mixfold.covariance import FAMILIES
from mixfold.fitting import em_steps
from mixfold.models import Problem
from mixfold.search.starting_values import draw_rows, kmeans, neighbors, starting_values
from tests.search.problems import search_of, three_blobs


def starts(search, n_random=9, seed=0, k=3, **options):
    made = starting_values(search.sample, k, n_random, np.random.RandomState(seed), **options)
    return [(start.name, start.components) for start in made]


def test_random_starts_cycle_through_nine_ways_after_components_of_equal_covariance():
    names = [name for name, _ in starts(three_blobs(), n_random=12)]
    assert names[0] == "equal covariances"
    assert names[10:] == names[1:4]
    assert "random rows" in names


def test_without_components_of_equal_covariance_there_are_as_many_as_were_asked_for():
    assert len(starts(three_blobs(), n_random=4, with_alike=False)) == 4


@pytest.mark.parametrize("n_features", [1, 2, 5])
def test_every_start_is_a_mixture_with_positive_definite_covariances(n_features):
    search = three_blobs(n_features=n_features)
    for name, one in starts(search):
        assert one.means.shape == (3, n_features), name
        assert np.sum(one.weights) == pytest.approx(1.0), name
        assert np.all(np.linalg.eigvalsh(one.covariances) > 0.0), name


def test_a_seed_repeats_the_starts_and_another_gives_others():
    search = three_blobs()
    first, again, other = (starts(search, seed=seed, with_alike=False) for seed in (0, 0, 1))
    for (_, one), (_, two) in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.means, two.means)
    assert any(not np.array_equal(one.means, two.means) for (_, one), (_, two) in zip(first, other, strict=True))


def test_em_begins_at_rows_that_are_shared_out_as_at_what_is_made_of_them():
    search = three_blobs()
    sample = search.sample
    problem = Problem(sample.fold, sample.model(3))
    made, shared = (
        list(starting_values(sample, 3, 4, np.random.RandomState(0), shared_out=shared_out))
        for shared_out in (False, True)
    )
    assert [start.name for start in made] == [start.name for start in shared]
    for one, other in zip(made, shared, strict=True):
        if one.name == "equal covariances":  # which are no rows
            continue
        objectives = [em_steps(problem, start.under(problem), 3).objectives for start in (one, other)]
        np.testing.assert_allclose(*objectives, rtol=1e-5)


def test_kmeans_finds_clusters_that_lie_apart():
    search = three_blobs()
    clusters = (kmeans(search.sample, 3, "neighbors", np.random.RandomState(seed)) for seed in range(5))
    tries = map(search.sample.model(3).maximize, clusters)
    family = search.sample.family
    inside = search.sample.coordinates.into(search.rows)
    labels = [search.sample.over(inside, np.ones(len(inside))).labels(one.potentials(family)) for one in tries]
    assert max(adjusted_rand_score(search.labels, one) for one in labels) > 0.95


def test_rows_are_drawn_by_their_weights():
    search = three_blobs()
    sample = search.sample
    weights = np.where(np.arange(len(sample.rows)) < 10, 1.0, 0.0)
    only = type(sample)(
        sample.rows,
        weights,
        sample.coordinates,
        sample.data_scale,
        sample.fold,
        sample.family,
        sample.scale,
        sample.spaces,
    )
    assert set(draw_rows(only, 10, np.random.RandomState(0))) == set(range(10))


def test_neighbors_are_the_nearest_and_enough_for_a_covariance():
    space = np.arange(30.0)[:, None] * np.ones(4)
    assert neighbors(space, np.array([0]), 0.0).n_nearest == 6
    assert neighbors(space, np.array([0, 29]), 0.5).n_nearest == 15
    assert neighbors(space[:5], np.array([0]), 0.5).n_nearest == 4


def test_there_are_starts_for_more_components_than_distinct_rows_lie_apart():
    rows = np.repeat(np.random.default_rng(0).normal(size=(6, 2)), 5, axis=0)
    search = search_of(rows, k=4)
    assert all(np.all(np.isfinite(one.means)) for _, one in starts(search, k=4))


@pytest.mark.parametrize("family", ["spherical", "VVE", "tied"])
def test_starts_are_in_the_shape_of_the_sample_whatever_the_family(family):
    search = three_blobs(family)
    assert search.sample.family is FAMILIES["full"]
    assert all(one.covariances.shape == (3, 2, 2) for _, one in starts(search))
