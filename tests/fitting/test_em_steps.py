"""EM steps: the objective never falls, loops and single steps agree, a collapse ends them where a density was."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.engines import EMLoop, StoppingRule, engine_for
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.errors import CollapseError
from mixfold.executors import LocalExecutor
from mixfold.fitting import DataScale, best_em_steps, em_steps, em_steps_together, stopping
from mixfold.fold import WIDE_FEATURES, Fold
from mixfold.initialization import GivenLabels
from mixfold.models import Penalized, Problem
from mixfold.sources import ArraySource
from tests.examples import NO_PRIOR, blobs, parameters_of


def problem_of(family, *, engine="auto", prior=True):
    rows = blobs(240, 3, 2)[0]
    fold = Fold(ArraySource(rows), engine_for(rows, engine), LocalExecutor())
    chosen = FAMILIES[family]
    return Problem(fold, Penalized(chosen, DataScale.of(fold, n_components=3).prior(chosen, 3) if prior else NO_PRIOR))


@pytest.mark.parametrize("family", list(FAMILIES))
def test_no_step_lowers_the_objective(family):
    problem = problem_of(family)
    steps = em_steps(problem, parameters_of(FAMILIES[family], seed=3), 25)
    assert len(steps.objectives) == 25
    assert np.all(np.diff(steps.objectives) > -1e-9)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_loop_in_the_engine_takes_the_steps_that_single_ones_take(family):
    start = parameters_of(FAMILIES[family], seed=3)
    looped = em_steps(problem_of(family), start, 12)
    stepped = em_steps(problem_of(family, engine="array"), start, 12)
    np.testing.assert_allclose(looped.objectives, stepped.objectives, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(looped.point.parameters.means, stepped.point.parameters.means, rtol=1e-7, atol=1e-7)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("family", ["full", "tied"])
def test_steps_of_wide_rows_are_those_of_the_engines_loop(family):
    rows = blobs(60, 2, WIDE_FEATURES + 2)[0]
    fold, chosen = Fold.of_rows(rows), FAMILIES[family]
    problem = Problem(fold, Penalized(chosen, DataScale.of(fold, n_components=2).prior(chosen, 2)))
    statistics = GivenLabels(np.arange(60) // 30)(fold, 2, chosen.structure, np.random.RandomState(0))
    start = problem.model.maximize(statistics)
    arrays = [(start.weights, start.means, start.covariances)]
    loop = fold.loops(arrays, problem.model.kernel.m_step(), 4)[0]
    stepped = em_steps(problem, start, 4)
    np.testing.assert_allclose(stepped.log_likelihoods, loop.log_likelihood[1:] / 60.0, rtol=1e-9)
    np.testing.assert_allclose(stepped.point.parameters.means, loop.means, rtol=1e-7, atol=1e-7)


def test_going_on_from_a_point_takes_the_same_steps_as_going_through():
    problem = problem_of("VVE")
    start = parameters_of(problem.model.family, seed=3)
    whole = em_steps(problem, start, 8)
    half = em_steps(problem, start, 4)
    rest = em_steps(problem, half.point, 4)
    assert half.objectives + rest.objectives == whole.objectives


def test_starts_that_climb_together_go_where_each_goes_alone():
    problem = problem_of("full")
    starts = [parameters_of(problem.model.family, seed=seed) for seed in range(3)]
    for start, steps in zip(starts, em_steps_together(problem, starts, 6), strict=True):
        assert steps.objectives == em_steps(problem, start, 6).objectives
    assert em_steps_together(problem, [], 6) == []


@pytest.mark.parametrize("engine", ["auto", "array"])
def test_a_start_without_density_is_refused_and_stops_no_other(engine):
    problem = problem_of("full", engine=engine)
    sound = parameters_of(problem.model.family)
    broken = replace(sound, covariances=-sound.covariances)
    with pytest.raises(CollapseError):
        em_steps(problem, broken, 3)
    first, second = em_steps_together(problem, [broken, sound], 3)
    assert isinstance(first, CollapseError)
    assert len(second.objectives) == 3


@pytest.mark.parametrize("engine", ["auto", "array"])
def test_a_collapse_ends_the_steps_at_the_last_point_that_has_a_density(engine):
    rows = np.concatenate([np.random.default_rng(0).normal(size=(50, 2)), np.zeros((5, 2)) + 40.0])
    fold = Fold(ArraySource(rows), engine_for(rows, engine), LocalExecutor())
    problem = Problem(fold, Penalized(FAMILIES["full"], NO_PRIOR))
    start = parameters_of(problem.model.family, n_components=2)
    start = replace(start, means=np.array([[0.0, 0.0], [40.0, 40.0]]))
    steps = em_steps(problem, start, 50)
    assert isinstance(steps.collapse, CollapseError)
    assert len(steps.objectives) < 50
    assert np.isfinite(steps.point.objective)
    assert np.all(np.linalg.eigvalsh(steps.point.parameters.covariances) > 0.0)


def test_no_steps_are_a_look_at_the_start():
    problem = problem_of("diag")
    start = parameters_of(problem.model.family)
    steps = em_steps(problem, start, 0)
    assert steps.objectives == []
    np.testing.assert_array_equal(steps.point.parameters.means, start.means)


@pytest.mark.parametrize("engine", ["auto", "array"])
def test_steps_say_what_a_look_at_the_start_does(engine):
    problem = problem_of("full", engine=engine)
    start = parameters_of(problem.model.family)
    looked, steps = em_steps(problem, start, 0), em_steps(problem, start, 2)
    assert steps.first == looked.first == (looked.point.log_likelihood, looked.point.objective)
    assert steps.then(em_steps(problem, steps.point, 2)).first == looked.first


def rules(problem, start):
    """Give reasons to end early, and the number of steps after which each first holds."""
    objectives = em_steps(problem, start, 60).objectives
    return {
        "gain": StoppingRule(interval=5, gain=1e-4),
        "rival": StoppingRule(interval=5, gain=0.0, optimism=2.0, rival=objectives[-1] + 0.1),
        "near": StoppingRule(interval=5, gain=0.0, optimism=1e6, rival=objectives[-1] + 0.1, near=0.11),
        "enough": StoppingRule(interval=5, gain=0.0, enough=objectives[11]),
    }, objectives


@pytest.mark.parametrize(("dtype", "n_steps"), [(np.float32, 5), (np.float64, 20)])
def test_a_rule_knows_what_is_rounding_in_single_precision(monkeypatch, dtype, n_steps):
    monkeypatch.setattr(stopping, "SINGLE_RESOLUTION", 0.5)  # of an objective: then all gains are
    problem = problem_of("full")
    rows = problem.fold.source.values.astype(dtype)
    there = replace(problem, fold=Fold.of_rows(rows))
    rule = StoppingRule(interval=5, gain=1e-300)
    assert len(em_steps(there, parameters_of(problem.model.family), 20, rule).objectives) == n_steps


@pytest.mark.parametrize("engine", ["auto", "array"])
@pytest.mark.parametrize("reason", ["gain", "rival", "near", "enough"])
def test_steps_end_at_the_first_look_at_which_the_rule_says_so(engine, reason):
    start = parameters_of(FAMILIES["full"], seed=3)
    problem = problem_of("full", engine=engine)
    every, objectives = rules(problem, start)
    looks = [n for n in range(5, 61, 5) if every[reason].is_the_end(objectives[:n])]
    assert 5 <= looks[0] < 60
    steps = em_steps(problem, start, 60, every[reason])
    assert len(steps.objectives) == looks[0]
    assert steps.collapse is None
    np.testing.assert_allclose(steps.objectives, objectives[: looks[0]], rtol=1e-12)


@pytest.mark.parametrize("few", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("reason", ["gain", "enough"])
def test_steps_that_are_made_a_few_at_a_time_end_where_they_end_in_one_call(few, reason, monkeypatch):
    starts = [parameters_of(FAMILIES["full"], seed=seed) for seed in (3, 4)]
    problem = problem_of("full")
    rule = rules(problem, starts[0])[0][reason]
    at_once = em_steps_together(problem, starts, 60, rule)
    assert len(at_once[0].objectives) != len(at_once[1].objectives)
    timed = replace(problem, fold=replace(problem.fold, deadline=1e12))
    products_of_a_step = 2 * 240 * 3 * 2 * 2
    monkeypatch.setattr(import_module("mixfold.fitting.em_steps"), "IN_TIME_WORK", few * products_of_a_step)
    for one, other in zip(at_once, em_steps_together(timed, starts, 60, rule), strict=True):
        assert one.objectives == other.objectives
        np.testing.assert_array_equal(one.point.parameters.means, other.point.parameters.means)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize(("deadline", "expected"), [(1e12, [0, 1, 1]), (math.inf, [2])])
def test_where_each_step_is_looked_at_so_is_the_first_fold(deadline, expected, monkeypatch):
    problem, made, loops = problem_of("full"), [], Fold.loops
    problem = replace(problem, fold=replace(problem.fold, deadline=deadline))
    monkeypatch.setattr(
        Fold, "loops", lambda self, starts, step, n, rule: made.append(n) or loops(self, starts, step, n, rule)
    )
    monkeypatch.setattr(import_module("mixfold.fitting.em_steps"), "IN_TIME_WORK", 1)
    em_steps(problem, parameters_of(FAMILIES["full"]), 2)
    assert made == expected


@pytest.mark.parametrize("engine", ["auto", "array"])
def test_the_best_of_some_starts_ends_where_it_ends_alone(engine):
    problem = problem_of("full", engine=engine)
    starts = [parameters_of(FAMILIES["full"], seed=seed) for seed in range(4)]
    rule = StoppingRule(interval=5, gain=1e-6)
    ends = [em_steps(problem, start, 40, rule) for start in starts]
    at, best = best_em_steps(problem, starts, 40, rule)
    assert at == np.argmax([end.point.objective for end in ends])
    assert best.objectives == ends[at].objectives


@pytest.mark.parametrize("few", [1, 7])
def test_the_best_ends_where_it_does_though_its_steps_are_made_a_few_at_a_time(few, monkeypatch):
    problem, rule = problem_of("full"), StoppingRule(interval=5, gain=1e-9)
    starts = [parameters_of(FAMILIES["full"], seed=seed) for seed in range(4)]
    at, best = best_em_steps(problem, starts, 40, rule)
    assert len(best.objectives) > few
    monkeypatch.setattr(import_module("mixfold.fitting.em_steps"), "IN_TIME_WORK", few * 4 * 240 * 3 * 2 * 2)
    again, few_at_a_time = best_em_steps(problem, starts, 40, rule)
    assert again == at
    assert few_at_a_time.objectives == best.objectives


def test_there_is_no_best_of_starts_without_density():
    problem = problem_of("full")
    start = parameters_of(FAMILIES["full"])
    nothing = replace(start, covariances=-start.covariances)
    assert best_em_steps(problem, [nothing], 5, StoppingRule(interval=5, gain=0.0)) is None


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize(
    ("family", "n_features", "is_looped"),
    [
        ("VEE", 40, True),
        ("EVV", 40, True),
        ("VEE", WIDE_FEATURES - 1, True),
        ("VEE", WIDE_FEATURES, False),
        ("VVE", 20, True),
        ("VVE", 40, False),
        ("EEV", 40, False),
    ],
)
def test_kernels_make_wide_steps_of_families_that_take_no_matrix_apart_along_axes(
    family: str, n_features: int, is_looped: bool
) -> None:
    rows = np.random.default_rng(0).normal(size=(60, n_features))
    fold, chosen = Fold.of_rows(rows), FAMILIES[family]
    problem = Problem(fold, Penalized(chosen, DataScale.of(fold, n_components=2).prior(chosen, 2)))
    statistics = GivenLabels(np.arange(60) // 30)(fold, 2, chosen.structure, np.random.RandomState(0))
    steps = em_steps(problem, problem.model.maximize(statistics), 1)
    assert isinstance(steps.point.evaluation, EMLoop) is is_looped
