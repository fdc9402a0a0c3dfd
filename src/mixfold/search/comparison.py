"""`Comparison`: what all models of a grid are fitted to and compared by."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mixfold.covariance import CovarianceFamily
from mixfold.fitting import DataScale
from mixfold.fold import Fold
from mixfold.models import Penalized, PenalizedProblem, Problem


@dataclass(frozen=True, slots=True)
class Comparison:
    """What all models of a grid are fitted to and compared by.

    Attributes
    ----------
    fold : Fold
    criterion : str
    deadline : float
        By `time.perf_counter`.
    scale : DataScale
        Of the fold.
    completed : Fold, optional
        What starts and searches look at where values are missing: the same rows, or some of them, completed.
    """

    fold: Fold
    criterion: str
    deadline: float
    scale: DataScale
    completed: Fold | None = None

    @property
    def complete(self) -> Fold:
        """The fold over complete rows."""
        return self.completed or self.fold

    def problem(self, family: CovarianceFamily, n_components: int) -> PenalizedProblem:
        """Give the problem of a fit by default."""
        return Problem(self.fold, Penalized(family, self.scale.prior(family, n_components)))

    @property
    def is_over(self) -> bool:
        """Whether time is over."""
        return time.perf_counter() > self.deadline
