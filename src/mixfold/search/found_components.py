"""`Found`: a posterior that a search came to, and the EM steps by which it goes on from there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from mixfold.engines import StoppingRule, to_numpy
from mixfold.errors import CollapseError
from mixfold.fitting import SEARCH, Outcome, Run, Steps, Stopping, em_steps, predicted_gain
from mixfold.fitting.course import Course, Leg
from mixfold.models import Point, Posterior, Problem, Variational
from mixfold.observations import n_named
from mixfold.search.trajectory import EM_STEPS_PER_LOOK, EM_STEPS_PER_LOOK_OF_MOVES, HOPED_GAINS_OF_MOVES
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray

LOG_ODDS = 3.0
"""Against one component more, in nats: strong evidence on the customary scale (Kass & Raftery 1995, section 3.2)."""
EMPTY_ROWS = 0.5
"""Rows below which a component is dropped."""
TRIAL_EM_STEPS = tuple(EM_STEPS_PER_LOOK << n >> 2 for n in range(4))
"""EM steps that a move may take, in blocks after each of which it may be given up."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a search came to.

    Attributes
    ----------
    problem : Problem
        Whose model has the priors that were learned.
    point : Point
    legs : tuple of (float, list of float, list of float)
        The EM steps that led here, as a `Course` has them, with the log prior probability of the number of components
        in the objective.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fitting import Stopping
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import GammaBelief, PriorScale, StickPrior
    >>> from mixfold.search.component_moves import find_components
    >>> random = np.random.default_rng(0)
    >>> fold = Fold.of_rows(np.concatenate([random.normal(size=(50, 1)), random.normal(9.0, size=(50, 1))]))
    >>> scale = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief()))
    >>> shares = random.dirichlet(np.ones(10), size=100)
    >>> start = fold.centered_moments(lambda rows: shares[rows.span], 10, family_for("full").structure)
    >>> found = find_components(fold, scale, start, Stopping(1e-6, 1000), most=10)
    >>> len(found.point.parameters.weights)
    2
    """

    problem: Problem[Variational]
    point: Point
    legs: tuple[Leg, ...] = field(default=(), repr=False)

    @property
    def posterior(self) -> Posterior:
        """What is believed there."""
        assert isinstance(self.point.parameters, Posterior)  # noqa: S101  (of a variational model)
        return self.point.parameters

    @property
    def counts(self) -> FloatArray:
        """Rows of each component."""
        return self.point.statistics.count / self.point.statistics.row_weight

    @property
    def log_evidence(self) -> float:
        """The bound of all rows with the log prior probability of the number of components, in nats."""
        return self.point.objective * self.point.statistics.weight - LOG_ODDS * len(self.counts)

    @property
    def price(self) -> float:
        """What the number of components costs, in nats per unit of weight."""
        return LOG_ODDS * len(self.posterior.weights) / self.point.statistics.weight

    @property
    def course(self) -> Run:
        """How EM steps and moves led here: by the bound, less the price of components that were merged meanwhile."""
        shift, began = self.price, self.legs[0][0] if self.legs else 0.0
        legs = tuple((seconds - began, first, [one + shift for one in last]) for seconds, first, last in self.legs)
        return Run.course(1, SEARCH, Outcome.WON, Course(1, (), legs))

    def after(self, steps: Steps) -> Found:
        """Go where EM steps under the same priors led."""
        price = Found(self.problem, steps.point).price
        leg = time.perf_counter(), steps.log_likelihoods, [one - price for one in steps.objectives]
        return Found(self.problem, steps.point, (*self.legs, leg))

    @property
    def responsibilities(self) -> FloatArray:
        """Of components for rows, (N, K)."""
        potentials = self.problem.model.potentials(self.posterior)
        return np.asarray(to_numpy(self.problem.fold.responsibilities(potentials)), dtype=np.float64)

    @property
    def rows(self) -> FloatArray:
        """The rows, (N, D)."""
        return np.concatenate(list(self.problem.fold.each(lambda chunk: to_numpy(chunk.values))))

    @property
    def row_weights(self) -> FloatArray:
        """The weight of each row, (N,)."""
        return np.concatenate(list(self.problem.fold.each(lambda chunk: to_numpy(chunk.weights_or_ones))))

    def is_at(self, other: Found, stopping: Stopping) -> bool:
        """Whether two are the same but for what EM left to gain, as equal numbers and bounds say."""
        away = abs(self.point.objective - other.point.objective)
        return len(self.counts) == len(other.counts) and away <= stopping.tol

    def tried(self, statistics: SufficientStatistics) -> Found | None:
        """Give where a few steps from other statistics lead; None if that has no more evidence than this."""
        more = len(statistics.count) - len(self.counts)
        wanted = self.point.objective + LOG_ODDS * more / self.point.statistics.weight
        wanted += 1e-10 * abs(wanted)
        at: Posterior | Point = self.problem.model.maximize(statistics, self.posterior)
        objectives, taken = list[float](), list[Steps]()
        for n_steps in TRIAL_EM_STEPS:
            try:
                steps = em_steps(self.problem, at, n_steps)
            except CollapseError:
                return None
            at, objectives = steps.point, [*objectives, *steps.objectives] if objectives else steps.with_first[1]
            taken.append(steps)
            if at.objective > wanted:
                return self.after(reduce(Steps.then, taken))
            if HOPED_GAINS_OF_MOVES * predicted_gain(objectives) < wanted - at.objective:
                break
        return None

    def climbed(self, stopping: Stopping) -> Found:
        """Make EM steps until they gain no more, without components that have no rows, the largest first.

        Components that labels name stay, before the others and in their order.
        """
        found, n_first = self, n_named(self.problem.fold.observations)
        while True:
            found = found._top(stopping)
            counts = found.counts.copy()
            counts[:n_first] = np.inf
            order = np.argsort(-counts, kind="stable")
            kept = order[counts[order] > EMPTY_ROWS]
            if len(kept) == len(order) and np.all(np.diff(order) > 0):
                return found
            kept = kept if len(kept) else order[:1]
            posterior = found.posterior.reordered(kept, found.problem.model.structure)
            after = found.problem.model.maximize(found.point.statistics.take(kept), posterior)
            point = Point.at(found.problem, after)
            if len(kept) == len(order) and not point.objective > found.point.objective:
                return found
            found = replace(found, point=point)
            if time.perf_counter() > stopping.deadline:
                return found

    def _top(self, stopping: Stopping) -> Found:
        """Make EM steps until they are predicted to gain no more."""
        found, objectives = self, [self.point.objective]
        rule = StoppingRule(EM_STEPS_PER_LOOK_OF_MOVES, stopping.tol)
        while len(objectives) <= stopping.max_iter and time.perf_counter() <= stopping.deadline:
            steps = em_steps(found.problem, found.point, EM_STEPS_PER_LOOK, rule)
            found, objectives = found.after(steps), [*objectives, *steps.objectives]
            if steps.collapse or stopping.is_converged(objectives):
                break
        return found
