"""EM on the most probable rows: a share of them, those of lowest density, is left out (Neykov et al. 2007).

The objective is the likelihood of the rows that are kept, and the log prior, for each unit of their weight. EM steps on
these rows raise it; to keep instead the rows that are now the most probable raises it again. So it never falls.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import array_api_compat
import numpy as np

from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, InputError
from mixfold.fitting.em_steps import em_steps
from mixfold.fitting.run import Iteration, Run
from mixfold.fitting.stopping import Stopping
from mixfold.fold import Fold
from mixfold.models import Model, Point, Problem
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

STEPS_BETWEEN_LOOKS = 4
"""EM steps before rows are chosen again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The most probable rows under some potentials.

    Attributes
    ----------
    weights : ndarray of shape (n_rows,)
        Of the rows: zero where one is left out, and a part where a whole row would be too much.
    log_threshold : float
        The log density below which rows are left out.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.trimmed import Kept
    >>> Kept.of(np.array([-1.0, -9.0, -2.0, -3.0]), np.ones(4), share=0.375)
    Kept(weights=array([1. , 0. , 1. , 0.5]), log_threshold=-3.0)
    """

    weights: FloatArray
    log_threshold: float

    @classmethod
    def of(cls, log_density: FloatArray, weights: FloatArray, share: float) -> Kept:
        """Leave out a share of the weight, that of the rows of lowest density."""
        order = np.argsort(log_density, kind="stable")
        before = np.cumsum(weights[order]) - weights[order]
        left_out = np.clip(share * np.sum(weights) - before, 0.0, weights[order])
        kept = weights.copy()
        kept[order] -= left_out
        return cls(kept, float(log_density[order[np.argmax(left_out < weights[order])]]))


def trimmed_em(
    problem: Problem[Model], start: Parameters, share: float, stopping: Stopping, *, restart: int = 0, name: str = ""
) -> tuple[Run, Kept]:
    """Run EM on the most probable rows.

    Parameters
    ----------
    problem : Problem
    start : Parameters
    share : float
        Of the weight of all rows, what is left out; from 0 to less than 1.
    stopping : Stopping
    restart, name : int, str
        Which start this is, for the records.

    Returns
    -------
    run : Run
        Its objective is for each unit of the weight that is kept.
    kept : Kept
        Under the last parameters.

    Raises
    ------
    CollapseError
        If the start has no density.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Stopping
    >>> from mixfold.fitting.trimmed import trimmed_em
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[-1.0], [0.0], [1.0], [0.5], [-0.5], [1000.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)))
    >>> run, kept = trimmed_em(problem, start, 1 / 6, Stopping(tol=1e-6, max_iter=50))
    >>> run.parameters.means.round(6) + 0.0, kept.weights
    (array([[0.]]), array([1., 1., 1., 1., 1., 0.]))
    """
    began, history = time.perf_counter(), list[Iteration]()
    keep = _keeper(problem, share)
    kept = keep(start)
    point = Point.at(_on_kept(problem, kept), start)

    def ended(outcome: Outcome, reason: str = "") -> tuple[Run, Kept]:
        return Run.of(restart, name, problem, point, outcome, reason or outcome.value, history), kept

    def record(log_likelihood: float, objective: float) -> None:
        seconds = time.perf_counter() - began
        history.append(Iteration(restart, len(history), log_likelihood, objective, seconds))

    record(point.log_likelihood, point.objective)
    looks = [point.objective]
    while len(history) <= stopping.max_iter:
        if stopping.is_converged(looks):
            return ended(Outcome.CONVERGED)
        if problem.fold.is_over or time.perf_counter() > stopping.deadline:
            return ended(Outcome.TIME_LIMIT)
        n_steps = min(STEPS_BETWEEN_LOOKS, stopping.max_iter + 1 - len(history))
        steps = em_steps(_on_kept(problem, kept), point, n_steps)
        for log_likelihood, objective in zip(steps.log_likelihoods, steps.objectives, strict=True):
            record(log_likelihood, objective)
        point = steps.point
        if steps.collapse:
            return ended(Outcome.COLLAPSED, str(steps.collapse))
        try:
            following = keep(point.parameters)
            moved = Point.at(_on_kept(problem, following), point.parameters)
        except CollapseError as error:
            return ended(Outcome.COLLAPSED, str(error))
        kept, point = following, moved
        history[-1] = history[-1]._replace(log_likelihood=point.log_likelihood, objective=point.objective)
        looks.append(point.objective)
    return ended(Outcome.CONVERGED if stopping.is_converged(looks) else Outcome.ITERATION_LIMIT)


def refuse_share(share: float) -> None:
    """Refuse a share of rows that cannot be left out.

    Raises
    ------
    InputError
        If it is not from 0 to less than 0.5: of more, nobody could tell which rows are the odd ones.

    Examples
    --------
    >>> from mixfold.fitting.trimmed import refuse_share
    >>> refuse_share(0.05)
    """
    if not 0.0 < share < 0.5:
        message = f"The share of outliers must be above 0 and below 0.5, got {share}. Pass 'auto' to find it."
        raise InputError(message)


def _keeper(problem: Problem[Model], share: float) -> Callable[[Parameters], Kept]:
    given = problem.fold.source.weights
    weights = np.ones(problem.fold.source.n_rows) if given is None else to_numpy(given).astype(np.float64)

    def keep(parameters: Parameters) -> Kept:
        said = to_numpy(problem.fold.log_density(problem.model.potentials(parameters))).astype(np.float64)
        return Kept.of(said, weights, share)

    return keep


def _on_kept(problem: Problem[Model], kept: Kept) -> Problem[Model]:
    fold: Fold = problem.fold
    first = fold.source.first  # whose library, dtype and device those of weights are
    weights = array_api_compat.array_namespace(first).asarray(
        kept.weights, dtype=first.dtype, device=array_api_compat.device(first)
    )
    marks = replace(fold.source.marks, weights=weights)
    return replace(problem, fold=replace(fold, source=fold.source.with_marks(marks)))
