"""Climbing: the steps that every algorithm repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.engines import WholeLoop
from mixfold.errors import CollapseError
from mixfold.fold import Fold
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics

WIDE_FEATURES = 128
"""From so many on products and factors of matrices, which LAPACK is better at than a loop of the engine, are a step."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What EM maximizes: the penalized likelihood of a family on data.

    Attributes
    ----------
    fold : Fold
    family : CovarianceFamily
    prior : Prior

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, family_for("diag"), Prior.from_ridge(1e-6))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> potentials = start.potentials(problem.family)
    >>> round(problem.objective(potentials, fold.statistics(potentials, problem.family.structure)), 3)
    -3.348
    """

    fold: Fold
    family: CovarianceFamily
    prior: Prior

    def potentials(self, parameters: Parameters) -> Potentials:
        """Give the potentials of parameters, under which rows have the prior's jitter.

        Raises
        ------
        CollapseError
            If a covariance is not positive definite.
        """
        return parameters.potentials(self.family).jittered(self.prior.jitter)

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

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Point, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, family_for("diag"), Prior.from_ridge(1e-6))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> point = Point.at(problem, start)
    >>> round(point.log_likelihood, 3), point.objective == point.log_likelihood
    (-3.348, True)
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
        potentials = problem.potentials(parameters)
        statistics = problem.fold.statistics(potentials, problem.family.structure)
        return cls(parameters, statistics, problem.objective(potentials, statistics))

    @property
    def log_likelihood(self) -> float:
        """Mean log-likelihood, in nats per unit of weight."""
        return self.statistics.log_likelihood / self.statistics.weight


@dataclass(frozen=True, slots=True)
class Ascent:
    """Where some EM steps led.

    Attributes
    ----------
    point : Point
        The last one that has a density.
    log_likelihoods, objectives : list of float
        After each step, in nats per unit of weight.
    collapse : CollapseError or None
        Why the steps ended early, if a covariance lost positive definiteness.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Problem, climb
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, family_for("diag"), Prior.from_ridge(1e-6))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> ascent = climb(problem, start, n_steps=2)
    >>> len(ascent.objectives), ascent.collapse
    (2, None)
    """

    point: Point
    log_likelihoods: list[float]
    objectives: list[float]
    collapse: CollapseError | None = None


def climb(problem: Problem, start: Point | Parameters, n_steps: int) -> Ascent:
    """Make EM steps: in the engine's own loop where the data are so small that it has one, else step by step.

    Parameters
    ----------
    problem : Problem
    start : Point or Parameters
    n_steps : int

    Returns
    -------
    ascent : Ascent

    Raises
    ------
    CollapseError
        If `start` are parameters and a covariance is not positive definite; later collapses end the ascent.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Problem, climb
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, family_for("diag"), Prior.from_ridge(1e-6))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> climb(problem, start, n_steps=20).point.parameters.means.round(2).ravel()
    array([1., 9.])
    """
    ascent = climb_together(problem, [start], n_steps)[0]
    if isinstance(ascent, CollapseError):
        raise ascent
    return ascent


def climb_together(
    problem: Problem, starts: Sequence[Point | Parameters], n_steps: int
) -> list[Ascent | CollapseError]:
    """Make EM steps from each start: all in one call of the engine where it has a loop for the data.

    Parameters
    ----------
    problem : Problem
    starts : sequence of Point or Parameters
    n_steps : int

    Returns
    -------
    ascents : list of Ascent or CollapseError
        In the order of the starts; in the place of one that has no density, what `climb` would raise.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Problem, climb_together
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, family_for("diag"), Prior.from_ridge(1e-6))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> first, second = climb_together(problem, [start, start], n_steps=3)
    >>> first.objectives == second.objectives
    True
    """
    if not starts:
        return []
    family, prior = problem.family, problem.prior
    is_wide = family.structure.is_matrix and problem.fold.source.n_features >= WIDE_FEATURES
    if not family.has_plain_step or not problem.fold.has_loops or is_wide:
        return [_stepped(problem, start, n_steps) for start in starts]
    parameters = [start.parameters if isinstance(start, Point) else start for start in starts]
    arrays = [(each.weights, each.means, each.covariances) for each in parameters]
    loops = problem.fold.loops(arrays, family.structure, prior, n_steps)
    largest = family.log_prior_constant(prior, *parameters[0].means.shape) if prior.is_density else 0.0
    return [_looped(problem, start, loop, largest, n_steps) for start, loop in zip(starts, loops, strict=True)]


def _looped(
    problem: Problem, start: Point | Parameters, loop: WholeLoop, largest_log_prior: float, n_steps: int
) -> Ascent | CollapseError:
    if not len(loop.log_likelihood):
        return _stepped(problem, start, n_steps)
    weight = loop.statistics.weight
    objectives = ((loop.log_likelihood + loop.log_prior - largest_log_prior) / weight).tolist()
    end = Point(Parameters(loop.weights, loop.means, loop.covariances), loop.statistics, objectives[-1])
    ascent = Ascent(end, (loop.log_likelihood[1:] / weight).tolist(), objectives[1:])
    if len(ascent.objectives) == n_steps:
        return ascent
    # The step that failed is made again, for the message that says what collapsed.
    rest = _stepped_from(problem, end, n_steps - len(ascent.objectives))
    return Ascent(
        rest.point,
        ascent.log_likelihoods + rest.log_likelihoods,
        ascent.objectives + rest.objectives,
        rest.collapse,
    )


def _stepped(problem: Problem, start: Point | Parameters, n_steps: int) -> Ascent | CollapseError:
    try:
        point = start if isinstance(start, Point) else Point.at(problem, start)
    except CollapseError as error:
        return error
    return _stepped_from(problem, point, n_steps)


def _stepped_from(problem: Problem, point: Point, n_steps: int) -> Ascent:
    log_likelihoods: list[float] = []
    objectives: list[float] = []
    for _ in range(n_steps):
        try:
            point = _step(problem, point)
        except CollapseError as error:
            return Ascent(point, log_likelihoods, objectives, error)
        log_likelihoods.append(point.log_likelihood)
        objectives.append(point.objective)
    return Ascent(point, log_likelihoods, objectives)


def _step(problem: Problem, point: Point) -> Point:
    try:
        after = Parameters.maximize(point.statistics, problem.family, problem.prior, point.parameters)
        return Point.at(problem, after)
    except CollapseError:
        if not point.statistics.is_far_from_means:
            raise
    # From means far from all rows, as a caller may begin at.
    statistics = problem.fold.recentered(point.statistics, problem.potentials(point.parameters))
    return Point.at(problem, Parameters.maximize(statistics, problem.family, problem.prior, point.parameters))
