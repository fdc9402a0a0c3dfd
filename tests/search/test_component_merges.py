"""Merges of two components of a posterior."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.fold import Fold
from mixfold.models import GammaBelief, Point, PriorScale, Problem, StickPrior
from mixfold.search.component_merges import joined, likely_merges, likely_pairs, merge_gains
from mixfold.search.found_components import LOG_ODDS, Found
from mixfold.search.tried_moves import TriedMoves
from mixfold.statistics import SufficientStatistics
from tests.examples import blobs

TYPES = ["full", "tied", "diag", "spherical"]
ROWS, LABELS = blobs(150, 3, 2)
FOLD = Fold.of_rows(ROWS)
HALVES = LABELS + 3 * (np.arange(150) % 2)


def statistics_of(labels: np.ndarray, k: int, covariance_type: str) -> SufficientStatistics:
    shares = np.eye(k)[labels]
    return FOLD.centered_moments(lambda rows: shares[rows.span], k, family_for(covariance_type).structure)


def found_at(labels: np.ndarray, k: int, covariance_type: str = "full") -> Found:
    model = PriorScale.of(FOLD, family_for(covariance_type), StickPrior(GammaBelief())).first[1]
    problem = Problem(FOLD, model)
    return Found(problem, Point.at(problem, model.maximize(statistics_of(labels, k, covariance_type))))


@pytest.mark.parametrize("covariance_type", TYPES)
def test_joined_sums_are_those_of_rows_that_were_one(covariance_type: str) -> None:
    both = joined(statistics_of(LABELS, 3, covariance_type), [(0, 2)])
    expected = statistics_of(np.where(LABELS == 1, 1, 0), 2, covariance_type)
    np.testing.assert_allclose(both.count, expected.count)
    np.testing.assert_allclose(both.means, expected.means, rtol=1e-12)
    np.testing.assert_allclose(both.scatter_about_means, expected.scatter_about_means, rtol=1e-10)
    counted = replace(statistics_of(LABELS, 3, covariance_type), label_count=np.array([1.0, 2.0, 4.0, 0.5]))
    np.testing.assert_array_equal(joined(counted, [(0, 2)]).label_count, [5.0, 2.0, 0.5])


@pytest.mark.parametrize("covariance_type", TYPES)
def test_several_pairs_are_joined_as_one_after_another(covariance_type: str) -> None:
    at_once = joined(statistics_of(HALVES, 6, covariance_type), [(0, 3), (1, 4), (2, 5)])
    expected = statistics_of(LABELS, 3, covariance_type)
    np.testing.assert_allclose(at_once.means, expected.means, rtol=1e-12)
    np.testing.assert_allclose(at_once.scatter_about_means, expected.scatter_about_means, rtol=1e-10)


@pytest.mark.parametrize("covariance_type", [*TYPES, "EEI"])
def test_a_merge_gains_what_the_bound_of_rows_that_are_shared_so_rises_by(covariance_type: str) -> None:
    found = found_at(HALVES, 6, covariance_type)
    model, shares, pairs = found.problem.model, found.responsibilities, [(0, 3), (1, 2), (4, 5)]

    def bound(statistics: SufficientStatistics, shares: np.ndarray) -> float:
        posterior = model.maximize(statistics)
        potentials, (k, d) = model.potentials(posterior), posterior.means.shape
        away = ROWS[:, None] - posterior.means
        precisions = np.linalg.inv(model.family.dense(posterior.covariances, k, d))
        squares = np.einsum("nki,kij,nkj->nk", away, precisions, away)
        expected = np.sum(shares * (potentials.offset - 0.5 * squares))
        entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-300)))
        return float(expected + entropy + model.log_prior(posterior, potentials))

    before = bound(found.point.statistics, shares)
    for pair, gain in zip(pairs, merge_gains(found, pairs), strict=True):
        both = shares.copy()
        both[:, pair[0]] += both[:, pair[1]]
        after = bound(joined(found.point.statistics, [pair]), np.delete(both, pair[1], axis=1))
        assert gain == pytest.approx(after - before, abs=5.0)  # of weights it is known less well
        assert abs(after - before) > 5.0 or gain > -LOG_ODDS


def test_pairs_that_gain_for_certain_are_merged_at_once_and_the_others_one_by_one() -> None:
    found = found_at(HALVES, 6)
    first, *others = likely_merges(found, TriedMoves())
    assert len(first.count) == 3
    assert {len(one.count) for one in others} == {5}
    assert list(likely_merges(found_at(np.zeros(150, int), 1), TriedMoves())) == []


def test_what_loses_too_much_or_was_tried_is_not_tried() -> None:
    found, tried = found_at(LABELS, 3), TriedMoves()
    pairs = likely_pairs(found)
    lost = -LOG_ODDS - merge_gains(found, pairs)
    assert len(pairs) == 3
    assert np.min(lost) > 0.0
    assert len(list(likely_merges(found, tried))) == np.sum(lost < 100.0) == 1  # of 50 rows each
    halves = found_at(HALVES, 6)
    assert len(list(likely_merges(halves, tried))) > 1
    assert len(list(likely_merges(halves, tried))) == 1  # those at once
