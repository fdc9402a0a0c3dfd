"""Several starts, and the best of what becomes of them."""

from __future__ import annotations

from collections.abc import Callable

from mixfold.errors import CollapseError
from mixfold.fitting.em import em
from mixfold.fitting.fit_state import FitState
from mixfold.fitting.run import Callback, Run
from mixfold.fitting.stopping import Stopping
from mixfold.models import Model, Problem
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters


def best_of(runs: list[Run]) -> tuple[Run, Parameters]:
    """Give the run of highest objective, the first among equals, and its parameters.

    Runs of a race are passed over for the one that went on from its winner. A run that collapsed on the way is taken
    only if all did: its objective was on the way to infinity. One of which only the course is known is never taken.

    Parameters
    ----------
    runs : list of Run

    Returns
    -------
    run : Run
    parameters : Parameters

    Raises
    ------
    CollapseError
        If not one of them has parameters.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.fitting import best_of
    >>> model = GaussianMixture(3, init_params="random", n_init=3, random_state=0).fit(load_faithful().data)
    >>> run, parameters = best_of(model.restarts_)
    >>> run.objective == max(run.objective for run in model.restarts_), parameters.means.shape
    (True, (3, 2))
    """
    best = max(
        runs,
        key=lambda run: (
            run.parameters is not None,
            not run.outcome.left_race,
            run.outcome is not Outcome.COLLAPSED,
            run.objective,
        ),
    )
    if best.parameters is None:
        raise CollapseError(best.reason)
    return best, best.parameters


def run_restarts(
    problem: Problem[Model],
    starts: list[tuple[str, Callable[[], Parameters]]],
    stopping: Stopping,
    callback: Callback | None,
    *,
    first: int = 0,
    fit_state: FitState | None = None,
) -> list[Run]:
    """Run EM from every start; one that collapses is recorded and leaves the others alone.

    Parameters
    ----------
    problem : Problem
    starts : list of (str, callable)
        Name of each start, and what makes its parameters.
    stopping : Stopping
    callback : callable or None
    first : int
        Number of the first restart, for the records.
    fit_state : FitState, optional
        What was done already, and where everything else is noted.

    Returns
    -------
    runs : list of Run
        In the order of the starts.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Stopping, run_restarts
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> runs = run_restarts(problem, [("mine", lambda: start)], Stopping(tol=1e-6, max_iter=50), None)
    >>> [(run.start, str(run.outcome)) for run in runs]
    [('mine', 'converged')]
    """
    runs = [] if fit_state is None else fit_state.done
    for number in range(len(runs), len(starts)):
        if problem.fold.is_over and any(run.parameters is not None for run in runs):
            break
        name, make_start = starts[number]
        run_state = None if fit_state is None else fit_state.run_state
        moved = None if fit_state is None or fit_state.checkpoint is None else fit_state.moved
        start = make_start() if run_state is None else run_state
        run = em(problem, start, stopping, restart=first + number, name=name, callback=callback, moved=moved)
        if fit_state is None:
            runs.append(run)
        else:
            fit_state.run_ended(run)
    return runs
