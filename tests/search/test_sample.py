"""A search looks at a bounded sample, in coordinates in which units mean nothing."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.engines.groups import Group
from mixfold.fitting import DataScale
from mixfold.fold import Fold
from mixfold.initialization import GivenLabels
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.search.sample import Sample, _rounding, rows_looked_at
from mixfold.structures import DIAGONAL
from tests.examples import blobs
from tests.search.problems import search_of, three_blobs, true_components


def test_small_data_are_all_there_and_large_ones_are_not():
    assert len(three_blobs().sample.rows) == 240
    rows = blobs(3000, 3, 2)[0]
    assert len(search_of(rows, n_rows=500).sample.rows) == 500


def test_a_part_is_some_of_the_rows_with_what_belongs_to_them():
    sample = three_blobs().sample
    part = sample.part(50, np.random.RandomState(0))
    assert len(part.rows) == len(part.weights) == 50
    for name, space in part.spaces.items():
        whole = sample.spaces[name].rows
        assert all(np.any(np.all(row == whole, axis=1)) for row in space.rows)
    assert sample.part(10_000, np.random.RandomState(0)) is sample


def test_the_fold_over_a_space_is_made_once_and_a_part_has_its_own():
    sample = three_blobs().sample
    whole = sample.over_space("neighbors")
    assert sample.over_space("neighbors") is whole
    assert sample.over_space("coordinates") is not whole
    over = sample.part(50, np.random.RandomState(0)).over_space("neighbors")
    assert over.source.n_rows == 50


def test_a_search_looks_at_no_more_rows_than_its_race_where_these_are_nearly_all():
    assert rows_looked_at(32, 13_200) == 13_200
    assert rows_looked_at(32, 12_000) == rows_looked_at(32, 20_000) == 16_384


@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical"])
def test_the_space_of_neighbors_does_not_see_units(family):
    rows, _ = blobs(200, 3, 3)
    one = search_of(rows, family=family)
    other = search_of(rows * (1e-3 if family == "spherical" else np.array([1e-3, 1.0, 1e5])), family=family)
    near, again = (search.sample.spaces["neighbors"].rows for search in (one, other))
    np.testing.assert_allclose(again, near, rtol=1e-6, atol=1e-6)


def test_weights_count_as_copies_in_the_scale_of_the_rows():
    rows, _ = blobs(100, 2, 2)
    weights = np.random.default_rng(0).integers(1, 4, 100).astype(float)
    copies = np.repeat(rows, weights.astype(int), axis=0)

    def scale(over: Fold):
        data_scale = DataScale.of(over, n_components=2)
        return Sample.of(over, None, data_scale, np.random.RandomState(0), 10_000, 2).scale

    np.testing.assert_allclose(scale(Fold.of_rows(rows, Marks(weights))), scale(Fold.of_rows(copies)), rtol=1e-9)


def test_components_are_the_moments_of_the_rows_that_are_shared_out():
    search = three_blobs()
    own = true_components(search)
    np.testing.assert_allclose(np.sort(own.weights), np.sort(np.bincount(search.labels) / 240), atol=1e-12)
    means = search.sample.coordinates.into(
        np.stack([np.mean(search.rows[search.labels == label], axis=0) for label in range(3)])
    )
    np.testing.assert_allclose(own.means, means, atol=1e-5)


def test_what_is_dense_is_the_same_distribution_whatever_the_family():
    search = three_blobs()
    spheres = Parameters(np.full(3, 1 / 3), np.eye(3, 2), np.array([1.0, 2.0, 3.0]))
    dense = search.sample.dense(spheres, FAMILIES["spherical"])
    np.testing.assert_allclose(dense.covariances, np.array([1.0, 2.0, 3.0])[:, None, None] * np.eye(2))


def test_wide_rows_are_thought_of_as_diagonal():
    rows = np.random.default_rng(0).normal(size=(100, 80))
    sample = search_of(rows).sample
    assert sample.family.structure == DIAGONAL
    assert sample.scale.shape == (80,)


@pytest.mark.parametrize("family", ["full", "diag"])
def test_statistics_of_a_space_are_brought_back_to_those_of_the_rows(family):
    sample = search_of(blobs(200, 3, 3)[0], family=family).sample
    given = GivenLabels(np.arange(200) % 3)
    expected = given(sample.fold, 3, sample.family.structure, np.random.RandomState(0))
    for name, space in sample.spaces.items():
        over = sample.over_space(name)
        there = given(over, 3, sample.family.structure, np.random.RandomState(0))
        actual = space.statistics_back(there.around(there.means + 0.3))
        np.testing.assert_allclose(actual.means, expected.means, atol=1e-5)
        scale = np.max(np.abs(expected.scatter_about_means))
        np.testing.assert_allclose(actual.scatter_about_means, expected.scatter_about_means, atol=1e-5 * scale)


@pytest.mark.parametrize("family", ["full", "diag"])
def test_components_of_groups_are_those_of_shares_of_one_and_zero(family):
    sample = search_of(blobs(200, 3, 2)[0], family=family).sample
    space = sample.spaces["coordinates"].rows
    groups = [Group(space, np.array([0]), 9), Group(space[:, :1], np.array([5, 60]), 30)]
    shares, seeds = np.zeros((200, 3)), (0, 5, 60)
    for component, (group, seed) in enumerate(zip((groups[0], groups[1], groups[1]), seeds, strict=True)):
        distance = np.sum((group.space - group.space[seed]) ** 2, axis=1)
        shares[np.argsort(distance)[: group.n_nearest + 1], component] = 1.0
    gathered, shared = sample.gathered(*groups), sample.components(shares)
    np.testing.assert_allclose(gathered.means, shared.means, atol=1e-6)
    np.testing.assert_allclose(gathered.covariances, shared.covariances, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gathered.weights, shared.weights)


@pytest.mark.parametrize("n_features", [2, 70])
def test_parts_of_the_rows_make_the_components_that_rows_make_which_are_shared_out_so(n_features: int) -> None:
    fold = Fold.of_rows(blobs(90, 3, n_features)[0], Marks(np.arange(1.0, 91.0)))
    sample = Sample.of(fold, None, DataScale.of(fold, n_components=3), np.random.RandomState(0), 1000, 3)
    parts = [np.arange(40), np.array([80, 50, 61]), np.arange(62, 70)]
    shares = np.zeros((90, 3))
    for number, part in enumerate(parts):
        shares[part, number] = 1.0
    parted, shared = sample.model(3).maximize(sample.parted(parts)), sample.components(shares)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(parted, name), getattr(shared, name), rtol=1e-5, atol=1e-6)


def test_statistics_in_every_space_lead_back_to_those_of_the_rows():
    sample = search_of(blobs(200, 3, 3)[0], family="diag").sample
    assert {space.metric.ndim for space in sample.spaces.values()} == {1, 2}
    shares = np.eye(2)[np.arange(200) % 2]

    def of(fold):
        return fold.centered_moments(lambda chunk: shares[chunk.span], 2, sample.family.structure)

    for space in sample.spaces.values():
        back, here = space.statistics_back(of(sample.over(space.rows, sample.weights))), of(sample.fold)
        np.testing.assert_allclose(back.means, here.means, atol=1e-6)
        np.testing.assert_allclose(back.scatter_about_means, here.scatter_about_means, rtol=1e-4, atol=1e-3)


def test_what_components_would_have_said_makes_them_again():
    sample = three_blobs().sample
    components = sample.alike(3)
    statistics = sample.shared_out_as(components)
    np.testing.assert_allclose(statistics.means, components.means)
    np.testing.assert_allclose(statistics.count / statistics.weight, components.weights)
    np.testing.assert_allclose(statistics.scatter / statistics.count[:, None, None], components.covariances)


def test_the_model_of_starts_is_made_once():
    sample = three_blobs().sample
    assert sample.model(3) is sample.model(3)
    assert sample.part(50, np.random.RandomState(0)).model(3) is sample.model(3)


def test_rows_in_white_coordinates_have_unit_covariance() -> None:
    sample = three_blobs().sample
    assert sample.coordinates.is_white
    np.testing.assert_allclose(sample.scale, np.cov(sample.rows.T, bias=True), atol=0.05)
    np.testing.assert_array_equal(sample.scale, np.eye(2))


@pytest.mark.parametrize("variance", [0.0, 1e-300])
def test_a_variance_below_all_numbers_leaves_a_map_whose_squares_are_numbers(variance: float) -> None:
    actual = _rounding(np.diag([variance, 4.0]))
    assert np.all(np.isfinite(1e6 * actual @ actual.T))
    np.testing.assert_allclose(actual[1], [0.0, 0.5])
