"""A point on its way up, and what it will be worth."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from mixfold.fitting import Ascent, Iteration, Outcome, Run, climb, on_the_floor, predicted_gain
from mixfold.models import Penalized, Point, Problem
from mixfold.search.criteria import Evidence
from mixfold.search.grid_model import Verdict, course


@dataclass(frozen=True, slots=True)
class Climber:
    """A point on its way up.

    Attributes
    ----------
    problem : Problem
    point : Point
    n_steps : int
        Made so far.
    objectives : tuple of float
        After the last steps.
    start : str
        Name of where it began.
    began : float
        When it began, by `time.perf_counter`.
    history : tuple of Iteration
        Its steps so far.
    """

    problem: Problem[Penalized]
    point: Point
    n_steps: int
    objectives: tuple[float, ...]
    start: str = ""
    began: float = 0.0
    history: tuple[Iteration, ...] = ()

    def climbed(self, n_steps: int) -> Climber:
        """Make EM steps, fewer if a covariance loses positive definiteness on the way."""
        return self.after(climb(self.problem, self.point, n_steps))

    def after(self, ascent: Ascent) -> Climber:
        """Go where an ascent from its point led."""
        objectives = (*self.objectives, *ascent.objectives)[-3:]
        if ascent.collapse:
            objectives = (ascent.point.objective,) * 3  # it goes no further
        seconds, n_steps = time.perf_counter() - self.began, self.n_steps + len(ascent.objectives)
        steps = zip(ascent.log_likelihoods, ascent.objectives, strict=True)
        path = [Iteration(0, number, *step, seconds) for number, step in enumerate(steps, start=self.n_steps + 1)]
        return replace(self, point=ascent.point, n_steps=n_steps, objectives=objectives, history=(*self.history, *path))

    def told(self, outcome: Outcome) -> Run:
        """Record the climb; one without steps is where it began."""
        here = Iteration(0, self.n_steps, self.point.log_likelihood, self.point.objective, 0.0)
        return course(0, self.start, outcome, self.history or [here])

    @property
    def gain(self) -> float:
        """What it is predicted to gain still, in nats for each unit of weight."""
        return predicted_gain(self.objectives)

    @property
    def is_sound(self) -> bool:
        """Whether there are more rows than parameters."""
        return self.point.statistics.weight > self._n_parameters

    @property
    def flaw(self) -> Verdict | None:
        """Why this is no answer, if it is none."""
        if not self.is_sound:
            return Verdict.FEW_ROWS
        family, statistics = self.problem.model.family, self.point.statistics
        whitener = family.whiten(self.point.parameters.covariances)
        counts, d = statistics.count / statistics.row_weight, statistics.center.shape[1]
        is_flat = np.any(on_the_floor(family, whitener, self.problem.model.prior, counts, d))
        return Verdict.DEGENERATE if is_flat else None

    def evidence(self, more: float = 0.0) -> Evidence:
        """Give log-likelihood (and `more` for each unit of weight), parameters and rows."""
        statistics = self.point.statistics
        log_likelihood = statistics.log_likelihood + more * statistics.weight
        return Evidence(log_likelihood, self._n_parameters, statistics.weight)

    @property
    def _n_parameters(self) -> int:
        k, d = self.point.statistics.center.shape
        return self.problem.model.n_parameters(k, d)
