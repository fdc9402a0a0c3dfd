"""How a fit ends."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """How one run of EM ended; the value is a sentence for people."""

    CONVERGED = "Converged: the objective gains less than `tol` in an iteration."
    ITERATION_LIMIT = "Reached `max_iter` before it converged."
    STOPPED = "Stopped by the callback."
    COLLAPSED = "A covariance lost positive definiteness."

    def __str__(self) -> str:
        """Give the name as words: 'iteration limit'."""
        return self.name.lower().replace("_", " ")
