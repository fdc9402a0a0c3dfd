"""What one run of EM leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self, TypeAlias

import numpy as np

from mixfold.models import Model, Point, Problem
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray


class Iteration(NamedTuple):
    """The state of a run after an M step; iteration 0 is the start.

    Attributes
    ----------
    restart : int
        Which restart, from 0.
    number : int
        How many M steps were made.
    log_likelihood : float
        Mean log-likelihood of the parameters of this iteration, in nats per unit of sample weight.
    objective : float
        What EM climbs: `log_likelihood` plus the log prior per unit of weight. Equal to it without a prior.
    seconds : float
        Since the run began.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> model = GaussianMixture(2, init_params="kmeans", random_state=0).fit(load_faithful().data)
    >>> last = model.history_[-1]
    >>> last.number == model.n_iter_, last.log_likelihood == float(model.lower_bound_)
    (True, True)
    """

    restart: int
    number: int
    log_likelihood: float
    objective: float
    seconds: float


Callback: TypeAlias = Callable[[Iteration], bool | None]
"""Called after each iteration; a true result stops the run there."""

SEARCH = "search"
"""The name of the start that a search found, and of what goes on from it."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of EM from one start.

    Attributes
    ----------
    restart : int
        Which restart, from 0.
    start : str
        Name of the initializer.
    parameters : Parameters or None
        None where the start itself had no density, or where only the course of the run was kept.
    outcome : Outcome
        How it ended.
    reason : str
        A sentence on the outcome; for a collapse, what collapsed.
    history : sequence of Iteration
        From the start to `parameters`, whose log-likelihood and objective are those of the last entry.
    counts : ndarray of shape (n_components,)
        Effective rows of each component: the sum of its responsibilities. Empty where there are no parameters.
    structure : Structure or None
        Of the covariances, where there are parameters.
    share_skipped : float
        Of all pairs of row and component, those that the last look at all rows could leave out, because their
        responsibility is provably below 1e-17, or 8e-7 / K from K = 256 on. It depends on what was looked at before.
    statistics : SufficientStatistics or None
        Of the data under `parameters`; None where the run was read from a checkpoint.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> model = GaussianMixture(2, init_params="kmeans", n_init=3, random_state=0).fit(load_faithful().data)
    >>> [(run.start, str(run.outcome), round(run.log_likelihood, 3)) for run in model.restarts_]
    [('kmeans', 'converged', -4.158), ('kmeans', 'converged', -4.158), ('kmeans', 'converged', -4.158)]
    """

    restart: int
    start: str
    parameters: Parameters | None
    outcome: Outcome
    reason: str
    history: Sequence[Iteration]
    counts: FloatArray
    structure: Structure | None
    share_skipped: float = 0.0
    statistics: SufficientStatistics | None = None

    @classmethod
    def of(
        cls,
        restart: int,
        start: str,
        problem: Problem[Model],
        point: Point | None,
        outcome: Outcome,
        reason: str,
        history: Sequence[Iteration],
    ) -> Self:
        """Record a run that ended at a point, or before it had one."""
        if point is None:
            return cls(restart, start, None, outcome, reason, tuple(history), np.zeros(0), None)
        statistics = point.statistics  # gathered each time that it is asked for
        return cls(
            restart,
            start,
            point.parameters,
            outcome,
            reason,
            tuple(history),
            statistics.count / statistics.row_weight,
            problem.model.structure,
            statistics.share_skipped,
            statistics,
        )

    @classmethod
    def course(cls, restart: int, start: str, outcome: Outcome, history: Sequence[Iteration]) -> Self:
        """Record how EM climbed, without the parameters that it came to."""
        return cls(restart, start, None, outcome, outcome.value, history, np.zeros(0), None)

    def largest_first(self, structure: Structure) -> Run:
        """Give the run with its components in the order of their weights, the largest first.

        Weights that agree to six digits are equal, so that rounding orders nothing.

        Examples
        --------
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> from mixfold.structures import FULL
        >>> given = GaussianMixture(2, means_init=[[2.0, 54.0], [4.3, 80.0]]).fit(load_faithful().data)
        >>> run = given.restarts_[0].largest_first(FULL)
        >>> given.weights_.round(2).tolist(), run.parameters.weights.round(2).tolist()
        ([0.36, 0.64], [0.64, 0.36])
        """
        if self.parameters is None:
            return self
        order = np.argsort(-np.round(self.parameters.weights, 6), kind="stable")
        if np.all(order[1:] > order[:-1]):
            return self
        parameters = self.parameters.reordered(order, structure)
        statistics = self.statistics
        if statistics is not None:  # factors and heavy tails have sums besides, which another walk gives
            is_plain = statistics.basis is None and statistics.mass is None
            statistics = statistics.take(order) if is_plain else None
        return replace(self, parameters=parameters, counts=self.counts[order], statistics=statistics)

    @property
    def smallest_eigenvalue(self) -> float:
        """Of all covariances, in squared units of the data; zero where there are none."""
        if self.parameters is None or self.structure is None:
            return 0.0
        return float(self.structure.smallest_eigenvalue(self.parameters.covariances))

    @property
    def smallest_count(self) -> float:
        """Effective rows of the component that has fewest; infinite where there are no parameters."""
        return float(np.min(self.counts, initial=np.inf))

    @property
    def n_iter(self) -> int:
        """Number of M steps."""
        return self.history[-1].number if self.history else 0

    @property
    def log_likelihood(self) -> float:
        """Mean log-likelihood at the end of the run; minus infinity where the start had no density."""
        return self.history[-1].log_likelihood if self.history else float("-inf")

    @property
    def objective(self) -> float:
        """What EM climbed, at the end of the run; minus infinity where the start had no density."""
        return self.history[-1].objective if self.history else float("-inf")

    @property
    def seconds(self) -> float:
        """Wall time of the run."""
        return self.history[-1].seconds if self.history else 0.0
