"""A cell is fitted from the best of its starts, and given up only where it cannot win."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.fitting import DataScale, Outcome
from mixfold.fold import Fold
from mixfold.models import Point
from mixfold.parameters import Parameters
from mixfold.search.comparison import Comparison
from mixfold.search.criteria import CRITERIA, Evidence
from mixfold.search.grid_fit import EM_STEPS_TO_PREDICT, evidence_to_compare, fit_grid_model, glance
from mixfold.search.grid_model import GridModel
from mixfold.search.start import Start
from mixfold.search.trajectory import HOPED_GAINS, Trajectory, begun

RNG = np.random.default_rng(6)
ROWS = np.concatenate([RNG.normal(place, 1.0, (60, 2)) for place in ([0.0, 0.0], [9.0, 0.0], [0.0, 9.0])])
FULL = family_for("full")


def comparison(criterion: str = "bic", deadline: float = math.inf) -> Comparison:
    fold = Fold.of_rows(ROWS)
    return Comparison(fold, criterion, deadline, DataScale.of(fold))


def start(name: str, means: list[list[float]]) -> Start:
    k = len(means)
    return Start(name, Parameters(np.full(k, 1.0 / k), np.array(means), np.tile(np.eye(2), (k, 1, 1))), FULL)


GOOD = start("good", [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
BAD = start("bad", [[3.0, 3.0], [3.1, 3.0], [60.0, 3.0]])
SLOW = start("slow", [[0.0, 0.0], [0.2, 0.1], [5.0, 5.0]])
BROKEN = Start("broken", Parameters(np.ones(3) / 3, np.zeros((3, 2)), -np.tile(np.eye(2), (3, 1, 1))), FULL)


def fitted(*starts: Start, name: str = "full", best: float = math.inf, **more: float) -> GridModel:
    return fit_grid_model(comparison(), 3, family_for(name), starts, best, **more)


def test_the_best_of_the_starts_goes_on_and_the_others_are_told() -> None:
    cell = fitted(BAD, GOOD)
    assert cell.outcome is Outcome.CONVERGED
    assert [(run.start, run.outcome) for run in cell.climbs] == [("bad", Outcome.DROPPED), ("good", Outcome.CONVERGED)]
    assert cell.climbs[-1].n_iter == cell.n_iter
    np.testing.assert_allclose(sorted(cell.parameters.means.round(0).tolist()), [[0, 0], [0, 9], [9, 0]], atol=0.5)


@pytest.mark.parametrize("name", ["tied", "VVE", "diag", "factor:1"])
def test_starts_of_one_family_serve_another(name: str) -> None:
    cell = fitted(GOOD, name=name)
    assert cell.outcome is Outcome.CONVERGED
    assert cell.covariance_type == family_for(name).name
    assert cell.value("bic") == pytest.approx(fitted(GOOD).value("bic"), rel=0.1)


def test_a_start_without_density_is_told_and_stops_no_other() -> None:
    cell = fitted(BROKEN, GOOD)
    assert cell.outcome is Outcome.CONVERGED
    assert cell.climbs[0].outcome is Outcome.COLLAPSED


def test_without_any_density_there_is_no_answer_and_a_reason() -> None:
    cell = fitted(BROKEN)
    assert cell.outcome is Outcome.COLLAPSED
    assert cell.parameters is None
    assert cell.reason


def test_what_cannot_come_near_the_best_is_given_up() -> None:
    cell = fitted(SLOW, best=fitted(GOOD).value("bic"))
    assert cell.outcome is Outcome.DROPPED
    assert cell.climbs[-1].outcome is Outcome.DROPPED


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_a_cell_is_given_up_as_soon_as_a_look_at_it_shows_no_hope_and_not_before(criterion: str) -> None:
    best = fitted(SLOW).value(criterion) - 2.0
    cell = fit_grid_model(comparison(criterion), 3, FULL, [SLOW], best)
    one, _ = begun(comparison().problem(FULL, 3), [SLOW], EM_STEPS_TO_PREDICT)
    at_looks, weight = [one[0].climbed(EM_STEPS_TO_PREDICT)], len(ROWS)

    def hoped(one: Trajectory) -> float:
        gain = HOPED_GAINS * one.predicted_gain
        return CRITERIA[criterion](Evidence((one.point.log_likelihood + gain) * weight, 17, weight))

    while hoped(at_looks[-1]) <= best:
        at_looks.append(at_looks[-1].climbed(EM_STEPS_TO_PREDICT))
    assert cell.outcome is Outcome.DROPPED
    assert cell.n_iter == at_looks[-1].n_steps > 2 * EM_STEPS_TO_PREDICT


def test_what_may_not_rise_above_a_ceiling_is_given_up_though_it_gains() -> None:
    end = fitted(SLOW)
    free = fitted(SLOW, best=end.value("bic") + 10.0)
    low = fitted(SLOW, best=end.value("bic") + 10.0, ceiling=end.evidence.log_likelihood - 100.0)
    assert free.outcome is end.outcome
    assert low.outcome is Outcome.DROPPED
    assert low.n_iter == 2 * EM_STEPS_TO_PREDICT


def test_time_that_is_over_ends_a_cell_with_what_it_has() -> None:
    cell = fit_grid_model(comparison(deadline=time.perf_counter()), 3, FULL, [SLOW], math.inf)
    assert cell.outcome is Outcome.TIME_LIMIT
    assert cell.parameters is not None


def test_a_glance_is_one_step_and_reaches_for_anything() -> None:
    cell = glance(comparison(), 3, family_for("EII"), GOOD, Outcome.DROPPED, "why")
    assert (cell.n_iter, cell.outcome, cell.reason, cell.reach) == (1, Outcome.DROPPED, "why", math.inf)
    failed = glance(comparison(), 3, family_for("EII"), BROKEN, Outcome.DROPPED, "why")
    assert failed.outcome is Outcome.COLLAPSED


def test_cross_validation_is_made_where_the_criterion_asks_and_there_is_time() -> None:
    held_out = comparison("held_out")
    cell = fit_grid_model(held_out, 3, FULL, [GOOD], math.inf)
    assert cell.evidence.held_out_log_likelihood < cell.evidence.log_likelihood
    assert math.isnan(fitted(GOOD).evidence.held_out_log_likelihood)
    problem = held_out.problem(FULL, 3)
    cut = evidence_to_compare(held_out, problem, Point.at(problem, cell.parameters), Outcome.TIME_LIMIT)
    assert math.isnan(cut.held_out_log_likelihood)
