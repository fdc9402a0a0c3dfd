"""Candidates climb, are compared by their objective, and end where they no longer gain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.errors import CollapseError
from mixfold.parameters import Parameters
from mixfold.search.candidate import Candidate, best_past, candidates_from, climbed_together
from mixfold.search.starting_values import portfolio
from tests.search.problems import Search, three_blobs, true_components


@pytest.fixture(scope="module")
def search() -> Search:
    return three_blobs()


@pytest.fixture(scope="module")
def candidates(search: Search) -> list[Candidate]:
    random_state = np.random.RandomState(0)
    names, mixtures = zip(*portfolio(search.sample, 3, 4, random_state, with_once=False), strict=True)
    numbered = [(name, index) for index, name in enumerate(names)]
    found = candidates_from(search.problem, mixtures, search.sample.family, numbered)
    assert not any(isinstance(one, CollapseError) for one in found)
    return found


def test_candidates_keep_the_names_and_the_order_of_their_starts(candidates: list[Candidate]) -> None:
    assert [one.index for one in candidates] == [0, 1, 2, 3]
    assert all(len(one.history) == 1 and one.history[0].number == 1 for one in candidates)


def test_climbing_never_lowers_the_objective_and_records_each_step(search: Search, candidates: list[Candidate]) -> None:
    for one in candidates:
        climbed = one.climbed(search.problem, 15)
        objectives = [iteration.objective for iteration in climbed.history]
        assert len(objectives) == 16
        assert np.all(np.diff(objectives) > -1e-6)  # a search adds in single precision
        assert climbed.objective == objectives[-1]


def test_climbing_together_gives_what_each_gives_alone(search: Search, candidates: list[Candidate]) -> None:
    together = climbed_together(search.problem, candidates, 5)
    for one, climbed in zip(candidates, together, strict=True):
        assert climbed.objective == one.climbed(search.problem, 5).objective


def test_a_converged_candidate_has_less_than_the_tolerance_left(search: Search, candidates: list[Candidate]) -> None:
    end = candidates[0].converged(search.problem, 1e-6, 500)
    assert end.predicted_gain < 1e-6
    further = end.climbed(search.problem, 200)
    assert further.objective - end.objective < 2e-6


def test_a_limit_of_steps_ends_a_candidate_that_has_not_converged(search: Search, candidates: list[Candidate]) -> None:
    assert len(candidates[0].converged(search.problem, 0.0, 25).history) <= 40


def test_better_is_by_more_than_the_margin(candidates: list[Candidate]) -> None:
    one, other = candidates[:2]
    if one.objective < other.objective:
        one, other = other, one
    gap = one.objective - other.objective
    assert one.is_better_than(other, 0.5 * gap)
    assert not one.is_better_than(other, 2.0 * gap)
    assert not other.is_better_than(one, 0.0)


def test_the_best_past_a_rival_is_better_than_it_where_one_can_be(search: Search, candidates: list[Candidate]) -> None:
    ends = [one.converged(search.problem, 1e-8, 500) for one in candidates]
    worst, best = min(ends, key=lambda one: one.objective), max(ends, key=lambda one: one.objective)
    if best.objective - worst.objective > 1e-3:
        assert best_past(search.problem, candidates, worst, 1e-4, 500).is_better_than(worst, 1e-4)
    assert not best_past(search.problem, candidates, best, 1e-4, 500).is_better_than(best, 1e-4)


def test_a_component_without_density_is_an_error_in_its_place_and_stops_no_other(search: Search) -> None:
    sound = true_components(search)
    broken = replace(sound, covariances=-sound.covariances)
    first, second = candidates_from(search.problem, [broken, sound], search.sample.family, [("a", 0), ("b", 1)])
    assert isinstance(first, CollapseError)
    assert isinstance(second, Candidate)


def test_the_same_parameters_are_looked_at_on_other_rows(search: Search, candidates: list[Candidate]) -> None:
    few = search.sample.part(100, np.random.RandomState(1))
    there = candidates[0].on(few.problem(search.problem))
    assert isinstance(there.point.parameters, Parameters)
    np.testing.assert_array_equal(there.point.parameters.means, candidates[0].point.parameters.means)
    assert there.objective != candidates[0].objective
