"""How many components a posterior has."""

from __future__ import annotations

import time

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.fitting import Stopping
from mixfold.fold import Fold
from mixfold.initialization import KMeans
from mixfold.models import GammaBelief, Point, PriorScale, Problem, StickPrior, Variational
from mixfold.models.prior_scale import LIKENESSES
from mixfold.search.component_moves import (
    find_components,
    find_components_from,
    merged_while_it_pays,
    split_once,
    with_best_prior,
)
from mixfold.search.found_components import LOG_ODDS, Found
from tests.search.posteriors import FOLD, LABELS, STOPPING, found_at, scale_of


def test_a_cluster_of_two_components_is_merged_and_the_bound_rises() -> None:
    labels = np.where((LABELS == 0) & (np.arange(150) % 2 == 0), 3, LABELS)
    before = found_at(labels, 4)
    after = merged_while_it_pays(before, STOPPING)
    assert len(after.counts) == 3
    assert after.point.objective > before.point.objective or len(before.counts) == 3


def test_clusters_that_lie_apart_are_not_merged() -> None:
    found = found_at(LABELS, 3)
    assert merged_while_it_pays(found, STOPPING) is found


def test_a_component_of_two_clusters_is_split_and_the_bound_rises() -> None:
    before = found_at(np.where(LABELS == 2, 1, LABELS), 2)
    after = split_once(before, STOPPING, most=10)
    assert len(after.counts) == 3
    assert after.point.objective > before.point.objective
    assert split_once(before, STOPPING, most=2) is before


def test_learning_the_prior_lifts_the_bound() -> None:
    before = found_at(LABELS, 3)
    after = with_best_prior(before, scale_of("full"), STOPPING)
    assert after.point.objective >= before.point.objective


def test_a_prior_is_left_that_a_posterior_learned_under_it_would_hold() -> None:
    random = np.random.default_rng(0)
    labels, toward = np.repeat([0, 1], 22), random.normal(size=10)
    roots = np.eye(10) + 0.3 * random.normal(size=(2, 10, 10))
    rows = np.einsum("nij,nj->ni", roots[labels], random.normal(size=(44, 10)))
    rows += 8.0 * labels[:, None] * toward / np.linalg.norm(toward)
    fold, shares = Fold.of_rows(rows), np.eye(2)[labels]
    sums = fold.centered_moments(lambda chunk: shares[chunk.span], 2, family_for("full").structure)
    scale = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief()))

    def learned(model: Variational) -> Found:
        problem = Problem(fold, model)
        found = Found(problem, Point.at(problem, model.maximize(sums))).climbed(STOPPING)
        return with_best_prior(found, scale, STOPPING)

    ends = [learned(model) for model in (*scale.first, scale.model(1.0, LIKENESSES[-1]))]
    assert {end.problem.model.degrees_of_freedom_prior for end in ends} == {10.0 + LIKENESSES[-1]}
    assert np.ptp([end.log_evidence for end in ends]) < 1.0


@pytest.mark.parametrize("k", [1, 3, 20])
def test_the_components_that_there_are_are_found_from_any_number(k: int) -> None:
    scale = scale_of("full")
    start = KMeans()(FOLD, k, scale.family.structure, np.random.RandomState(0))
    assert len(find_components(FOLD, scale, start, STOPPING, most=20).counts) == 3


def test_it_ends_when_its_time_is_up() -> None:
    scale = scale_of("full")
    start = KMeans()(FOLD, 20, scale.family.structure, np.random.RandomState(0))
    found = find_components(FOLD, scale, start, Stopping(1e-6, 1000, time.perf_counter()), most=20)
    assert len(found.counts) > 3


def test_what_rows_can_hardly_tell_apart_is_one_component() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(center, 1.0, size=(80, 1)) for center in (0.0, 1.5)])
    fold, family = Fold.of_rows(rows), family_for("full")
    scale, stopping = PriorScale.of(fold, family, StickPrior(GammaBelief())), STOPPING
    halves = np.eye(2)[np.repeat([0, 1], 80)]
    two = fold.centered_moments(lambda chunk: halves[chunk.span], 2, family.structure)
    found = find_components(fold, scale, two, stopping, most=5)
    assert len(found.counts) == 1
    assert found.log_evidence == found.point.objective * 160 - LOG_ODDS


def test_what_comes_to_where_another_has_been_goes_no_further() -> None:
    scale, there = scale_of("full"), found_at(LABELS, 3)
    passed: list[Found] = []
    first = find_components_from(there, scale, STOPPING, 8, passed)
    n_passed, again = len(passed), found_at((LABELS + 1) % 3, 3)
    after = find_components_from(again, scale, STOPPING, 8, passed)
    assert len(passed) == n_passed > 0
    assert after.log_evidence == pytest.approx(first.log_evidence, abs=1e-3)
    fewer = found_at(np.minimum(LABELS, 1), 2)
    assert not fewer.is_at(there, STOPPING)
    assert len(find_components_from(fewer, scale, STOPPING, 8, passed).counts) == 3
    assert len(passed) > n_passed
