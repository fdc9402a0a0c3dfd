"""Optima beside the best: those that differ, and are nearly as probable."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris

from mixfold.covariance import family_for
from mixfold.fitting import Stopping
from mixfold.fold import Fold
from mixfold.models import GammaBelief, PriorScale, StickPrior
from mixfold.models.prior_scale import SETTLED
from mixfold.search.component_search import ComponentLimit, Searched, search_components
from mixfold.search.found_components import LOG_ODDS
from mixfold.search.other_optima import NEGLIGIBLE, log_mass, other_optima, shares_of
from mixfold.search.race import N_STAYING

STOPPING = Stopping(1e-6, 1000)


@pytest.fixture(scope="module")
def searched() -> Searched:
    rows = load_iris().data[:, :2]
    fold = Fold.of_rows(rows)
    scale = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief()))
    return search_components(fold, scale, STOPPING, ComponentLimit.of("auto", len(rows)), np.random.RandomState(0))


def test_the_mass_of_an_optimum_is_its_bound_with_all_orders_of_its_components(searched: Searched) -> None:
    found = searched.found
    bound = found.log_evidence + LOG_ODDS * len(found.counts)  # more components need no strong evidence here
    assert log_mass(found) == pytest.approx(bound + math.log(math.factorial(len(found.counts))))


def test_others_differ_from_the_best_and_from_each_other_and_are_nearly_as_probable(searched: Searched) -> None:
    optima = [searched.found, *searched.others]
    assert len(optima) > 1
    assert len({(len(one.counts), round(one.log_evidence, 2)) for one in optima}) == len(optima)
    masses = [log_mass(one) for one in optima]
    assert min(masses[1:]) > max(masses) - NEGLIGIBLE
    assert masses[1:] == sorted(masses[1:], reverse=True)


def test_what_was_reached_twice_counts_once_and_what_is_improbable_not_at_all(searched: Searched) -> None:
    found, first = searched.found, searched.others[0]
    assert other_optima(found, [found, first, first]) == [first]
    assert other_optima(found, []) == []
    alone = Fold.of_rows(np.random.default_rng(0).normal(size=(30, 2)))
    scale = PriorScale.of(alone, family_for("full"), StickPrior(GammaBelief()))
    far = search_components(alone, scale, STOPPING, ComponentLimit.of("auto", 30), np.random.RandomState(0)).found
    best, worse = sorted([found, far], key=log_mass)[::-1]
    assert other_optima(best, [worse]) == []


def test_there_are_no_more_others_than_runs_that_stay_in_a_race(searched: Searched) -> None:
    found, point = searched.found, searched.found.point
    steps = [1.2 * SETTLED * i / point.statistics.weight for i in range(1, N_STAYING + 3)]
    reached = [replace(found, point=replace(point, objective=point.objective - step)) for step in steps]
    assert other_optima(found, reached[::-1]) == reached[:N_STAYING]


def test_shares_are_masses_of_all(searched: Searched) -> None:
    optima = [searched.found, *searched.others]
    shares = shares_of(optima)
    assert np.sum(shares) == pytest.approx(1.0)
    assert np.log(shares[1] / shares[0]) == pytest.approx(log_mass(optima[1]) - log_mass(optima[0]))
