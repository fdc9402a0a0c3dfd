"""What a fit warns about when it is done."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mixfold.errors import ConvergenceWarning, SelectionWarning, SpuriousComponentWarning
from mixfold.fitting import Outcome, Run
from mixfold.models import PenalizedProblem
from mixfold.parameters import Parameters
from mixfold.search.budget import WORK_IS_DONE

if TYPE_CHECKING:
    from mixfold.search import Swept

FitWarning = tuple[type[Warning], str]
"""A warning of a fit that nobody has heard yet."""

INSIDE = ("mixfold", "sklearn", "joblib")
"""Packages whose lines no warning is about."""
NOT_CONVERGED = (
    "Best performing initialization did not converge. Try different init parameters, or increase max_iter, tol, or "
    "check for degenerate data."
)
"""scikit-learn's words, by which programs that were written for it ignore the warning."""
MOST_NAMED = 10
"""Components that a warning names."""


def warnings_about_limits(run: Run) -> tuple[FitWarning, ...]:
    """Say if the run was cut short.

    Parameters
    ----------
    run : Run
        The best.
    """
    limit = {Outcome.ITERATION_LIMIT: "max_iter", Outcome.TIME_LIMIT: "max_time"}.get(run.outcome)
    if limit and (limit == "max_time" or run.n_iter > 0):  # no iteration was wanted where `max_iter` is zero
        gained = f"; the last one still gained {_last_gain(run):.3g} nats per row" if run.n_iter else ""
        message = (
            f"{NOT_CONVERGED} The fit reached `{limit}` after {run.n_iter} iterations before it converged{gained}. "
            f"Increase `{limit}` or `tol`."
        )
        return ((ConvergenceWarning, message),)
    if run.outcome is Outcome.PLATEAU:
        message = (
            f"The fit ended on a plateau after {run.n_iter} iterations, each of which takes long: the last half of "
            "them gained next to nothing. Begin elsewhere, as `init_params='auto'` does by itself, or go on with a "
            "smaller `tol`."
        )
        return ((ConvergenceWarning, message),)
    return ()


def warnings_about(
    run: Run, parameters: Parameters, problem: PenalizedProblem, tol: float = 0.0
) -> tuple[FitWarning, ...]:
    """Say if the run was cut short, and if a component may be an accident of few rows.

    Parameters
    ----------
    run : Run
        The best.
    parameters : Parameters
        What it fitted.
    problem : Problem
    tol : float
        With a number for `reg_covar`, nothing is said of a fit that reached `max_iter` if an iteration gained less than
        this: scikit-learn stops there, and calls it converged.

    Returns
    -------
    said : tuple of (type, str)
        A `ConvergenceWarning` if EM ran into `max_iter` or `max_time`, or its last iteration collapsed; one
        `SpuriousComponentWarning` if components have fewer effective rows than their covariance needs, and than the
        prior adds; or their smallest variance from the prior's rows. A number for `reg_covar` is scikit-learn's
        arithmetic, which has no prior and says nothing of components.
    """
    is_ours = problem.model.prior.is_density
    says_no_more = not is_ours and run.outcome is Outcome.ITERATION_LIMIT and _least_gain(run) < tol
    said = [] if says_no_more else list(warnings_about_limits(run))
    if run.outcome is Outcome.COLLAPSED:
        message = f"The last iteration collapsed; the parameters before it are kept. {run.reason}"
        said.append((ConvergenceWarning, message))
    spurious = _spurious(run, parameters, problem) if is_ours else ""
    if spurious:
        said.append((SpuriousComponentWarning, spurious))
    return tuple(said)


def _last_gain(run: Run) -> float:
    objectives = [iteration.objective for iteration in run.history[-2:]]
    return objectives[-1] - objectives[0]


def _least_gain(run: Run) -> float:
    objectives = [iteration.objective for iteration in run.history]
    return min((after - before for before, after in pairwise(objectives)), default=math.inf)


