"""`Steps`: where some EM steps led."""

from __future__ import annotations

from dataclasses import dataclass

from mixfold.errors import CollapseError
from mixfold.models import Point


@dataclass(frozen=True, slots=True)
class Steps:
    """Where some EM steps led.

    Attributes
    ----------
    point : Point
        The last one that has a density.
    log_likelihoods, objectives : list of float
        After each step, in nats per unit of weight.
    collapse : CollapseError or None
        Why the steps ended early, if a covariance lost positive definiteness.
    first : tuple of float or None
        Log-likelihood and objective where they began, if that is known.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import em_steps
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> steps = em_steps(problem, start, n_steps=2)
    >>> len(steps.objectives), steps.collapse
    (2, None)
    """

    point: Point
    log_likelihoods: list[float]
    objectives: list[float]
    collapse: CollapseError | None = None
    first: tuple[float, float] | None = None

    @property
    def with_first(self) -> tuple[list[float], list[float]]:
        """Log-likelihoods and objectives from where they began, which is known."""
        assert self.first is not None  # noqa: S101
        return [self.first[0], *self.log_likelihoods], [self.first[1], *self.objectives]

    def then(self, rest: Steps) -> Steps:
        """Join the steps that were made from where these led."""
        log_likelihoods, objectives = self.log_likelihoods + rest.log_likelihoods, self.objectives + rest.objectives
        return Steps(rest.point, log_likelihoods, objectives, rest.collapse, self.first)
