"""How far a run of EM has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from mixfold.fitting.anderson import AndersonHistory
from mixfold.fitting.run import Iteration
from mixfold.models import Point


@dataclass(slots=True)
class RunState:
    """A run of EM between two steps: all that is needed to go on to the same bits.

    Attributes
    ----------
    restart : int
        Which restart, from 0.
    name : str
        Of the start.
    point : Point
        The last parameters, and what the data say under them.
    history : list of Iteration
    is_accelerated : bool
        Whether steps are accelerated until EM has converged.
    anderson : AndersonHistory or None
        The accelerated steps since the run last looked at how it is doing.

    Examples
    --------
    A run that its limit ended after three steps goes on, and arrives where one does that had no such limit.

    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Stopping, em
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> states = []
    >>> settings = {"restart": 0, "name": "mine", "callback": None, "moved": states.append}
    >>> _ = em(problem, start, Stopping(tol=1e-6, max_iter=3), **settings)
    >>> run_state = states[-1]
    >>> run_state.history[-1].number, run_state.objectives[-1] == run_state.point.objective
    (3, True)
    >>> rest = em(problem, run_state, Stopping(tol=1e-6, max_iter=50), **settings)
    >>> whole = em(problem, start, Stopping(tol=1e-6, max_iter=50), **settings)
    >>> rest.log_likelihood == whole.log_likelihood, rest.n_iter == whole.n_iter
    (True, True)
    """

    restart: int
    name: str
    point: Point
    history: list[Iteration] = field(default_factory=list)
    is_accelerated: bool = False
    anderson: AndersonHistory | None = None

    @property
    def objectives(self) -> list[float]:
        """The objective after each step, from the start."""
        return [iteration.objective for iteration in self.history]
