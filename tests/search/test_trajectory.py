"""Trajectories climb, are compared by their objective, and end where they no longer gain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.errors import CollapseError
from mixfold.fitting import Outcome
from mixfold.models import Point
from mixfold.parameters import Parameters
from mixfold.search.start import Start
from mixfold.search.starting_values import starting_values
from mixfold.search.trajectory import Trajectory, begun, best_past, climbed_together
from tests.search.problems import Search, three_blobs, true_components


@pytest.fixture(scope="module")
def search() -> Search:
    return three_blobs()


@pytest.fixture(scope="module")
def trajectories(search: Search) -> list[Trajectory]:
    random_state = np.random.RandomState(0)
    values = starting_values(search.sample, 3, 4, random_state, with_once=False)
    starts = [replace(start, index=index) for index, start in enumerate(values)]
    found, failed = begun(search.problem, starts, 1)
    assert not failed
    return found


def test_trajectories_keep_the_names_and_the_order_of_their_starts(trajectories: list[Trajectory]) -> None:
    assert [one.index for one in trajectories] == [0, 1, 2, 3]
    assert all(len(one.history) == 1 and one.history[0].number == 1 for one in trajectories)


def test_climbing_never_lowers_the_objective_and_records_each_step(
    search: Search, trajectories: list[Trajectory]
) -> None:
    for one in trajectories:
        climbed = one.climbed(15)
        objectives = [iteration.objective for iteration in climbed.history]
        assert len(objectives) == 16
        assert np.all(np.diff(objectives) > -1e-6)  # a search adds in single precision
        assert climbed.objective == objectives[-1]


def test_climbing_together_gives_what_each_gives_alone(search: Search, trajectories: list[Trajectory]) -> None:
    together = climbed_together(trajectories, 5)
    for one, climbed in zip(trajectories, together, strict=True):
        assert climbed.objective == one.climbed(5).objective


def test_a_converged_trajectory_has_less_than_the_tolerance_left(
    search: Search, trajectories: list[Trajectory]
) -> None:
    end = trajectories[0].converged(1e-6, 500)
    assert end.predicted_gain < 1e-6
    further = end.climbed(200)
    assert further.objective - end.objective < 2e-6


def test_a_limit_of_steps_ends_a_trajectory_that_has_not_converged(
    search: Search, trajectories: list[Trajectory]
) -> None:
    assert len(trajectories[0].converged(0.0, 25).history) <= 40


def test_better_is_by_more_than_the_margin(trajectories: list[Trajectory]) -> None:
    one, other = trajectories[:2]
    if one.objective < other.objective:
        one, other = other, one
    gap = one.objective - other.objective
    assert one.is_better_than(other, 0.5 * gap)
    assert not one.is_better_than(other, 2.0 * gap)
    assert not other.is_better_than(one, 0.0)


def test_the_best_past_a_rival_is_better_than_it_where_one_can_be(
    search: Search, trajectories: list[Trajectory]
) -> None:
    ends = [one.converged(1e-8, 500) for one in trajectories]
    worst, best = min(ends, key=lambda one: one.objective), max(ends, key=lambda one: one.objective)
    if best.objective - worst.objective > 1e-3:
        assert best_past(trajectories, worst, 1e-4, 500).is_better_than(worst, 1e-4)
    assert not best_past(trajectories, best, 1e-4, 500).is_better_than(best, 1e-4)


def test_a_start_without_density_is_told_with_its_error_and_stops_no_other(search: Search) -> None:
    sound = Start("sound", true_components(search), search.sample.family, 1)
    broken = replace(
        sound, name="broken", components=replace(sound.components, covariances=-np.tile(np.eye(2), (3, 1, 1)))
    )
    (trajectory,), ((start, error),) = begun(search.problem, [broken, sound], 1)
    assert (trajectory.name, trajectory.index) == ("sound", 1)
    assert start is broken
    assert isinstance(error, CollapseError)


def test_the_same_parameters_are_looked_at_on_other_rows(search: Search, trajectories: list[Trajectory]) -> None:
    few = search.sample.part(100, np.random.RandomState(1))
    there = trajectories[0].on(few.problem(search.problem))
    assert isinstance(there.point.parameters, Parameters)
    np.testing.assert_array_equal(there.point.parameters.means, trajectories[0].point.parameters.means)
    assert there.objective != trajectories[0].objective


def at_the_truth(search: Search) -> Trajectory:
    return Trajectory(search.problem, Point.at(search.problem, true_components(search)), "truth")


def test_steps_are_counted_on_from_those_before(search: Search) -> None:
    climbed = at_the_truth(search).climbed(7).climbed(5)
    assert climbed.n_steps == 12
    assert [iteration.number for iteration in climbed.history] == list(range(1, 13))
    assert climbed.last.objective == climbed.objective


def test_a_gain_is_predicted_once_there_are_steps_to_predict_from_and_vanishes(search: Search) -> None:
    assert at_the_truth(search).predicted_gain == np.inf
    assert at_the_truth(search).climbed(200).predicted_gain < 1e-6


def test_what_has_collapsed_has_nothing_to_gain_until_it_is_on_other_rows(search: Search) -> None:
    stuck = replace(at_the_truth(search), has_collapsed=True)
    assert stuck.predicted_gain == 0.0
    assert stuck.converged(1e-6, 500) is stuck
    assert stuck.on(search.problem).predicted_gain == np.inf


def test_a_course_is_told_with_its_steps_and_one_without_where_it_began(search: Search) -> None:
    run = at_the_truth(search).told(Outcome.CONVERGED)
    assert (run.start, run.outcome, run.n_iter) == ("truth", Outcome.CONVERGED, 0)
    assert run.objective == at_the_truth(search).objective
    assert at_the_truth(search).climbed(4).told(Outcome.CONVERGED).n_iter == 4
