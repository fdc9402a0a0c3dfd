"""How a fit ends."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """How one run of EM ended; the value is a sentence for people.

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
    ITERATION_LIMIT = "Reached `max_iter` before it converged."
    TIME_LIMIT = "Reached `max_time` before it converged."
    STOPPED = "Stopped by the callback."
    COLLAPSED = "A covariance lost positive definiteness."
    DROPPED = "Left the race: others were ahead after as many iterations."
    DUPLICATE = "Left the race: it was on the same optimum as another."
    WON = "Won the race; EM went on from here."

    @property
    def left_race(self) -> bool:
        """Whether the run was one of a race, which another run went on from."""
        return self in {Outcome.DROPPED, Outcome.DUPLICATE, Outcome.WON}

    def __str__(self) -> str:
        """Give the name as words: 'iteration limit'."""
        return self.name.lower().replace("_", " ")