def warn(said: Sequence[FitWarning]) -> tuple[str, ...]:
    """Warn the caller of the package; give what was said."""
    for category, message in said:
        warnings.warn(message, category, stacklevel=_calls_from_outside() + 1)
    return tuple(message for _, message in said)


def warn_about_choice(swept: Swept, levels: Sequence[int] | None) -> tuple[str, ...]:
    """Warn if a choice is the best of less than was to be tried, or of less than might be; give what was said.

    Parameters
    ----------
    swept : Swept
    levels : sequence of int or None
        The numbers of components that were to be tried, in rising order; None if that had no end.

    Warns
    -----
    SelectionWarning
        If time was over, or all work was done that so many rows get, or the largest number of several was chosen.
    """
    said: list[FitWarning] = []
    if swept.is_cut:
        n_done = sum(cell.parameters is not None for cell in swept.cells)
        tried = f"{n_done} of {len(swept.cells)} combinations" if levels else f"{n_done} combinations"
        highest = max(cell.n_components for cell in swept.cells if cell.parameters is not None)
        message = (
            f"`max_time` was over before the search ended: the choice is the best of {tried}, up to {highest} "
            "component(s), and may not be the best of all. Increase `max_time`, or try fewer families."
        )
        said.append((SelectionWarning, message))
    not_tried = [cell.n_components for cell in swept.cells if cell.reason == WORK_IS_DONE]
    if not_tried:  # though single cells of more components may have been looked at since
        message = (
            f"The search ended before {not_tried[0]} components, when all the work was done that so many rows get by "
            "default. More components may be better: pass a range of `n_components` to try them."
        )
        said.append((SelectionWarning, message))
    k = swept.chosen.n_components
    if levels and len(levels) > 1 and k == levels[-1]:
        message = (
            f"The choice is at the edge: {k} is the largest number of components that was tried, and a larger one may "
            "be better. Try more."
        )
        said.append((SelectionWarning, message))
    return warn(said)


def _calls_from_outside() -> int:
    """Count the calls from the caller's line, which is the nearest that is not of these packages, to here."""
    frame, n_calls = sys._getframe(1), 0  # noqa: SLF001  (as `warnings` itself does)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in INSIDE:
        frame, n_calls = frame.f_back, n_calls + 1
    return n_calls


def _spurious(run: Run, parameters: Parameters, problem: PenalizedProblem) -> str:
    """Say which components may be an accident of few rows; nothing if there are none."""
    (k, d), model = parameters.means.shape, problem.model
    prior, needed = model.prior, model.family.rows_needed(d)
    # What is an accident has its shape from the prior more than from its rows. A value at which many rows were recorded
    # counts as an interval, and is none.
    few = (run.counts < needed) & (run.counts < prior.count + prior.likeness)
    floor = model.rests_on_prior(parameters, run.counts)
    if np.any(floor):
        of_points = replace(model, prior=replace(prior, jitter=np.zeros_like(prior.jitter)))
        floor &= of_points.rests_on_prior(parameters, run.counts)
    if k == 1 or not np.any(few | floor):
        return ""
    reasons = []
    if np.any(few):
        reasons.append(f"{_named(few)} fewer rows than the {needed} that a covariance needs, and the prior's shape")
    if np.any(floor):
        reasons.append(f"{_named(floor)} the smallest variance from the prior, not from rows")
    return (
        f"Of {k} components, {'; '.join(reasons)}. A far group may be so small, and is then right; else fit fewer "
        "components or a simpler `covariance_type`."
    )


def _named(which: npt.NDArray[np.bool_]) -> str:
    """Give components as the beginning of a sentence that says what they have."""
    named = ", ".join(str(component) for component in np.flatnonzero(which)[:MOST_NAMED])
    more = int(np.sum(which)) - MOST_NAMED
    if np.sum(which) == 1:
        return f"component {named} has"
    return f"components {named}{f' and {more} more' if more > 0 else ''} have"
