"""Climbing: the step that every algorithm repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.fold import Fold
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics


@dataclass(frozen=True, slots=True)
class Problem:
    """What EM maximizes: the penalized likelihood of a family on data.

    Attributes
    ----------
    fold : Fold
    family : CovarianceFamily
    prior : Prior
    """

    fold: Fold
    family: CovarianceFamily
    prior: Prior

    def objective(self, potentials: Potentials, statistics: SufficientStatistics) -> float:
        """Give the log-likelihood plus the log prior, in nats per unit of weight."""
        value = statistics.log_likelihood
        if self.prior.is_density:
            value += self.family.log_prior(potentials.whitener, self.prior, *potentials.center.shape)
        return value / statistics.weight


@dataclass(frozen=True, slots=True)
class Point:
    """Parameters, and what the data say under them.

    Attributes
    ----------
    parameters : Parameters
    statistics : SufficientStatistics
        Of the data under `parameters`: what the next M step needs.
    objective : float
        Log-likelihood plus log prior, in nats per unit of weight.
    """

    parameters: Parameters
    statistics: SufficientStatistics
    objective: float

    @classmethod
    def at(cls, problem: Problem, parameters: Parameters) -> Self:
        """Evaluate parameters: one fold.

        Raises
        ------
        CollapseError
            If a covariance is not positive definite.
        """
        potentials = parameters.potentials(problem.family)
        statistics = problem.fold.statistics(potentials, problem.family.structure)
        return cls(parameters, statistics, problem.objective(potentials, statistics))

    @property
    def log_likelihood(self) -> float:
        """Mean log-likelihood, in nats per unit of weight."""
        return self.statistics.log_likelihood / self.statistics.weight


def climb(problem: Problem, point: Point, n_steps: int) -> list[Point]:
    """Make EM steps and give the point after each.

    Raises
    ------
    CollapseError
        If a covariance lost positive definiteness.
    """
    path = []
    for _ in range(n_steps):
        point = Point.at(problem, Parameters.maximize(point.statistics, problem.family, problem.prior))
        path.append(point)
    return path
