"""How a cell is computed: a few steps from each start, then EM from the best while it may still win."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import KFold

from mixfold.covariance import CovarianceFamily
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError
from mixfold.fitting import Outcome, Run, climb
from mixfold.fold import Fold
from mixfold.models import Penalized, Point, Problem
from mixfold.parameters import Parameters
from mixfold.search.climber import Climber
from mixfold.search.criteria import CRITERIA, FURTHER_FITS, Evidence
from mixfold.search.grid_model import Cell, Verdict, course
from mixfold.search.grounds import Grounds
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray

TRIAL_STEPS = 4
"""EM steps from each origin where they are cheap."""
LOOK_STEPS = 3
"""EM steps from the best of them before a cell may be given up: a gain is predicted from so many."""
BLOCK = 4
"""EM steps between two looks at a cell."""
HOPE = 6.0
"""A cell is given up when this many times its predicted gain would not bring it to the best."""
ENOUGH = 0.02
"""Nats, of all rows together, below which a predicted gain changes no choice."""
TOL, MAX_STEPS = 1e-6, 1000
"""When EM ends, as in a fit by default."""
ENDINGS = {
    Verdict.ABANDONED: Outcome.DROPPED,
    Verdict.ITERATION_LIMIT: Outcome.ITERATION_LIMIT,
    Verdict.TIME_LIMIT: Outcome.TIME_LIMIT,
}
"""What a verdict means for the climb, if not that it converged."""
N_FOLDS = 10
"""Of the cross-validation."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a cell may begin: components of any family."""

    name: str
    components: Parameters
    family: CovarianceFamily


def fit_cell(
    grounds: Grounds,
    n_components: int,
    family: CovarianceFamily,
    origins: Sequence[Origin],
    best: float,
    ceiling: float = np.inf,
) -> Cell:
    """Compute a cell.

    Parameters
    ----------
    grounds : Grounds
    n_components : int
    family : CovarianceFamily
    origins : sequence of Origin
    best : float
        The best criterion so far; a cell that cannot come near it is abandoned.
    ceiling : float
        What the log-likelihood cannot rise above.
    """
    began = time.perf_counter()
    first, left, reason = _best_start(grounds.problem(family, n_components), origins)
    if first is None:
        seconds = time.perf_counter() - began
        return Cell(n_components, family.name, Verdict.FAILED, reason, seconds=seconds, climbs=tuple(left))
    tol = max(TOL, ENOUGH / first.point.statistics.weight)
    climber, verdict = _climbed(grounds, first, tol, best, ceiling)
    told = climber.told(ENDINGS.get(verdict, Outcome.CONVERGED))
    if verdict in {Verdict.CONVERGED, Verdict.ITERATION_LIMIT}:
        verdict = climber.flaw or verdict
    return _cell(grounds, replace(climber, began=began), verdict, verdict.value, (*left, told))


def glance(
    grounds: Grounds, n_components: int, family: CovarianceFamily, origin: Origin, verdict: Verdict, reason: str
) -> Cell:
    """Take a single step from another family's components, for a cell of which it is known that it will not win."""
    began = time.perf_counter()
    problem = grounds.problem(family, n_components)
    try:
        climber = Climber(problem, Point.at(problem, _stepped(problem, origin)), 1, (), origin.name, began)
    except CollapseError as error:
        seconds = time.perf_counter() - began
        return Cell(n_components, family.name, Verdict.FAILED, str(error), seconds=seconds)
    return _cell(grounds, climber, verdict, reason, (climber.told(Outcome.DROPPED),))


def _cell(grounds: Grounds, climber: Climber, verdict: Verdict, reason: str, climbs: tuple[Run, ...]) -> Cell:
    """Record where a climber ended."""
    evidence = evidence_of(grounds, climber, verdict)
    more = HOPE * climber.gain * climber.point.statistics.weight if climber.n_steps > 1 else np.inf
    return Cell(
        len(climber.point.statistics.count),
        climber.problem.model.family.name,
        verdict,
        reason,
        climber.point.parameters,
        evidence,
        evidence.log_likelihood + more,
        climber.n_steps,
        time.perf_counter() - climber.began,
        climbs,
    )


