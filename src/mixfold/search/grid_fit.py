"""How a cell is computed: a few steps from each start, then EM from the best while it may still win."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.model_selection import KFold

from mixfold.covariance import CovarianceFamily
from mixfold.engines import StoppingRule
from mixfold.errors import CollapseError
from mixfold.fitting import Outcome, Run
from mixfold.models import PenalizedProblem, Point
from mixfold.search.comparison import Comparison
from mixfold.search.criteria import CRITERIA, FURTHER_FITS, Evidence
from mixfold.search.evidence import evidence_of, evidence_with, flaw_of, weights_of
from mixfold.search.grid_model import DIGITS, GridModel
from mixfold.search.race import Race
from mixfold.search.start import Start
from mixfold.search.trajectory import EM_STEPS_PER_LOOK, HOPED_GAINS, MAX_EM_STEPS, TOL_NATS, Trajectory, begun

EM_STEPS_TO_PREDICT = EM_STEPS_PER_LOOK // 2
"""From each start, then from the best of them between two looks: a gain is predicted from three, and a cell that may
be given up is to be given up soon."""
N_FOLDS = 10
"""Of the cross-validation."""


def fit_grid_model(
    comparison: Comparison,
    n_components: int,
    family: CovarianceFamily,
    starts: Sequence[Start],
    best: float,
    ceiling: float = np.inf,
) -> GridModel:
    """Compute a cell.

    Parameters
    ----------
    comparison : Comparison
    n_components : int
    family : CovarianceFamily
    starts : sequence of Start
    best : float
        The best criterion so far; a cell that cannot come near it is abandoned.
    ceiling : float
        What the log-likelihood cannot rise above.
    """
    began = time.perf_counter()
    first, left, reason = _best_start(comparison.problem(family, n_components), starts)
    if first is None:
        seconds = time.perf_counter() - began
        return GridModel(n_components, family.name, Outcome.COLLAPSED, reason, seconds=seconds, climbs=tuple(left))
    tol = _tol(first.point.statistics.weight)
    end, outcome = _climbed(comparison, first, tol, best, ceiling)
    told = end.told(outcome)
    if outcome in {Outcome.CONVERGED, Outcome.ITERATION_LIMIT}:
        outcome = flaw_of(end.problem, end.point) or outcome
    return _cell(comparison, end, began, outcome, outcome.value, (*left, told))


def glance(
    comparison: Comparison, n_components: int, family: CovarianceFamily, start: Start, outcome: Outcome, reason: str
) -> GridModel:
    """Take a single step from where another family ended, for a cell of which it is known that it will not win."""
    began = time.perf_counter()
    problem = comparison.problem(family, n_components)
    ended, failed = begun(problem, [start], 0)
    if failed:
        seconds = time.perf_counter() - began
        return GridModel(n_components, family.name, Outcome.COLLAPSED, str(failed[0][1]), seconds=seconds)
    end = replace(ended[0], legs=(), before=(ended[0].last._replace(number=1),))
    return _cell(comparison, end, began, outcome, reason, (end.told(Outcome.DROPPED),))


def _cell(
    comparison: Comparison, end: Trajectory, began: float, outcome: Outcome, reason: str, climbs: tuple[Run, ...]
) -> GridModel:
    """Record where a trajectory ended."""
    evidence = evidence_to_compare(comparison, end.problem, end.point, outcome)
    more = HOPED_GAINS * end.predicted_gain * end.point.statistics.weight
    return GridModel(
        len(end.point.statistics.count),
        end.problem.model.family.name,
        outcome,
        reason,
        end.point.parameters,
        evidence,
        evidence.log_likelihood + more,
        end.n_steps,
        time.perf_counter() - began,
        climbs,
    )


def _best_start(problem: PenalizedProblem, starts: Sequence[Start]) -> tuple[Trajectory | None, list[Run], str]:
    """Take a few steps from each start, and give the best; tell of the others, and why none has a density."""
    racers, failed = begun(problem, starts, _n_trial_steps(problem))
    left = [Run.course(start.index, start.name, Outcome.COLLAPSED, ()) for start, _ in failed]
    if not racers:
        return None, left, str(failed[-1][1]) if failed else "No start has a density."
    race = Race(racers)
    race.keep(1)
    left += [racer.told(outcome) for racer, outcome in race.left]
    return race.leader, left, ""


def _tol(weight: float) -> float:
    """Give the nats for each unit of weight below which a gain changes no digit of a criterion that counts."""
    return max(TOL_NATS, 10.0**-DIGITS / weight)


def _n_trial_steps(problem: PenalizedProblem) -> int:
    return EM_STEPS_TO_PREDICT if problem.model.family.has_plain_step else 0


def _climbed(
    comparison: Comparison, one: Trajectory, tol: float, best: float, ceiling: float = np.inf
) -> tuple[Trajectory, Outcome]:
    """Climb until nothing worth `tol` is left to gain, or the best is out of reach, or time is over."""
    last = one.n_steps + EM_STEPS_TO_PREDICT + MAX_EM_STEPS
    while one.n_steps < last:
        if comparison.is_over:
            return one, Outcome.TIME_LIMIT
        rule = StoppingRule(EM_STEPS_TO_PREDICT, tol, HOPED_GAINS, _objective_needed(comparison, one, best, ceiling))
        one = one.climbed(last - one.n_steps, rule)
        if one.predicted_gain <= tol:
            return one, Outcome.CONVERGED
        if _is_out_of_reach(comparison, one, best, ceiling):
            return one, Outcome.DROPPED
    return one, Outcome.ITERATION_LIMIT


def _objective_needed(comparison: Comparison, one: Trajectory, best: float, ceiling: float) -> float:
    """Give the objective with which the criterion comes to the best, if the log prior is what it is here.

    It changes little on the way: steps that end for this are looked at once more. All criteria but that of rows held
    out fall by two for each nat.
    """
    evidence = evidence_with(one.problem, one.point)
    missing = 0.5 * (CRITERIA[comparison.criterion](evidence) - best)
    if math.isnan(missing):
        return -np.inf
    return one.objective + missing / evidence.n_rows if evidence.log_likelihood + missing <= ceiling else np.inf


def _is_out_of_reach(comparison: Comparison, one: Trajectory, best: float, ceiling: float) -> bool:
    """Whether what it may gain, up to a ceiling of the log-likelihood, would not bring it to the best."""
    hoped = evidence_with(one.problem, one.point, HOPED_GAINS * one.predicted_gain)
    return CRITERIA[comparison.criterion](replace(hoped, log_likelihood=min(hoped.log_likelihood, ceiling))) > best


def evidence_to_compare(comparison: Comparison, problem: PenalizedProblem, point: Point, outcome: Outcome) -> Evidence:
    """Give what the criterion needs to know of a fit."""
    evidence = evidence_of(problem, point)
    if comparison.criterion in FURTHER_FITS and outcome is not Outcome.TIME_LIMIT:
        evidence = replace(evidence, held_out_log_likelihood=_held_out(comparison, problem, point))
    return evidence


def _held_out(comparison: Comparison, whole: PenalizedProblem, point: Point) -> float:
    """Sum the log densities of rows under fits of the other folds, which begin at the fit of all rows."""
    fold = whole.fold
    weights, total = weights_of(fold), 0.0
    n = fold.source.n_rows
    for kept, left_out in KFold(min(N_FOLDS, n), shuffle=True, random_state=0).split(np.empty((n, 0))):
        problem = replace(whole, fold=fold.on_rows(fold.taken(kept)))
        try:
            fitted = Trajectory(problem, Point.at(problem, point.parameters))
        except CollapseError:
            return -np.inf
        fitted, _ = _climbed(comparison, fitted, _tol(n), np.inf)
        over = fold.on_rows(fold.taken(left_out))
        total += float(weights[left_out] @ over.log_density(problem.model.potentials(fitted.point.parameters)))
    return total
