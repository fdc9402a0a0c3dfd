"""Expectation-maximization (Dempster, Laird & Rubin 1977): fold, maximize, repeat."""

from __future__ import annotations

import time

from mixfold.errors import CollapseError
from mixfold.fitting.acceleration import WINDOW, climb_accelerated, is_slow
from mixfold.fitting.ascent import Ascent, Point, Problem, climb
from mixfold.fitting.outcome import Outcome
from mixfold.fitting.run import Callback, Iteration, Run
from mixfold.fitting.stopping import Stopping
from mixfold.parameters import Parameters

BLOCK = 8
"""Iterations between two looks at convergence."""


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
    record = _Record(restart, callback)
    point: Point | None = None

    def ended(outcome: Outcome, reason: str | None = None) -> Run:
        return Run.of(restart, name, problem, point, outcome, reason or outcome.value, record.history)

    try:
        point = Point.at(problem, start)
    except CollapseError as error:
        return ended(Outcome.COLLAPSED, str(error))
    stopped = record.saw([point.log_likelihood], [point.objective])
    accelerated = False
    while not stopped and record.n_left(stopping) > 0:
        if record.is_at_block_end and stopping.is_converged(record.objectives):
            if not accelerated:
                return ended(Outcome.CONVERGED)
            accelerated = False  # gains of accelerated steps are uneven: ask plain ones
        elif time.perf_counter() > stopping.deadline:
            return ended(Outcome.TIME_LIMIT)
        else:
            accelerated = accelerated or is_slow(problem, record.objectives, len(start.weights))
        n_left, one_by_one = record.n_left(stopping), callback is not None
        ascent = _ascend(problem, point, n_left, accelerated=accelerated, one_by_one=one_by_one)
        point = ascent.point
        stopped = record.saw(ascent.log_likelihoods, ascent.objectives)
        if ascent.collapse:
            return ended(Outcome.COLLAPSED, str(ascent.collapse))
    if stopped:
        return ended(Outcome.STOPPED)
    return ended(Outcome.CONVERGED if stopping.is_converged(record.objectives) else Outcome.ITERATION_LIMIT)


class _Record:
    """What a run has been through."""

    def __init__(self, restart: int, callback: Callback | None) -> None:
        self.restart, self.callback, self.began = restart, callback, time.perf_counter()
        self.history: list[Iteration] = []
        self.objectives: list[float] = []

    def saw(self, log_likelihoods: list[float], objectives: list[float]) -> bool:
        """Record iterations and show them to the callback; whether it wants to stop."""
        stopped = False
        for log_likelihood, objective in zip(log_likelihoods, objectives, strict=True):
            seconds = time.perf_counter() - self.began
            iteration = Iteration(self.restart, len(self.history), log_likelihood, objective, seconds)
            self.history.append(iteration)
            self.objectives.append(objective)
            stopped = bool(self.callback and self.callback(iteration)) or stopped
        return stopped

    @property
    def is_at_block_end(self) -> bool:
        """Whether convergence may be asked for: as often with a callback as without, so that fits are the same."""
        return (len(self.history) - 1) % BLOCK == 0

    def n_left(self, stopping: Stopping) -> int:
        """Count the M steps that may still be made."""
        return stopping.max_iter + 1 - len(self.history)


def _ascend(problem: Problem, point: Point, n_left: int, *, accelerated: bool, one_by_one: bool) -> Ascent:
    """Make as many steps as may go by between two looks at how the run is doing."""
    if accelerated:
        return climb_accelerated(problem, point, min(WINDOW * BLOCK, n_left))
    return climb(problem, point, min(1 if one_by_one else BLOCK, n_left))
