"""Expectation-maximization (Dempster, Laird & Rubin 1977): fold, maximize, repeat."""

from __future__ import annotations

import time

from mixfold.errors import CollapseError
from mixfold.fitting.ascent import Point, Problem, climb
from mixfold.fitting.outcome import Outcome
from mixfold.fitting.run import Callback, Iteration, Run
from mixfold.fitting.stopping import Stopping
from mixfold.parameters import Parameters

BLOCK = 8
"""Iterations between two looks at the clock and at convergence, where no callback wants to see each."""


def em(
    problem: Problem, start: Parameters, stopping: Stopping, *, restart: int, name: str, callback: Callback | None
) -> Run:
    """Run EM from a start.

    Parameters
    ----------
    problem : Problem
    start : Parameters
    stopping : Stopping
    restart, name : int, str
        Which start this is, for the records.
    callback : callable or None
        Sees every iteration as it ends.

    Returns
    -------
    run : Run
        With the last parameters that have a density, and their own log-likelihood: a fold follows the last M step.
    """
    began = time.perf_counter()
    history: list[Iteration] = []
    objectives: list[float] = []
    point: Point | None = None

    def saw(log_likelihood: float, objective: float) -> bool:
        iteration = Iteration(restart, len(history), log_likelihood, objective, time.perf_counter() - began)
        history.append(iteration)
        objectives.append(objective)
        return bool(callback and callback(iteration))

    def ended(outcome: Outcome, reason: str | None = None) -> Run:
        return Run.of(restart, name, problem, point, outcome, reason or outcome.value, history)

    try:
        point = Point.at(problem, start)
        stopped = saw(point.log_likelihood, point.objective)
        while not stopped and len(history) <= stopping.max_iter:
            if stopping.is_converged(objectives):
                return ended(Outcome.CONVERGED)
            if time.perf_counter() > stopping.deadline:
                return ended(Outcome.TIME_LIMIT)
            block = 1 if callback else min(BLOCK, stopping.max_iter + 1 - len(history))
            ascent = climb(problem, point, block)
            point = ascent.point
            for log_likelihood, objective in zip(ascent.log_likelihoods, ascent.objectives, strict=True):
                stopped = saw(log_likelihood, objective)
            if ascent.collapse:
                return ended(Outcome.COLLAPSED, str(ascent.collapse))
    except CollapseError as error:
        return ended(Outcome.COLLAPSED, str(error))
    if stopped:
        return ended(Outcome.STOPPED)
    return ended(Outcome.CONVERGED if stopping.is_converged(objectives) else Outcome.ITERATION_LIMIT)
