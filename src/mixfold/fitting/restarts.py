"""Several starts, and the best of what becomes of them."""

from __future__ import annotations

from collections.abc import Callable

from mixfold.errors import CollapseError
from mixfold.fitting.em import Problem, Stopping, em
from mixfold.fitting.outcome import Outcome
from mixfold.fitting.run import Callback, Run
from mixfold.parameters import Parameters


def best_of(runs: list[Run]) -> Run:
    """Give the run of highest objective, the first among equals.

    A run that collapsed on the way is taken only if all did: its objective was on the way to infinity.

    Raises
    ------
    CollapseError
        If not one of them has parameters.
    """
    best = max(runs, key=lambda run: (run.outcome is not Outcome.COLLAPSED, run.objective))
    if best.parameters is None:
        raise CollapseError(best.reason)
    return best


def run_restarts(
    problem: Problem, starts: list[tuple[str, Callable[[], Parameters]]], stopping: Stopping, callback: Callback
) -> list[Run]:
    """Run EM from every start; one that collapses is recorded and leaves the others alone."""
    return [
        em(problem, make_start(), stopping, restart=restart, name=name, callback=callback)
        for restart, (name, make_start) in enumerate(starts)
    ]