def _best_start(problem: Problem[Penalized], origins: Sequence[Origin]) -> tuple[Climber | None, list[Run], str]:
    """Take a few steps from each origin, and more from the best; tell of the others, and why none has a density."""
    climbers: list[Climber] = []
    left, reason = [], ""
    n_first = TRIAL_STEPS if problem.model.family.has_plain_step else 0
    for origin in origins:
        try:
            climbers.append(_begun(problem, origin, n_first))
        except CollapseError as error:
            reason = str(error)
            left.append(course(0, origin.name, Outcome.COLLAPSED, ()))
    best = max(climbers, key=lambda climber: climber.point.objective, default=None)
    left += [climber.told(Outcome.DROPPED) for climber in climbers if climber is not best]
    return (best and best.climbed(LOOK_STEPS)), left, reason


def _begun(problem: Problem[Penalized], origin: Origin, n_steps: int) -> Climber:
    began = time.perf_counter()
    start = origin.components if origin.family == problem.model.family else _stepped(problem, origin)
    ascent = climb(problem, start, n_steps)
    return Climber(problem, ascent.point, 0, (), origin.name, began).after(ascent)


def _stepped(problem: Problem[Penalized], origin: Origin) -> Parameters:
    """Take the step to the problem's family from components of another."""
    statistics = problem.fold.statistics(origin.components.potentials(origin.family), problem.model.structure)
    return problem.model.maximize(statistics, _pooled(statistics, problem))


def _pooled(statistics: SufficientStatistics, problem: Problem[Penalized]) -> Parameters | None:
    """Give the covariance of all components together, where a family's own iteration may begin, shortly."""
    k, d = statistics.center.shape
    if problem.model.family.has_plain_step or problem.model.family.shape(k, d) != (k, d, d):
        return None
    pooled = (np.sum(statistics.scatter_about_means, axis=0) + problem.model.prior.scale) / np.sum(statistics.count)
    return Parameters(statistics.count / np.sum(statistics.count), statistics.means, np.repeat(pooled[None], k, axis=0))


def _climbed(
    grounds: Grounds, climber: Climber, tol: float, best: float, ceiling: float = np.inf
) -> tuple[Climber, Verdict]:
    """Climb until nothing worth `tol` is left to gain, or the best is out of reach, or time is over."""
    last = climber.n_steps + MAX_STEPS
    while climber.gain > tol and climber.n_steps < last:
        if _is_out_of_reach(grounds, climber, HOPE * climber.gain, best, ceiling):
            return climber, Verdict.ABANDONED
        if grounds.is_over:
            return climber, Verdict.TIME_LIMIT
        climber = climber.climbed(BLOCK)
    return climber, Verdict.CONVERGED if climber.gain <= tol else Verdict.ITERATION_LIMIT


def _is_out_of_reach(grounds: Grounds, climber: Climber, gain: float, best: float, ceiling: float) -> bool:
    """Whether a gain for each unit of weight, up to a ceiling of the log-likelihood, would not bring it to the best."""
    # Criteria are smallest where rows belong to one component surely, as `evidence` has it here.
    hoped = climber.evidence(gain)
    return CRITERIA[grounds.criterion](replace(hoped, log_likelihood=min(hoped.log_likelihood, ceiling))) > best


def evidence_of(grounds: Grounds, climber: Climber, verdict: Verdict) -> Evidence:
    """Give what criteria need to know of a climber."""
    fold = grounds.fold
    potentials = climber.problem.model.potentials(climber.point.parameters)
    weights = _weights(fold)
    best_share = np.max(to_numpy(fold.responsibilities(potentials)), axis=1)
    evidence = replace(climber.evidence(), log_best_share=float(weights @ np.log(best_share)))
    if grounds.criterion in FURTHER_FITS and verdict is not Verdict.TIME_LIMIT:
        evidence = replace(evidence, held_out_log_likelihood=_held_out(grounds, climber))
    return evidence


def _held_out(grounds: Grounds, climber: Climber) -> float:
    """Sum the log densities of rows under fits of the other folds, which begin at the fit of all rows."""
    fold = grounds.fold
    weights, total = _weights(fold), 0.0
    n = fold.source.n_rows
    for kept, left_out in KFold(min(N_FOLDS, n), shuffle=True, random_state=0).split(np.empty((n, 0))):
        problem = replace(climber.problem, fold=fold.on_rows(fold.taken(kept)))
        try:
            fitted = Climber(problem, Point.at(problem, climber.point.parameters), 0, ())
        except CollapseError:
            return -np.inf
        fitted, _ = _climbed(grounds, fitted, max(TOL, ENOUGH / n), np.inf)
        over = fold.on_rows(fold.taken(left_out))
        total += float(weights[left_out] @ over.log_density(problem.model.potentials(fitted.point.parameters)))
    return total


def _weights(fold: Fold) -> FloatArray:
    weights = fold.source.weights
    return np.ones(fold.source.n_rows) if weights is None else to_numpy(weights)
