"""Expectation-maximization (Dempster, Laird & Rubin 1977): fold, maximize, repeat."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from mixfold.errors import CollapseError
from mixfold.fitting.anderson import (
    PAST_STEPS,
    PATIENCE_STEPS,
    WORTHWHILE,
    AndersonHistory,
    accelerated_em_steps,
    is_slow,
    pays,
)
from mixfold.fitting.em_steps import em_steps
from mixfold.fitting.leaping import can_leap, leaping_em_steps
from mixfold.fitting.run import Callback, Iteration, Run
from mixfold.fitting.run_state import RunState
from mixfold.fitting.steps import Steps
from mixfold.fitting.stopping import Stopping, is_dear
from mixfold.fold import LOOP_ROWS
from mixfold.fold.loops import steps_there
from mixfold.models import Model, Point, Problem
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters

BLOCK = 8
"""Iterations between two looks at convergence; of many rows on a processor half of them, the fewest that can tell."""


def em(
    problem: Problem[Model],
    start: Parameters | RunState,
    stopping: Stopping,
    *,
    restart: int,
    name: str,
    callback: Callback | None,
    moved: Callable[[RunState], None] | None = None,
) -> Run:
    """Run EM from a start, or from where a run was interrupted.

    Parameters
    ----------
    problem : Problem
    start : Parameters or RunState
    stopping : Stopping
    restart, name : int, str
        Which start this is, for the records.
    callback : callable or None
        Sees every iteration as it ends.
    moved : callable or None
        Sees where the run is after every iteration, to go on from there another time.

    Returns
    -------
    run : Run
        With the last parameters that have a density, and their own log-likelihood: a fold follows the last M step.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Stopping, em
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> run = em(problem, start, Stopping(tol=1e-6, max_iter=50), restart=0, name="mine", callback=None)
    >>> str(run.outcome), run.parameters.means.round(2).ravel()
    ('converged', array([1., 9.]))
    """
    stopped, at_once = False, _block(problem, stopping) if callback is None and moved is None else 1
    collapse: CollapseError | None = None
    if isinstance(start, RunState):
        state = start
        began = time.perf_counter() - state.history[-1].seconds
    else:
        began = time.perf_counter()
        try:
            steps = _begun(problem, start, stopping, at_once if at_once > 1 else 0)
        except CollapseError as error:
            return Run.of(restart, name, problem, None, Outcome.COLLAPSED, str(error), [])
        state, collapse = RunState(restart, name, steps.point), steps.collapse
        stopped = _record(state, *steps.with_first, began, callback)

    def ended(outcome: Outcome, reason: str | None = None) -> Run:
        return Run.of(restart, name, problem, state.point, outcome, reason or outcome.value, state.history)

    while not (stopped or collapse) and len(state.history) <= stopping.max_iter:
        if moved:
            moved(state)
        outcome = _outcome(problem, state, stopping)
        if outcome is not None:
            return ended(outcome)
        steps, has_fallen = _climbed(problem, state, stopping, at_once)
        state.point = steps.point
        stopped = _record(state, steps.log_likelihoods, steps.objectives, began, callback)
        if has_fallen:
            return ended(Outcome.CONVERGED)
        collapse = steps.collapse
    if collapse:
        return ended(Outcome.COLLAPSED, str(collapse))
    if stopped:
        return ended(Outcome.STOPPED)
    is_converged = stopping.is_converged(state.objectives) or stopping.is_exhausted(state.objectives)
    return ended(Outcome.CONVERGED if is_converged else Outcome.ITERATION_LIMIT)


def _block(problem: Problem[Model], stopping: Stopping) -> int:
    """Count the iterations between two looks: a call makes them where rows are few, or on a device.

    A run that begins near an optimum may be on it: where steps are work, it is looked at as soon as one of many rows.
    """
    fold, source = problem.fold, problem.fold.source
    is_near = stopping.is_near and source.n_rows * source.n_features**2 >= WORTHWHILE
    is_a_call = source.n_rows <= LOOP_ROWS or steps_there(fold.engine, source)
    return BLOCK if is_a_call and not is_near else BLOCK // 2


def _begun(problem: Problem[Model], start: Parameters, stopping: Stopping, at_once: int) -> Steps:
    """Look at the start; where rows are few, make all steps to the first look in the same call, unless one falls.

    Raises
    ------
    CollapseError
        If the start has no density.
    """
    n_steps = min(at_once, stopping.max_iter)
    is_over = problem.fold.is_over or time.perf_counter() > stopping.deadline
    if n_steps and problem.fold.has_loops and not (stopping.before or is_over):
        steps = em_steps(problem, start, n_steps)
        first = steps.with_first[1][0]
        if stopping.n_climbing(first, steps.objectives) == len(steps.objectives):
            return steps
    point = em_steps(problem, start, 0).point
    return Steps(point, [], [], None, (point.log_likelihood, point.objective))


def _outcome(problem: Problem[Model], state: RunState, stopping: Stopping) -> Outcome | None:
    """Say how a run ends that makes no step more; None where it goes on, and how it does until the next look.

    Looked at the ends of blocks and of histories only, with a callback and without, so that fits are the same.
    """
    n_steps = len(state.history) - 1
    if state.anderson is None and n_steps % _block(problem, stopping) == 0:
        if _has_converged(problem, state, stopping):
            return Outcome.CONVERGED
        source, k = problem.fold.source, len(state.point.parameters.weights)
        if is_dear(source.n_rows, k, source.n_features, n_steps) and stopping.is_on_plateau(state.objectives):
            return Outcome.PLATEAU
    return Outcome.TIME_LIMIT if time.perf_counter() > stopping.deadline else None


def _has_converged(problem: Problem[Model], state: RunState, stopping: Stopping) -> bool:
    """Whether EM has converged; where it has not, say how it goes on."""
    n_components = len(state.point.parameters.weights)
    is_leaping = can_leap(problem, n_components)
    if not stopping.is_converged(state.objectives):
        can_be = is_leaping or pays(problem, n_components)
        patience = BLOCK // 2 if stopping.is_near else PATIENCE_STEPS
        state.is_accelerated = state.is_accelerated or (can_be and is_slow(state.objectives, patience))
    elif not state.is_accelerated:
        return True
    else:
        state.is_accelerated = False  # gains of accelerated steps are uneven: ask plain ones
    if state.is_accelerated and not is_leaping:
        state.anderson = AndersonHistory(problem, state.point.parameters, PAST_STEPS * BLOCK)
    return False


def _climbed(problem: Problem[Model], state: RunState, stopping: Stopping, at_once: int) -> tuple[Steps, bool]:
    """Make some steps, up to one that falls, as it may where rounding decides; tell whether there was one."""
    # The callback sees steps that leap after a whole block of them.
    is_leaping = state.is_accelerated and can_leap(problem, len(state.point.parameters.weights))
    at_once = BLOCK if is_leaping else 1 if state.anderson else at_once
    n_steps = min(at_once, stopping.max_iter + 1 - len(state.history))
    take = leaping_em_steps if is_leaping else partial(_stepped, state)
    steps = take(problem, state.point, n_steps)
    n_up = stopping.n_climbing(state.point.objective, steps.objectives)
    if not problem.model.climbs or n_up == len(steps.objectives):
        return steps, False
    return take(problem, state.point, n_up) if n_up else Steps(state.point, [], []), True


def _stepped(state: RunState, problem: Problem[Model], point: Point, n_steps: int) -> Steps:
    if state.anderson is None:
        return em_steps(problem, point, n_steps)
    steps = accelerated_em_steps(problem, point, n_steps, state.anderson)
    if state.anderson.n_left == 0:
        state.anderson = None
    return steps


def _record(
    state: RunState, log_likelihoods: list[float], objectives: list[float], began: float, callback: Callback | None
) -> bool:
    """Record iterations and show them to the callback; whether it wants to stop."""
    stopped = False
    for log_likelihood, objective in zip(log_likelihoods, objectives, strict=True):
        seconds = time.perf_counter() - began
        iteration = Iteration(state.restart, len(state.history), log_likelihood, objective, seconds)
        state.history.append(iteration)
        stopped = bool(callback and callback(iteration)) or stopped
    return stopped
