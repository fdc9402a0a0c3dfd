"""`Problem`: what EM maximizes; `Point`: where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Self, TypeAlias, TypeVar

from mixfold.engines import EMLoop, PosteriorLoop, StoppingRule
from mixfold.errors import InputError
from mixfold.fold import WIDE_FEATURES, Fold
from mixfold.fold.loops import posterior_loop
from mixfold.models.abstract import Model
from mixfold.models.penalized import Penalized
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics

TURNED_FEATURES = WIDE_FEATURES // 4
"""`WIDE_FEATURES` where a loop takes matrices apart along axes, of families that restrict more than their structure."""

Model_co = TypeVar("Model_co", bound=Model, covariant=True)


@dataclass(frozen=True, slots=True)
class Problem(Generic[Model_co]):
    """What EM maximizes: a model's objective on data.

    Attributes
    ----------
    fold : Fold
    model : Model

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> potentials = problem.model.potentials(start)
    >>> round(problem.objective(start, potentials, fold.statistics(potentials, problem.model.structure)), 3)
    -3.348
    """

    fold: Fold
    model: Model_co

    def __post_init__(self) -> None:
        """Refuse rows from which the model cannot learn.

        Raises
        ------
        InputError
            If they are observed in a way that it does not accept.
        """
        for observation in self.fold.observations:
            if not self.model.accepts(observation):
                message = (
                    f"Rows must be observed in a way that the model accepts, but {type(self.model).__name__} does not "
                    f"accept {observation!r}. Pass complete rows, or choose a model of normal components."
                )
                raise InputError(message)

    @property
    def has_loops(self) -> bool:
        """Whether the engine makes whole EM steps, so that they cost little beside their work."""
        if self.model.kernel is None or not self.fold.has_loops:
            return False
        most = TURNED_FEATURES if self.model.kernel.m_step().has_axes else WIDE_FEATURES
        return not self.model.structure.is_matrix or self.fold.source.n_features < most

    def posterior_loop(
        self, parameters: Parameters, n_steps: int, rule: StoppingRule | None = None
    ) -> PosteriorLoop | None:
        """Make steps of a posterior in the engine; None where it has no loop, or the parameters no density.

        Parameters
        ----------
        parameters : Parameters
        n_steps : int
            Zero to see what data say under the parameters, and no more.
        rule : StoppingRule, optional
            When they end early.

        Returns
        -------
        loop : PosteriorLoop or None
        """
        step, structure, fold = self.model.posterior_step, self.model.structure, self.fold
        is_wide = structure.is_matrix and parameters.means.shape[1] >= WIDE_FEATURES
        if step is None or is_wide or not fold.has_loops:
            return None
        loop = posterior_loop(fold.engine, fold.executor, fold.source, parameters.arrays, step, n_steps, rule)
        return loop if len(loop.log_likelihood) else None

    def objective(self, parameters: Parameters, potentials: Potentials, statistics: SufficientStatistics) -> float:
        """Give the log-likelihood plus the log prior, in nats per unit of weight."""
        return (statistics.log_likelihood + self.model.log_prior(parameters, potentials)) / statistics.weight


PenalizedProblem: TypeAlias = Problem[Penalized]
"""That of a family and a prior on data, which searches climb."""


@dataclass(frozen=True, slots=True)
class Point:
    """Parameters, and what the data say under them.

    Attributes
    ----------
    parameters : Parameters
    evaluation : SufficientStatistics or EMLoop
        What has the statistics of the data under `parameters`.
    objective : float
        Log-likelihood plus log prior, in nats per unit of weight.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized, Point, Problem
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> point = Point.at(problem, start)
    >>> round(point.log_likelihood, 3), point.objective == point.log_likelihood
    (-3.348, True)
    """

    parameters: Parameters
    evaluation: SufficientStatistics | EMLoop
    objective: float

    @classmethod
    def at(cls, problem: Problem[Model], parameters: Parameters) -> Self:
        """Evaluate parameters: one fold.

        Raises
        ------
        CollapseError
            If a covariance is not positive definite.
        """
        loop = problem.posterior_loop(parameters, 0)
        if loop is not None:
            return cls(parameters, loop.statistics, loop.objectives[0])
        potentials = problem.model.potentials(parameters)
        statistics = problem.fold.statistics(potentials, problem.model.structure)
        return cls(parameters, statistics, problem.objective(parameters, potentials, statistics))

    @property
    def statistics(self) -> SufficientStatistics:
        """Of the data under `parameters`: what the next M step needs; most points of a search are never asked."""
        return self.evaluation.statistics if isinstance(self.evaluation, EMLoop) else self.evaluation

    @property
    def log_likelihood(self) -> float:
        """Mean log-likelihood, in nats per unit of weight."""
        statistics = self.statistics
        return statistics.log_likelihood / statistics.weight
