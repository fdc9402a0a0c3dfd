"""Moves between optima of as many components."""

from __future__ import annotations

import tracemalloc
from itertools import combinations, islice

import numpy as np

from mixfold.covariance import family_for
from mixfold.fitting import DataScale
from mixfold.fold import Fold
from mixfold.parameters import Parameters
from mixfold.search.sample import Sample
from mixfold.search.split_merge import (
    POWERS,
    exchanged,
    exchanges,
    grown,
    isolated,
    merge_losses,
    merged,
    reweighted,
    shares_of,
    softened,
    splits_of,
    with_split,
)
from mixfold.search.starting_values import kmeans
from tests.examples import blobs


def sample_and_mixture(n_rows: int, n_components: int) -> tuple[Sample, Parameters]:
    """Give rows, and that many components that k-means makes of them."""
    fold = Fold.of_rows(blobs(n_rows, n_components, 2, seed=0)[0])
    random_state = np.random.RandomState(0)
    sample = Sample.of(fold, family_for("full"), DataScale.of(fold), random_state, n_rows, n_components)
    clusters = kmeans(sample, n_components, "coordinates", random_state)
    return sample, sample.model(n_components).maximize(clusters)


def test_each_split_is_tried_with_the_two_merges_that_lose_least_and_the_best_promise_comes_first() -> None:
    sample, mixture = sample_and_mixture(n_rows=300, n_components=7)
    losses = merge_losses(mixture) * np.sum(sample.weights)
    options = []
    for split in splits_of(sample, mixture):
        others = [pair for pair in combinations(range(7), 2) if split.component not in pair]
        options += [
            (split.gain - losses[pair], pair, split) for pair in sorted(others, key=lambda pair: losses[pair])[:2]
        ]
    options.sort(key=lambda option: -option[0])
    expected = [merged(with_split(mixture, split), pair) for _, pair, split in options]
    found = exchanges(sample, mixture)
    assert [option.promise for option in found] == [option[0] for option in options]
    moved = list(exchanged(mixture, found))
    assert len(moved) == len(expected) == 14
    for one, other in zip(moved, expected, strict=True):
        np.testing.assert_array_equal(one.means, other.means)


def test_two_components_together_have_the_moments_of_both() -> None:
    _, mixture = sample_and_mixture(n_rows=100, n_components=2)
    one = merged(mixture, (0, 1))
    rows = np.random.default_rng(0).normal(size=(2, 50_000, 2))
    drawn = [mean + noise @ np.linalg.cholesky(covariance).T for mean, covariance, noise in zip(mixture.means, mixture.covariances, rows, strict=True)]  # fmt: skip
    weights = np.repeat(mixture.weights, 50_000)
    together = np.concatenate(drawn)
    np.testing.assert_allclose(one.means[0], np.average(together, axis=0, weights=weights), atol=0.05)
    np.testing.assert_allclose(one.covariances[0], np.cov(together.T, aweights=weights), atol=0.05)


def test_what_is_tried_with_many_components_takes_no_memory_for_every_pair_and_split() -> None:
    sample, mixture = sample_and_mixture(n_rows=600, n_components=120)
    tracemalloc.start()
    assert len(list(islice(exchanged(mixture, exchanges(sample, mixture)), 3))) == 3
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6  # 120 * 119 * 118 / 2 options would take some hundred


def test_a_component_is_split_by_the_cut_that_fits_its_rows_best() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(size=(200, 2)) * [3.0, 0.3] + [0.0, side] for side in (-1.5, 1.5)])
    fold = Fold.of_rows(rows)
    sample = Sample.of(fold, None, DataScale.of(fold), np.random.RandomState(0), 400, 1)
    whole = Parameters(np.ones(1), np.mean(rows, axis=0)[None], np.cov(rows.T)[None])
    (split,) = splits_of(sample, whole)
    step = np.abs(split.parts.means[1] - split.parts.means[0])
    assert step[1] > 2.5  # the longest axis is the other one
    assert step[0] < 1.5
    assert split.gain > 100.0


def test_a_component_is_put_at_the_rows_that_are_explained_least_and_the_two_nearest_others_are_merged() -> None:
    sample, mixture = sample_and_mixture(n_rows=300, n_components=4)
    first, second = np.unravel_index(np.argmin(merge_losses(mixture)), (4, 4))
    kept = np.delete(np.arange(4), [first, second])
    moved = isolated(sample, mixture)
    density = np.asarray(sample.fold.log_density(mixture.potentials(sample.family)))
    alone = sample.rows[np.argmin(density)]
    assert len(moved.weights) == 4
    np.testing.assert_allclose(np.sum(moved.weights), 1.0)
    assert moved.weights[-1] < 10 / 300
    assert np.linalg.norm(moved.means[-1] - alone) < np.min(np.linalg.norm(mixture.means - alone, axis=1))
    assert all(np.any(np.all(moved.means == mixture.means[one], axis=1)) for one in kept)


def test_rows_are_shared_out_by_powers_of_responsibilities() -> None:
    shares = np.array([[1.0, 0.0, 0.0], [0.9, 0.09, 0.01], [0.25, 0.25, 0.5]])
    for power, softer in zip(POWERS, softened(shares), strict=True):
        expected = np.maximum(shares, np.finfo(np.float64).tiny) ** power
        np.testing.assert_allclose(softer, expected / expected.sum(axis=1, keepdims=True), rtol=1e-14)


def test_softened_components_overlap_more_the_lower_the_power() -> None:
    sample, mixture = sample_and_mixture(n_rows=300, n_components=4)
    surest = [
        np.mean(np.max(np.asarray(sample.fold.responsibilities(one.potentials(sample.family))), axis=1))
        for one in (*sample.components_of(softened(shares_of(sample, mixture))), mixture)
    ]
    assert surest == sorted(surest)
    assert len(set(surest)) == len(surest)


def test_rows_of_random_weights_make_components_beside_those_that_rows_make() -> None:
    sample, mixture = sample_and_mixture(n_rows=3000, n_components=4)
    shares = shares_of(sample, mixture)
    one, other = sample.components_of(reweighted(shares, np.random.RandomState(0)))
    plain = sample.components(shares)
    errors = np.sqrt(plain.covariances.diagonal(axis1=1, axis2=2) / (3000 * plain.weights[:, None]))
    for means in (one.means, other.means):
        assert 0.3 < np.sqrt(np.mean(((means - plain.means) / errors) ** 2)) < 3.0  # of the mean of a bootstrap
    assert not np.any(one.means == other.means)


def test_a_mixture_grows_by_the_split_that_gains_most() -> None:
    sample, mixture = sample_and_mixture(n_rows=300, n_components=4)
    (itself,) = grown(sample, mixture, 4)
    assert itself is mixture
    smaller = merged(mixture, (0, 1))
    (larger,) = grown(sample, smaller, 4)
    best = max(splits_of(sample, smaller), key=lambda split: split.gain)
    np.testing.assert_array_equal(larger.means, with_split(smaller, best).means)
    few, single = sample_and_mixture(n_rows=4, n_components=1)
    assert grown(few, single, 2) == []
