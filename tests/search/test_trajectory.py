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
from mixfold.search.trajectory import CONVERGED_NATS, Trajectory, begun, best_past, climbed_together
from tests.search.problems import Search, three_blobs, true_components


@pytest.fixture(scope="module")
def search() -> Search:
    return three_blobs()


@pytest.fixture(scope="module")
def trajectories(search: Search) -> list[Trajectory]:
    random_state = np.random.RandomState(0)
    values = starting_values(search.sample, 3, 4, random_state, with_alike=False)
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
        climbed = one.climbed(15, rule=None)
        objectives = [iteration.objective for iteration in climbed.history]
        assert len(objectives) == 16
        assert np.all(np.diff(objectives) > -1e-6)  # a search adds in single precision
        assert climbed.objective == objectives[-1]


def test_no_steps_are_made_on_an_optimum(trajectories: list[Trajectory]) -> None:
    rested = trajectories[0].climbed(500)
    assert rested.n_steps < 500
    assert rested.predicted_gain < CONVERGED_NATS


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


def test_a_trajectory_that_converged_on_few_rows_goes_on_to_the_optimum_on_all(search: Search) -> None:
    few = search.sample.part(100, np.random.RandomState(1)).problem(search.problem)
    begun_there = Trajectory(few, Point.at(few, true_components(search))).converged(CONVERGED_NATS, 500)
    on_all = begun_there.converged(CONVERGED_NATS, 500, search.problem)
    assert on_all.objective > begun_there.on(search.problem).objective + 1e-3
    assert on_all.climbed(200, rule=None).objective - on_all.objective < 10.0 * CONVERGED_NATS
    assert on_all.converged(CONVERGED_NATS, 500, search.problem) is on_all


def test_better_is_by_more_than_the_margin(trajectories: list[Trajectory]) -> None:
    one = trajectories[0]
    slightly, clearly = (
        replace(one, point=replace(one.point, objective=one.objective + share * one.margin)) for share in (0.5, 2.0)
    )
    assert not one.is_better_than(one)
    assert not slightly.is_better_than(one)
    assert clearly.is_better_than(one)


def test_which_of_two_is_better_is_asked_of_other_rows_as_they_are(search: Search) -> None:
    few, start = search.sample.part(60, np.random.RandomState(1)).problem(search.problem), true_components(search)
    of_few, of_all = (
        Trajectory(one, Point.at(one, start)).converged(CONVERGED_NATS, 500) for one in (few, search.problem)
    )
    of_all = of_all.on(few)
    assert of_few.is_better_than(of_all)
    assert of_all.is_better_than(of_few, search.problem)
    assert not of_few.is_better_than(of_all, search.problem)


def test_the_best_past_an_objective_has_passed_it_where_one_can(search: Search) -> None:
    starts = list(starting_values(search.sample, 3, 6, np.random.RandomState(0), with_alike=False))
    ends = [one.converged(1e-8, 500).objective for one in begun(search.problem, starts, 1)[0]]
    passed = best_past(search.problem, starts, max(ends) - 0.1, 1e-4, 500)
    assert passed is not None
    assert passed.objective > max(ends) - 0.1 + 1e-4
    hopeless = best_past(search.problem, starts, max(ends) + 0.1, 1e-4, 500)
    assert hopeless is not None
    assert hopeless.objective < max(ends) + 1e-4
    assert hopeless.n_steps < 500


def test_none_is_best_of_starts_without_density(search: Search) -> None:
    sound = Start("sound", true_components(search), search.sample.family, 1)
    nothing = replace(sound, components=replace(sound.components, covariances=0.0 * sound.components.covariances))
    assert best_past(search.problem, [nothing], -10.0, 1e-4, 500) is None


def test_a_trajectory_that_was_taken_up_again_counts_on(trajectories: list[Trajectory]) -> None:
    before = trajectories[0].climbed(12, rule=None)
    again = replace(before, legs=(), before=before.history)
    assert again.history == before.history
    assert again.n_steps == before.n_steps == 13
    assert again.predicted_gain == before.predicted_gain
    one, other = before.climbed(2, rule=None), again.climbed(2, rule=None)
    assert [step.objective for step in one.history] == [step.objective for step in other.history]
    assert one.predicted_gain == other.predicted_gain
    assert [step.objective - 1.5 for step in one.course(1.5)] == pytest.approx([s.objective for s in one.history])


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
    climbed = at_the_truth(search).climbed(200, rule=None)
    assert climbed.predicted_gain < 1e-4  # sums in single precision go to and fro
    assert climbed.objective - climbed.history[-51].objective < 1e-6


def test_what_has_collapsed_has_nothing_to_gain_until_it_is_on_other_rows(search: Search) -> None:
    stuck = replace(at_the_truth(search), has_collapsed=True)
    assert stuck.predicted_gain == 0.0
    assert stuck.converged(1e-6, 500) is stuck
    assert stuck.on(search.problem) is stuck
    few = search.sample.part(100, np.random.RandomState(1))
    assert stuck.on(few.problem(search.problem)).predicted_gain == np.inf


def test_a_course_is_told_with_its_steps_and_one_without_where_it_began(search: Search) -> None:
    run = at_the_truth(search).told(Outcome.CONVERGED)
    assert (run.start, run.outcome, run.n_iter) == ("truth", Outcome.CONVERGED, 0)
    assert run.objective == at_the_truth(search).objective
    assert at_the_truth(search).climbed(4).told(Outcome.CONVERGED).n_iter == 4


def test_what_has_converged_makes_no_more_steps(trajectories: list[Trajectory]) -> None:
    end = trajectories[0].converged(1e-9, 500)
    assert end.converged(1e-7, 500) is end
