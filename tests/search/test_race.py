"""A race keeps the best, one for each optimum, and tells why the others left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from mixfold.fitting import Outcome
from mixfold.models import Point
from mixfold.search.race import Race
from mixfold.search.starting_values import starting_values
from mixfold.search.trajectory import Trajectory, begun
from tests.search.problems import Search, three_blobs, true_components


@pytest.fixture(scope="module")
def search() -> Search:
    return three_blobs()


def racers(search: Search) -> list[Trajectory]:
    values = starting_values(search.sample, 3, 6, np.random.RandomState(1), with_alike=False)
    return begun(search.problem, [replace(start, index=index) for index, start in enumerate(values)], 1)[0]


def with_objectives(search: Search, *objectives: float) -> list[Trajectory]:
    point = Point.at(search.problem, true_components(search))
    return [
        Trajectory(search.problem, replace(point, objective=objective), index=index)
        for index, objective in enumerate(objectives)
    ]


def test_the_best_stay_in_order_and_the_rest_are_dropped(search: Search) -> None:
    race = Race(with_objectives(search, -3.0, -1.0, -4.0, -2.0))
    race.keep(2)
    assert [racer.index for racer in race.racers] == [1, 3]
    assert race.leader.index == 1
    assert [(racer.index, outcome) for racer, outcome in race.left] == [(0, Outcome.DROPPED), (2, Outcome.DROPPED)]


def test_of_those_on_one_optimum_one_stays_and_the_others_are_counted(search: Search) -> None:
    race = Race(with_objectives(search, -1.0, -1.0 - 1e-9, -2.0, -2.0 - 1e-9, -3.0))
    race.keep(3)
    assert [racer.index for racer in race.racers] == [0, 2, 4]
    assert [(racer.index, outcome) for racer, outcome in race.left] == [(1, Outcome.DUPLICATE), (3, Outcome.DUPLICATE)]
    assert [racer.n_met for racer in race.racers] == [1, 1, 0]


def test_racers_climb_before_they_are_compared(search: Search) -> None:
    started = racers(search)
    race = Race(list(started))
    race.run(5, 2)
    assert len(race.racers) <= 2
    everybody = [*race.racers, *(racer for racer, _ in race.left)]
    assert {racer.n_steps for racer in everybody} == {6}
    assert race.leader.objective == max(racer.objective for racer in everybody)
    assert race.leader.objective >= max(racer.objective for racer in started)


def test_racers_go_on_on_other_rows_from_where_they_are(search: Search) -> None:
    race = Race(racers(search)[:2])
    few = search.sample.part(100, np.random.RandomState(1)).problem(search.problem)
    before = [racer.point.parameters for racer in race.racers]
    race.move_to(few)
    assert [racer.problem for racer in race.racers] == [few, few]
    for racer, parameters in zip(race.racers, before, strict=True):
        for name, values in parameters.arrays.items():
            np.testing.assert_array_equal(racer.point.parameters.arrays[name], values)
        assert racer.point.statistics.n_rows == 100


def test_who_joins_later_must_be_among_the_best_of_all_that_came_as_far(search: Search) -> None:
    def still(racers: Sequence[Trajectory], n_steps: int) -> list[Trajectory]:
        return list(racers)

    race = Race()
    race.join(with_objectives(search, -1.0, -2.0, -3.0), (8, 24), still)
    assert [racer.objective for racer in race.racers] == [-1.0, -2.0, -3.0]  # of the first nobody is behind
    race.join(with_objectives(search, -1.5, -4.0), (8, 24), still)  # nor of the first ones that come later
    assert [racer.objective for racer in race.racers] == [-1.0, -1.5, -2.0, -3.0, -4.0]
    race.join(with_objectives(search, -1.2, -3.5), (8, 24), still)
    assert [racer.objective for racer in race.racers] == [-1.0, -1.2, -1.5, -2.0, -3.0, -4.0]
    assert [(racer.objective, outcome) for racer, outcome in race.left] == [(-3.5, Outcome.DROPPED)]


def test_racers_without_hope_to_come_near_the_best_leave_a_race_they_join(search: Search) -> None:
    truth = Trajectory(search.problem, Point.at(search.problem, true_components(search))).climbed(200)
    worse = replace(truth, point=replace(truth.point, objective=truth.objective - 1.0))
    race = Race()
    race.join([truth, worse], (1,))
    assert len(race.racers) == 1
    assert race.leader.objective == pytest.approx(truth.objective)


def test_racers_that_met_the_leader_are_counted_across_joins(search: Search) -> None:
    race = Race()
    started = racers(search)
    race.join(started[:3], (100,))
    met = race.leader.n_met
    race.join([race.leader], (100,))
    assert race.leader.n_met >= met + 1


def test_one_that_meets_the_leader_is_not_behind_by_rounding(search: Search) -> None:
    def rests(racers: Sequence[Trajectory], n_steps: int) -> list[Trajectory]:
        del n_steps
        return list(racers)

    leader = racers(search)[0].climbed(500)
    below = replace(leader, point=replace(leader.point, objective=leader.objective - 1e-9))
    race = Race()
    race.join([leader, leader], (1,), rests)
    race.join([below], (1,), rests)
    assert race.leader.n_met == 2


def test_a_round_without_steps_only_compares(search: Search) -> None:
    def never(racers: Sequence[Trajectory], n_steps: int) -> list[Trajectory]:
        pytest.fail(f"{len(racers)} racers were asked to make {n_steps} steps")

    race, started = Race(), racers(search)[:3]
    race.join(started, (0,), never)
    stayed = [*race.racers, *(one for one, _ in race.left)]
    assert {one.n_steps for one in stayed} == {one.n_steps for one in started}


@pytest.mark.parametrize(
    ("n_made", "n_met", "n_steps", "have_met"),
    [(3, 1, 33, True), (3, 0, 33, False), (3, 1, 97, False), (3, 2, 97, True), (5, 1, 97, True), (10, 1, 33, False)],
)
def test_two_of_the_first_starts_must_meet_and_all_of_them_where_em_is_slow(
    search: Search, n_made: int, n_met: int, n_steps: int, *, have_met: bool
) -> None:
    leg = (0.0, [-1.0] * n_steps, [-1.0] * n_steps)
    leader = replace(racers(search)[0], n_met=n_met, before=(), legs=(leg,))
    assert Race([leader]).have_met(n_made) is have_met


def test_of_the_first_starts_those_that_come_later_are_compared_with_where_the_others_were(search: Search) -> None:
    ends = {0: (-3.0, -1.0), 1: (-3.2, -0.5)}  # of two starts, after each round

    def climb(racers: Sequence[Trajectory], n_steps: int) -> list[Trajectory]:
        climbed = []
        for racer in racers:
            objective = ends[racer.index][n_steps == 24]
            leg = (0.0, [objective] * 3, [objective - 0.3, objective - 0.1, objective])  # a tenth more is predicted
            climbed.append(replace(racer, point=replace(racer.point, objective=objective), legs=(leg,)))
        return climbed

    first, later = with_objectives(search, -9.0, -9.0)
    race = Race()
    race.join([first], (8, 24), climb)
    race.join([later], (8, 24), climb)
    assert [racer.index for racer in race.racers] == [1, 0]


def test_in_single_precision_racers_are_on_one_optimum_whose_objectives_differ_by_rounding(search: Search) -> None:
    assert search.problem.fold.source.first.dtype == np.float32
    race = Race(with_objectives(search, -91.3833627, -91.3833615, -91.3834627))
    race.keep(3)
    assert [racer.index for racer in race.racers] == [1, 2]
    assert race.left[0][1] is Outcome.DUPLICATE
