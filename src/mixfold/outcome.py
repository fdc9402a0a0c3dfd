"""How a fit ends."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """How EM ended, from one start or for one model of a grid; the value is a sentence for people.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.fitting import Outcome
    >>> model = GaussianMixture(2, random_state=0).fit(load_faithful().data)
    >>> model.outcome_ is Outcome.CONVERGED, str(model.outcome_)
    (True, 'converged')
    """

    CONVERGED = "Converged: what EM is predicted to gain still is below `tol`."
    ITERATION_LIMIT = "Reached the largest number of iterations before it converged."
    PLATEAU = "On a plateau where each step is dear: as many steps again would hardly gain."
    TIME_LIMIT = "Reached `max_time` before it converged."
    STOPPED = "Stopped by the callback."
    COLLAPSED = "A covariance lost positive definiteness."
    DROPPED = "Given up: others were ahead, and it could not come near the best."
    DUPLICATE = "Given up: it was on the same optimum as another."
    WON = "Won the race; EM went on from here."
    FEW_ROWS = "There are too few rows for so many parameters; chosen only if nothing else is there."
    DEGENERATE = "A component's smallest variance is the prior's, not its rows'; chosen only if nothing else is there."
    SKIPPED = "Not tried."

    @property
    def left_race(self) -> bool:
        """Whether the run was one of a race, which another run went on from."""
        return self in {Outcome.DROPPED, Outcome.DUPLICATE, Outcome.WON}

    def __str__(self) -> str:
        """Give the name as words: 'iteration limit'."""
        return self.name.lower().replace("_", " ")
