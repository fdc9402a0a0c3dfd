"""EM steps of small data that leap climb as EM does, and sooner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES, Prior
from mixfold.engines import StoppingRule
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.fitting import Stopping, em, em_steps, predicted_gain
from mixfold.fitting.leaping import can_leap, leaping_em_steps
from mixfold.fold import LOOP_ROWS, WIDE_FEATURES, Fold
from mixfold.initialization import KMeans
from mixfold.models import Penalized, Point, Problem
from mixfold.parameters import Parameters
from tests.fitting.test_anderson import overlapping

pytestmark = pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
families = pytest.mark.parametrize("name", ["full", "tied", "diag", "spherical"])


def begun(name: str, rows: np.ndarray, ridge: float = 1e-6) -> tuple[Problem, Point]:
    """Give the problem, and the point where k-means begins."""
    family, fold = FAMILIES[name], Fold.of_rows(rows)
    problem = Problem(fold, Penalized(family, Prior.from_ridge(ridge)))
    statistics = KMeans()(fold, 3, family.structure, np.random.RandomState(0))
    return problem, Point.at(problem, problem.model.maximize(statistics))


@families
def test_the_objective_never_falls(name: str) -> None:
    problem, point = begun(name, overlapping())
    objectives = [point.objective, *leaping_em_steps(problem, point, 60).objectives]
    assert np.min(np.diff(objectives)) > -1e-12


@families
def test_as_many_steps_lead_farther_on_overlapping_components(name: str) -> None:
    problem, point = begun(name, overlapping())
    plain, leaping = (steps(problem, point, 48).objectives[-1] for steps in (em_steps, leaping_em_steps))
    assert leaping > plain


def test_a_run_that_begins_near_an_optimum_leaps_as_soon_as_it_is_seen_to_be_slow() -> None:
    problem, point = begun("full", overlapping())
    near = em_steps(problem, point, 40).point.parameters
    soon, late = (
        em(problem, near, Stopping(1e-9, 24, is_near=is_near), restart=0, name="mine", callback=None).history
        for is_near in (True, False)
    )
    assert [one.objective for one in soon[:9]] == [one.objective for one in late[:9]]
    assert soon[-1].objective > late[-1].objective


def test_units_change_nothing() -> None:
    problem, point = begun("full", overlapping(), ridge=0.0)
    path, unit, one = leaping_em_steps(problem, point, 12).objectives, np.array([0.5, 8.0]), point.parameters
    problem = replace(problem, fold=Fold.of_rows(overlapping() * unit))
    there = Point.at(problem, Parameters(one.weights, unit * one.means, np.outer(unit, unit) * one.covariances))
    other = np.array(leaping_em_steps(problem, there, 12).objectives) + np.sum(np.log(unit))
    np.testing.assert_allclose(other, path, rtol=1e-9)


def test_steps_under_a_ridge_as_wide_as_the_rows_are_plain() -> None:
    problem, point = begun("diag", overlapping(), ridge=1.0)
    np.testing.assert_array_equal(
        leaping_em_steps(problem, point, 12).objectives, em_steps(problem, point, 12).objectives
    )


def test_a_slow_small_fit_converges_soon_and_the_same_with_a_callback() -> None:
    rows, seen = overlapping(400), []
    settings = {"init_params": "kmeans", "reg_covar": 1e-6, "tol": 1e-8, "random_state": 0}
    model = GaussianMixture(3, max_iter=400, **settings).fit(rows)
    watched = GaussianMixture(3, max_iter=400, callback=seen.append, **settings).fit(rows)
    assert model.converged_
    assert np.array_equal(model.means_, watched.means_)
    assert len(seen) == watched.n_iter_ + 1 == model.n_iter_ + 1
    problem, point = begun("full", rows)
    plain = em_steps(problem, point, model.n_iter_).objectives
    assert model.lower_bound_ > plain[-1]
    assert plain[-1] - plain[-2] > 1e-12  # which has not come to rest


def test_dear_steps_do_not_leap() -> None:
    problem, _ = begun("full", overlapping(200))
    assert can_leap(problem, 100_000)
    assert not can_leap(problem, 10_000_000)


@pytest.mark.parametrize(("n_rows", "n_features", "can"), [(LOOP_ROWS, 12, True), (LOOP_ROWS + 1, 12, False)])
def test_steps_leap_where_the_engine_makes_them_whole(n_rows: int, n_features: int, *, can: bool) -> None:
    model = Penalized(FAMILIES["full"], Prior.from_ridge(1e-6))
    assert can_leap(Problem(Fold.of_rows(np.zeros((n_rows, n_features))), model), 3) is can
    assert not can_leap(Problem(Fold.of_rows(np.zeros((10, WIDE_FEATURES))), model), 3)


@families
def test_steps_that_may_leap_come_to_the_same_optimum_in_fewer(name: str) -> None:
    problem, point = begun(name, overlapping())
    rule = StoppingRule(interval=8, gain=1e-9)
    plain, leaping = (em_steps(problem, point, 5000, one) for one in (rule, replace(rule, leaps=True)))
    assert leaping.objectives[-1] == pytest.approx(plain.objectives[-1], abs=1e-8)
    assert len(leaping.objectives) < 0.7 * len(plain.objectives)
    assert predicted_gain(leaping.objectives) < rule.gain  # of steps that do not leap
    assert np.min(np.diff([point.objective, *leaping.objectives])) > -1e-12


def test_steps_that_may_leap_are_plain_until_they_are_slow() -> None:
    problem, point = begun("full", overlapping())
    rule = StoppingRule(interval=8, gain=0.0)
    plain, leaping = (em_steps(problem, point, 24, one) for one in (rule, replace(rule, leaps=True)))
    np.testing.assert_array_equal(leaping.objectives, plain.objectives)


def test_the_last_steps_of_a_call_do_not_leap() -> None:
    problem, point = begun("full", overlapping())
    gains = np.diff(em_steps(problem, point, 48, StoppingRule(interval=8, gain=0.0, leaps=True)).objectives)
    assert np.any(np.diff(gains[24:40]) > 0.0)  # there were leaps
    assert np.all(np.diff(gains[-7:]) < 0.0)


def test_steps_that_may_leap_end_at_the_same_objective_under_a_prior() -> None:
    problem, point = begun("full", overlapping())
    problem = replace(problem, model=Penalized(FAMILIES["full"], Prior(20.0 * np.eye(2), 10.0)))
    enough = em_steps(problem, point.parameters, 24).objectives[11]
    rule = StoppingRule(interval=8, gain=0.0, enough=enough)
    ends = [em_steps(problem, point.parameters, 24, replace(rule, leaps=leaps)).objectives for leaps in (False, True)]
    assert [len(objectives) for objectives in ends] == [16, 16]
