"""Posteriors that a search came to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixfold.engines import NativeEngine, to_numpy
from mixfold.estimators.strata import Facts, in_strata
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.models import Point, Problem
from mixfold.observations import n_named
from mixfold.search.component_merges import likely_pairs
from mixfold.search.found_components import Found
from mixfold.sources import ArraySource
from tests.search.posteriors import FOLD, LABELS, ROWS, STOPPING, found_at, scale_of, statistics_of


def test_components_without_rows_are_dropped_and_the_largest_comes_first() -> None:
    found = found_at(LABELS, 7)
    assert len(found.counts) == 3
    assert np.all(np.diff(found.counts) <= 0.0)


def test_when_time_is_over_no_more_is_climbed_by_ordering_components_again_and_again() -> None:
    model, over = scale_of("full").first[0], replace(STOPPING, deadline=0.0)
    shares = np.random.default_rng(0).dirichlet(np.ones(20), size=len(ROWS))
    start = FOLD.centered_moments(lambda rows: shares[rows.span], 20, model.family.structure)
    problem = Problem(FOLD, model)
    end = Found(problem, Point.at(problem, model.maximize(start))).climbed(over)
    assert end.climbed(over).point.objective > end.point.objective


def test_components_that_labels_name_stay_first_and_apart_without_rows_too() -> None:
    known = np.where(np.arange(150) < 40, LABELS, -1)
    source = ArraySource(ROWS)
    source, observations = in_strata(
        source, Facts.of(source, labels=np.minimum(known, 1), n_components=6).beside_others
    )
    fold = Fold(source, NativeEngine(), LocalExecutor(), observations)
    assert n_named(fold.observations) == 2
    model, start = scale_of("full").first[1], np.where(LABELS == 2, 4, LABELS)
    problem = Problem(fold, model)
    found = Found(problem, Point.at(problem, model.maximize(statistics_of(start, 5, "full"))))
    assert (0, 1) not in likely_pairs(found)
    assert (0, 4) in likely_pairs(found)
    small = found.posterior.reordered(np.array([2, 4, 0, 1]), model.structure)  # the first has no rows but those known
    there = Found(problem, Point.at(problem, small)).climbed(STOPPING)
    assert len(there.counts) >= 2
    assert np.all(np.diff(there.counts[2:]) <= 0.0)
    shares = to_numpy(fold.responsibilities(model.potentials(there.posterior)))
    np.testing.assert_array_equal(shares[known == 0, 0], 1.0)
