"""A candidate solution, and how it climbs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.fitting import Ascent, Iteration, Point, Problem, climb, predicted_gain
from mixfold.parameters import Parameters

FEWEST_ROWS = 5
"""A component of fewer effective rows is spurious in any family."""
BLOCK = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point in the search, and how it came there.

    Attributes
    ----------
    name : str
        Of the start.
    index : int
        Of the start.
    point : Point
    history : list of Iteration
        Every EM step so far.
    rows_needed : int
        Effective rows that a component must have for its covariance.
    began : float
        When it began, by `time.perf_counter`.
    """

    name: str
    index: int
    point: Point
    history: list[Iteration] = field(repr=False)
    rows_needed: int
    began: float

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
        began = time.perf_counter()
        if family is problem.family:
            point = climb(problem, components, 1).point
        else:
            statistics = problem.fold.statistics(components.potentials(family), problem.family.structure)
            point = Point.at(problem, Parameters.maximize(statistics, problem.family, problem.prior))
        first = Iteration(index, 1, point.log_likelihood, point.objective, time.perf_counter() - began)
        return cls(name, index, point, [first], problem.family.rows_needed(components.means.shape[1]), began)

    def on(self, problem: Problem) -> Self:
        """Look at the same parameters on the rows of another problem."""
        return replace(self, point=Point.at(problem, self.point.parameters))

    @property
    def rank(self) -> tuple[bool, float]:
        """What candidates are compared by: whether every component has rows enough, then the objective."""
        count = float(np.min(self.point.statistics.count))
        return count >= max(FEWEST_ROWS, self.rows_needed), self.point.objective

    def is_better_than(self, other: Candidate, margin: float) -> bool:
        """Whether it ranks higher, by more than a margin in the objective."""
        return self.rank > (other.rank[0], other.rank[1] + margin)

    @property
    def predicted_gain(self) -> float:
        """What it is predicted to gain still, in nats for each unit of weight."""
        return predicted_gain([iteration.objective for iteration in self.history[-3:]])

    def climbed(self, problem: Problem, n_steps: int) -> Candidate:
        """Make EM steps, fewer if a covariance loses positive definiteness on the way."""
        return self.after(climb(problem, self.point, n_steps))

    def after(self, ascent: Ascent) -> Candidate:
        """Go where an ascent from its point led."""
        seconds, done = time.perf_counter() - self.began, len(self.history)
        path = [
            Iteration(self.index, done + step, log_likelihood, objective, seconds)
            for step, (log_likelihood, objective) in enumerate(
                zip(ascent.log_likelihoods, ascent.objectives, strict=True), start=1
            )
        ]
        return replace(self, point=ascent.point, history=self.history + path)

    def converged(self, problem: Problem, tol: float, max_iter: int) -> Candidate:
        """Make EM steps until the predicted gain is below `tol`."""
        current = self
        while len(current.history) <= max_iter and not current.predicted_gain < tol:
            before, current = current, current.climbed(problem, BLOCK)
            if len(current.history) == len(before.history):  # it collapsed at once
                break
        return current

    def climbed_past(self, problem: Problem, rival: Candidate, margin: float, max_iter: int) -> Candidate:
        """Make EM steps while it may still become better than a rival."""
        current = self
        while len(current.history) <= max_iter:
            before, current = current, current.climbed(problem, BLOCK)
            gain = current.predicted_gain
            stuck = len(current.history) == len(before.history)  # it collapsed at once
            if stuck or current.is_better_than(rival, margin) or gain < margin:
                break
            if rival.rank[0] and current.point.objective + 3.0 * gain < rival.point.objective:
                break
        return current
