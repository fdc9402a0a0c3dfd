"""How a cell that may be chosen is finished: a search of its own, as a fit by default makes it, and EM to its end.

A sweep gives a cell a few starts, most of which all families share: enough to see which cells may win, but not always
for the best optimum of any. What is chosen has to be as good as a plain fit of its size and family. Where the
sweep ended is one of the first starts of that search, which ends the sooner the better it is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from mixfold.covariance import family_for
from mixfold.fitting import Outcome, Run, Stopping, em, resolution_of
from mixfold.models import PenalizedProblem, Point
from mixfold.parameters import Parameters
from mixfold.search.comparison import Comparison
from mixfold.search.effort import Effort
from mixfold.search.evidence import flaw_of
from mixfold.search.grid_fit import evidence_to_compare
from mixfold.search.grid_model import GridModel
from mixfold.search.search import Search
from mixfold.search.trajectory import MAX_EM_STEPS, TOL_NATS

SEARCHED = "EM converged, from the best that a search of its own found."


@dataclass(frozen=True, slots=True)
class Finished:
    """A cell from which nothing is left to gain.

    Attributes
    ----------
    cell : GridModel
        With the last parameters.
    parameters : Parameters
        These.
    run : Run
        How EM came to them.
    problem : Problem
        What it climbed.
    is_searched : bool
        Whether there was a search of its own, or time for one.
    raced : tuple of Run
        Where the search began, without parameters; nothing if what the sweep found is better.
    surpasses : bool
        Whether the search found another optimum, a better one, than the sweep did, if that had come to the cell.
    """

    cell: GridModel
    parameters: Parameters
    run: Run
    problem: PenalizedProblem
    is_searched: bool = False
    raced: tuple[Run, ...] = ()
    surpasses: bool = False

    @property
    def climbs(self) -> list[Run]:
        """Give all climbs of the cell; its own, which the last steps went on from, comes at the end."""
        left, last = [*self.cell.climbs, *self.raced], self.run
        if not self.raced:
            own = left.pop()
            n_done, seconds = own.n_iter, own.seconds
            steps = [
                one._replace(number=n_done + one.number, seconds=seconds + one.seconds) for one in last.history[1:]
            ]
            last = replace(last, start=own.start, history=(*own.history, *steps))
        return [
            replace(run, restart=number, history=tuple(one._replace(restart=number) for one in run.history))
            for number, run in enumerate([*left, last])
        ]


def searched(comparison: Comparison, cell: GridModel, seed: int, below: GridModel | None = None) -> GridModel:
    """Search for the best optimum of a cell's size and family, as a fit by default with this seed does.

    Parameters
    ----------
    comparison : Comparison
    cell : GridModel
    seed : int
    below : GridModel, optional
        Of one component less in the same family: it is split, too.

    Returns
    -------
    found : GridModel
        With the parameters that were found, and the climbs of the race.

    Raises
    ------
    CollapseError
        If no start has a density.
    """
    k, began = cell.n_components, time.perf_counter()
    problem = comparison.problem(family_for(cell.covariance_type), k)
    problem = replace(problem, fold=comparison.complete)
    effort = Effort.usual(problem, k, deadline=comparison.deadline)
    known = [one.parameters for one in (cell, below) if one is not None and one.parameters is not None]
    search = Search(problem, comparison.scale, k, np.random.RandomState(seed), effort, known=known)
    found = search.best()
    outcome = Outcome.TIME_LIMIT if comparison.is_over else cell.outcome
    seconds = time.perf_counter() - began
    return replace(
        cell, outcome=outcome, parameters=found, evidence=None, n_iter=0, seconds=seconds, climbs=tuple(search.runs)
    )


def better(own: Finished | None, other: Finished, raced: tuple[Run, ...]) -> Finished:
    """Give the better of what the sweep and what a search found, as one cell.

    Parameters
    ----------
    own : Finished or None
        By the sweep; None where only a search was made.
    other : Finished
        By the search.
    raced : tuple of Run
        Where the search began.
    """
    best = replace(other, raced=raced) if own is None or other.run.objective > own.run.objective else own
    reason = SEARCHED if best.cell.outcome is Outcome.CONVERGED else best.cell.reason
    climbs, seconds = (own.cell.climbs, own.cell.seconds) if own else ((), 0.0)
    cell = replace(best.cell, reason=reason, seconds=seconds + other.cell.seconds, climbs=climbs)
    surpasses = own is not None and other.run.objective > own.run.objective + TOL_NATS
    return replace(best, cell=cell, is_searched=True, surpasses=surpasses)


def ended(comparison: Comparison, cell: GridModel, name: str) -> Finished:
    """Run EM from a cell until nothing is left to gain, or time is over.

    Parameters
    ----------
    comparison : Comparison
    cell : GridModel
        With parameters.
    name : str
        Of the start, for the records.
    """
    start, began = cell.parameters, time.perf_counter()
    assert start is not None  # noqa: S101  (callers look)
    problem = comparison.problem(family_for(cell.covariance_type), cell.n_components)
    order = np.argsort(-start.weights, kind="stable")  # as a search gives them
    start = start.reordered(order, problem.model.structure)
    resolution = resolution_of(comparison.fold.source.first)
    stopping = Stopping(TOL_NATS, MAX_EM_STEPS, comparison.deadline, resolution)
    run = em(problem, start, stopping, restart=0, name=name, callback=None)
    point = Point.at(problem, run.parameters or start)
    outcome = flaw_of(problem, point) or (cell.outcome if run.outcome is Outcome.COLLAPSED else run.outcome)
    evidence = evidence_to_compare(comparison, problem, point, outcome)
    done = replace(
        cell,
        outcome=outcome,
        reason=outcome.value,
        parameters=point.parameters,
        evidence=evidence,
        reach=evidence.log_likelihood,
        n_iter=cell.n_iter + run.n_iter,
        seconds=cell.seconds + time.perf_counter() - began,
    )
    return Finished(done, point.parameters, run, problem)
