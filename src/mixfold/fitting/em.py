"""Expectation-maximization (Dempster, Laird & Rubin 1977): fold, maximize, repeat."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.errors import CollapseError
from mixfold.fitting.outcome import Outcome
from mixfold.fitting.run import Callback, Iteration, Run
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
class Stopping:
    """When EM stops.

    Attributes
    ----------
    tol : float
        An iteration that changes the objective by less, in nats per unit of sample weight, is the last.
    max_iter : int
        Largest number of M steps.
    """

    tol: float
    max_iter: int


def em(problem: Problem, start: Parameters, stopping: Stopping, *, restart: int, name: str, callback: Callback) -> Run:
    """Run EM from a start.

    Parameters
    ----------
    problem : Problem
    start : Parameters
    stopping : Stopping
    restart, name : int, str
        Which start this is, for the records.
    callback : callable
        Sees every iteration as it ends.

    Returns
    -------
    run : Run
        With the last parameters that have a density, and their own log-likelihood: a fold follows the last M step.
    """
    fold, family, prior = problem.fold, problem.family, problem.prior
    began = time.perf_counter()
    history: list[Iteration] = []
    parameters, candidate = None, start

    def ended(outcome: Outcome, reason: str | None = None) -> Run:
        return Run(restart, name, parameters, outcome, reason or outcome.value, tuple(history))

    for number in range(stopping.max_iter + 1):
        try:
            potentials = candidate.potentials(family)
        except CollapseError as error:
            return ended(Outcome.COLLAPSED, str(error))
        statistics = fold.statistics(potentials, family.structure)
        parameters = candidate
        log_likelihood = statistics.log_likelihood / statistics.weight
        objective = problem.objective(potentials, statistics)
        history.append(Iteration(restart, number, log_likelihood, objective, time.perf_counter() - began))
        if callback(history[-1]):
            return ended(Outcome.STOPPED)
        if number > 0 and abs(objective - history[-2].objective) < stopping.tol:
            return ended(Outcome.CONVERGED)
        if number < stopping.max_iter:
            candidate = Parameters.maximize(statistics, family, prior)
    return ended(Outcome.ITERATION_LIMIT)
