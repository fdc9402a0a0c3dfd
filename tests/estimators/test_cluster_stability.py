"""Clusters that are there are found again in parts of the rows, and those that are not dissolve."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import CollapseError, InputError
from mixfold.estimators.cluster_stability import ClusterStability, choosing_again, drawn, pairs_of, recovered
from mixfold.search.finish import SEARCHED

X = load_faithful().data


def test_clear_clusters_are_found_again() -> None:
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["diag"], random_state=0).fit(X)
    stability = model.cluster_stability(X, n_samples=4)
    assert np.all(stability.jaccard > 0.95)
    assert stability.cluster_probabilities == {2: 1.0}
    assert sum(stability.component_probabilities.values()) == pytest.approx(1.0)
    assert stability.n_samples == 4
    assert stability.in_words().startswith(
        "2 clusters in 100 % of 4 parts of the rows (right with a probability of 82 %);"
    )
    assert stability.verdicts() == ["stable", "stable"]
    assert "components in " in stability.components_in_words()
    np.testing.assert_allclose(stability.co_assignment, np.eye(2), atol=0.05)


def test_bootstrap_samples_may_be_taken_instead_of_parts() -> None:
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["diag"], random_state=0).fit(X)
    stability = model.cluster_stability(X, n_samples=4, resampling="bootstrap")
    assert np.all(stability.jaccard > 0.95)
    assert stability.in_words().startswith("2 clusters in 100 % of 4 bootstrap samples;")
    assert np.isnan(stability.probability)
    near = np.random.default_rng(0).normal(size=(120, 2)) + np.repeat([0.0, 2.0], 60)[:, None]
    model = AutoGaussianMixture([2], covariance_types=["diag"], random_state=0).fit(near)
    one, other = (model.cluster_stability(near, n_samples=2, resampling=way) for way in ("subsampling", "bootstrap"))
    assert not np.array_equal(one.co_assignment, other.co_assignment)
    with pytest.raises(InputError, match="must be 'subsampling' or 'bootstrap', got 'jackknife'"):
        model.cluster_stability(X, resampling="jackknife")


def test_rows_of_a_bootstrap_sample_are_taken_once_each() -> None:
    rows = drawn(1000, np.random.RandomState(0), "bootstrap")
    assert len(rows) == len(np.unique(rows)) == pytest.approx(1000 * (1.0 - np.exp(-1.0)), abs=40)
    assert len(np.unique(drawn(1000, np.random.RandomState(0), "subsampling"))) == 800


def test_a_cluster_that_chance_made_dissolves() -> None:
    rows = np.random.default_rng(0).normal(size=(120, 2))
    model = AutoGaussianMixture([3], covariance_types=["spherical"], random_state=0).fit(rows)
    model._know_clusters(np.arange(3), model.cluster_tree_, model.cluster_splits_)
    stability = model.cluster_stability(rows, n_samples=4)
    assert np.min(stability.jaccard) < 0.75
    assert stability.cluster_probabilities.get(3, 0.0) < 1.0
    assert np.min(np.diag(stability.co_assignment)) < 0.9
    one, other = stability.joined_most()[0], 0
    assert stability.co_assignment[one, other] == np.max(stability.co_assignment[0, 1:]) > 0.1


def test_a_seed_repeats_it_and_weights_count_rows() -> None:
    model = AutoGaussianMixture([2], covariance_types=["diag"], random_state=0).fit(X)
    first, second = (model.cluster_stability(X, n_samples=2, random_state=3) for _ in range(2))
    np.testing.assert_array_equal(first.jaccard, second.jaccard)
    weighted = model.cluster_stability(X, np.where(X[:, 0] > 3.0, 1.0, 0.5), n_samples=2, random_state=3)
    assert np.all(weighted.jaccard > 0.9)


def test_the_best_match_counts_and_a_cluster_without_rows_is_not_found() -> None:
    found = recovered(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]), 3)
    np.testing.assert_allclose(found, [2 / 3, 0.5, 0.0])


def test_pairs_are_counted_as_one_by_one() -> None:
    random = np.random.default_rng(0)
    before, after = random.integers(0, 3, 40), random.integers(0, 4, 40)
    joined, pairs = pairs_of(before, after, 3)
    for a in range(3):
        for b in range(3):
            both = [(i, j) for i in range(40) for j in range(40) if i != j and before[i] == a and before[j] == b]
            assert pairs[a, b] == len(both)
            assert joined[a, b] == sum(after[i] == after[j] for i, j in both)


@pytest.mark.parametrize(("rows", "n_samples"), [(X, 0), (X[:3], 5)])
def test_too_little_to_choose_again_is_refused(rows: np.ndarray, n_samples: int) -> None:
    model = AutoGaussianMixture([2], covariance_types=["diag"], random_state=0).fit(X)
    with pytest.raises(InputError, match="Stability must be of one part or more of 5 rows or more, got n_samples="):
        model.cluster_stability(rows, n_samples=n_samples)


def test_a_callback_that_cannot_be_copied_is_no_obstacle() -> None:
    class Callback:
        def __init__(self) -> None:
            self.lock = threading.RLock()

        def __call__(self, *_: object) -> None:
            """Do nothing."""

    model = AutoGaussianMixture([2], covariance_types=["diag"], random_state=0, callback=Callback()).fit(X)
    assert model.cluster_stability(X, n_samples=1).n_samples == 1


def test_a_part_of_many_features_is_no_more_work_than_a_choice_by_default() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(420, 60)) @ random.normal(size=(60, 60))
    rows[210:] = 0.3 * rows[210:] + 40.0
    given = AutoGaussianMixture([1, 2, 3], covariance_types=["VEE"], random_state=0).fit(rows)
    again = choosing_again(given, [1, 2, 3]).fit(rows)
    assert [SEARCHED in {row["reason"] for row in model.results_} for model in (given, again)] == [True, False]
    assert again.n_clusters_ == 2


def test_the_largest_number_that_was_tried_stands_for_more_of_them() -> None:
    rows = np.random.default_rng(0).normal(size=(150, 2)) + np.repeat([0.0, 9.0, 18.0], 50)[:, None]
    model = AutoGaussianMixture([2], covariance_types=["spherical"], random_state=0).fit(rows)
    stability = model.cluster_stability(rows, n_samples=3)
    assert stability.tried == (1, 2, 3)
    told = "3 or more components in 100 % of 3 parts of the rows (open: no more than 3 were tried in parts)"
    assert stability.components_in_words() == told
    least = replace(stability, component_probabilities={2: 1.0}, tried=(2, 3, 4)).components_in_words()
    assert least == "2 or fewer components in 100 % of 3 parts of the rows"


def test_the_odds_that_a_number_is_right_are_half_of_those_that_parts_have_it() -> None:
    found = ClusterStability(np.ones(2), {1: 0.2, 2: 0.8}, {2: 1.0}, 10, np.eye(2))
    assert found.probability / (1.0 - found.probability) == pytest.approx(8.5 / 2.5 / 2.0)
    assert found.clusters_in_words("group").endswith("1 in 20 % (2 are right with a probability of 63 %)")
    certain = replace(found, cluster_probabilities={1: 1.0})
    assert certain.probability > 0.9 > replace(certain, n_samples=8).probability


@pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning")
def test_parts_with_fewer_rows_of_weight_than_components_have_no_answer() -> None:
    rows = np.random.default_rng(0).normal(size=(6, 2))
    model = AutoGaussianMixture([6], covariance_types=["full"], random_state=0).fit(rows)
    with pytest.raises(CollapseError, match="No part of the rows has an answer with about 6 components"):
        model.cluster_stability(rows, n_samples=2)


@pytest.mark.parametrize("n_features", [1, 2, 10])
def test_rows_that_are_too_few_for_two_components_say_nothing_of_how_many_there_are(n_features: int) -> None:
    rows = np.repeat([[0.0], [20.0]], 3, axis=0) + np.random.default_rng(0).normal(size=(6, n_features))
    model = AutoGaussianMixture(random_state=0).fit(rows)
    assert model.reason_.endswith("6 row(s) are too few for two components.")
    stability = model.cluster_stability(rows, n_samples=5)
    assert np.isnan(stability.probability)
    assert (
        stability.clusters_in_words() == "1 cluster in 100 % of 5 parts of the rows (open: no other number was tried)"
    )
