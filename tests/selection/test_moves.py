"""Moves between optima keep the number of components, the total weight and sound covariances."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from mixfold.fitting import climb
from mixfold.parameters import Parameters
from mixfold.selection.moves import exchanges, merge_losses, merged, reseeded, splits_of, with_split
from tests.selection.problems import three_blobs, true_components


@pytest.fixture(scope="module", params=[1, 2, 4])
def search(request):
    return three_blobs(n_features=request.param)


def moments(one):
    mean = one.weights @ one.means
    offset = one.means - mean
    return mean, np.tensordot(one.weights, one.covariances, axes=1) + (one.weights[:, None] * offset).T @ offset


def test_merging_keeps_mean_and_covariance_of_the_mixture(search):
    before = true_components(search)
    after = merged(before, (0, 2))
    assert len(after.weights) == 2
    for one, two in zip(moments(before), moments(after), strict=True):
        np.testing.assert_allclose(two, one, atol=1e-9)


def test_merging_what_is_the_same_loses_nothing_and_what_lies_apart_loses_much(search):
    own = true_components(search)
    twice = Parameters(
        np.append(own.weights, own.weights[0]) / (1.0 + own.weights[0]),
        np.concatenate([own.means, own.means[:1]]),
        np.concatenate([own.covariances, own.covariances[:1]]),
    )
    losses = merge_losses(search.sample, twice)
    assert losses[0, 3] == pytest.approx(0.0, abs=1e-9)
    others = losses[np.triu_indices(4, 1)]
    assert np.sum(others > 0.05) >= 3
    assert np.all(np.isinf(losses[np.tril_indices(4)]))


def test_a_loss_bounds_what_is_lost(search):
    own = true_components(search)
    problem = search.sample.problem(search.problem)
    before = climb(problem, own, 0).point.log_likelihood
    for pair, loss in np.ndenumerate(merge_losses(search.sample, own)):
        if np.isfinite(loss):
            after = climb(problem, merged(own, pair), 0).point.log_likelihood
            assert before - after < loss + 1e-2


def test_splitting_a_component_of_two_clusters_gains_most(search):
    own = true_components(search)
    two = merged(own, (0, 1))
    splits = splits_of(search.sample, two)
    best = max(splits, key=lambda split: split.gain)
    assert best.component == 0
    assert best.gain > 10.0
    assert np.sum(with_split(two, best).weights) == pytest.approx(1.0)


def test_an_exchange_leads_from_a_wrong_division_to_the_right_one(search):
    own = true_components(search)
    two_in_one = merged(own, (0, 1))
    split = next(one for one in splits_of(search.sample, two_in_one) if one.component == 1)
    wrong = with_split(two_in_one, split)
    right = climb(search.problem, own, 100).point
    ends = [climb(search.problem, moved, 100).point for moved in exchanges(search.sample, wrong)]
    best = max(ends, key=lambda point: point.objective)
    assert best.objective == pytest.approx(right.objective, abs=1e-4)
    assert climb(search.problem, wrong, 100).point.objective < right.objective - 0.01


def test_exchanges_keep_the_number_of_components_and_are_few(search):
    own = true_components(search)
    moved = list(exchanges(search.sample, own))
    assert len(moved) <= 2 * 3
    for one in moved:
        assert one.means.shape == own.means.shape
        assert np.sum(one.weights) == pytest.approx(1.0)
        assert np.all(np.linalg.eigvalsh(one.covariances) > 0.0)


def test_two_components_have_nothing_to_exchange(search):
    assert list(exchanges(search.sample, merged(true_components(search), (0, 1)))) == []


def test_reseeding_moves_so_many_components_and_leaves_the_others(search):
    own = true_components(search)
    one, two = reseeded(search.sample, own, [1, 2], np.random.RandomState(0))
    for moved, number in ((one, 1), (two, 2)):
        assert np.sum(np.any(moved.means != own.means, axis=1)) == number
        assert np.sum(moved.weights) == pytest.approx(1.0)


def test_moving_on_from_the_truth_finds_the_same_clusters(search):
    own = true_components(search)
    end = climb(search.problem, own, 100).point.parameters
    labels = search.sample.fold.labels(end.potentials(search.sample.family))
    again = search.sample.fold.labels(own.potentials(search.sample.family))
    assert adjusted_rand_score(again, labels) > 0.98
