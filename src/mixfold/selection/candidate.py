"""A candidate solution, and how it climbs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.fitting import Iteration, Point, Problem, climb, predicted_gain
from mixfold.parameters import Parameters

FEWEST_ROWS = 5
"""A component of fewer effective rows is spurious in any family."""
BLOCK = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point in the search, and where it came from.

    Attributes
    ----------
    name : str
        Of the start.
    index : int
        Of the start.
    point : Point
    objectives : list of float
        After each EM step so far.
    rows_needed : int
        Effective rows that a component must have for its covariance.
    """

    name: str
    index: int
    point: Point
    objectives: list[float] = field(repr=False)
    rows_needed: int

    @classmethod
    def from_components(
        cls, problem: Problem, components: Parameters, family: CovarianceFamily, name: str, index: int
    ) -> Self:
        """Share the rows out between components of any family, and take the M step of the problem's own.

        Raises
        ------
        CollapseError
            If a component has no density.
        """
        statistics = problem.fold.statistics(components.potentials(family), problem.family.structure)
        point = Point.at(problem, Parameters.maximize(statistics, problem.family, problem.prior))
        return cls(name, index, point, [point.objective], problem.family.rows_needed(components.means.shape[1]))

    @property
    def rank(self) -> tuple[bool, float]:
        """What candidates are compared by: whether every component has rows enough, then the objective."""
        count = float(np.min(self.point.statistics.count))
        return count >= max(FEWEST_ROWS, self.rows_needed), self.point.objective

    def is_better_than(self, other: Candidate, margin: float) -> bool:
        """Whether it ranks higher, by more than a margin in the objective."""
        return self.rank > (other.rank[0], other.rank[1] + margin)

    def iteration(self, seconds: float) -> Iteration:
        """Give the record of where it is now."""
        return Iteration(self.index, len(self.objectives), self.point.log_likelihood, self.point.objective, seconds)

    def climbed(self, problem: Problem, n_steps: int) -> Candidate:
        """Make EM steps."""
        path = climb(problem, self.point, n_steps)
        return replace(self, point=path[-1], objectives=[*self.objectives, *(point.objective for point in path)])

    def converged(self, problem: Problem, tol: float, max_iter: int) -> Candidate:
        """Make EM steps until the predicted gain is below `tol`."""
        current = self
        while len(current.objectives) <= max_iter and not predicted_gain(current.objectives) < tol:
            current = current.climbed(problem, BLOCK)
        return current

    def climbed_past(self, problem: Problem, rival: Candidate, margin: float, max_iter: int) -> Candidate:
        """Make EM steps while it may still become better than a rival."""
        current = self
        while len(current.objectives) <= max_iter:
            current = current.climbed(problem, BLOCK)
            if current.is_better_than(rival, margin):
                break
            gain = predicted_gain(current.objectives)
            if gain < margin or (rival.rank[0] and current.point.objective + 3.0 * gain < rival.point.objective):
                break
        return current
