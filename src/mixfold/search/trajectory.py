"""`Trajectory`: where EM came to from one start, and how; what a race, moves and a sweep are made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from mixfold.errors import CollapseError
from mixfold.fitting import Iteration, Outcome, Run, Steps, em_steps, em_steps_together, predicted_gain
from mixfold.models import PenalizedProblem, Point
from mixfold.parameters import Parameters
from mixfold.search.start import Start

EM_STEPS_PER_LOOK = 10
"""Between two looks at what is left to gain."""
TOL_NATS, MAX_EM_STEPS = 1e-6, 1000
"""When EM ends, as in a fit by default."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A point on its way up, and how it came there.

    Attributes
    ----------
    problem : Problem
        What it climbs.
    point : Point
    name : str
        Of the start.
    index : int
        Of the start, for the records.
    began : float
        When it began, by `time.perf_counter`.
    history : tuple of Iteration
        Its EM steps so far.
    has_collapsed : bool
        Whether a covariance lost positive definiteness in the step after these: it goes no further.
    n_met : int
        How many other starts ended on the same optimum.
    """

    problem: PenalizedProblem
    point: Point
    name: str = ""
    index: int = 0
    began: float = 0.0
    history: tuple[Iteration, ...] = field(default=(), repr=False)
    has_collapsed: bool = False
    n_met: int = 0

    def on(self, problem: PenalizedProblem) -> Self:
        """Look at the same parameters on the rows of another problem."""
        point = Point.at(problem, self.point.parameters)
        return replace(self, problem=problem, point=point, has_collapsed=False)

    @property
    def objective(self) -> float:
        """What trajectories are compared by."""
        return self.point.objective

    @property
    def n_steps(self) -> int:
        """Count the EM steps."""
        return self.history[-1].number if self.history else 0

    def is_better_than(self, other: Trajectory, margin: float) -> bool:
        """Whether its objective is higher, by more than a margin."""
        return self.objective > other.objective + margin

    @property
    def predicted_gain(self) -> float:
        """What it is predicted to gain still, in nats for each unit of weight."""
        if self.has_collapsed:
            return 0.0
        return predicted_gain([iteration.objective for iteration in self.history[-3:]])

    def may_pass(self, rival: Trajectory, margin: float) -> bool:
        """Whether more EM steps may make it better than a rival that it does not pass yet."""
        gain = self.predicted_gain
        return gain >= margin and self.objective + 3.0 * gain >= rival.objective

    def climbed(self, n_steps: int) -> Trajectory:
        """Make EM steps, fewer if a covariance loses positive definiteness on the way."""
        return self.after(em_steps(self.problem, self.point, n_steps))

    def after(self, taken: Steps) -> Trajectory:
        """Go where steps from its point led."""
        seconds = time.perf_counter() - self.began
        steps = zip(taken.log_likelihoods, taken.objectives, strict=True)
        path = [
            Iteration(self.index, number, log_likelihood, objective, seconds)
            for number, (log_likelihood, objective) in enumerate(steps, start=self.n_steps + 1)
        ]
        has_collapsed = taken.collapse is not None
        return replace(self, point=taken.point, history=(*self.history, *path), has_collapsed=has_collapsed)

    def converged(self, tol: float, max_iter: int) -> Trajectory:
        """Make EM steps until the predicted gain is below `tol`."""
        current = self
        while current.n_steps <= max_iter and not current.predicted_gain < tol and not current.problem.fold.is_over:
            current = current.climbed(EM_STEPS_PER_LOOK)
        return current

    @property
    def last(self) -> Iteration:
        """The last step, or where it began."""
        here = Iteration(self.index, 0, self.point.log_likelihood, self.point.objective, 0.0)
        return self.history[-1] if self.history else here

    def told(self, outcome: Outcome) -> Run:
        """Record its course, without parameters."""
        return Run.course(self.index, self.name, outcome, self.history or [self.last])


def begun(
    problem: PenalizedProblem, starts: Sequence[Start], n_steps: int
) -> tuple[list[Trajectory], list[tuple[Start, CollapseError]]]:
    """Make the first EM steps from each start, in one call of the engine where the data are small.

    Parameters
    ----------
    problem : Problem
    starts : sequence of Start
    n_steps : int

    Returns
    -------
    trajectories : list of Trajectory
    failed : list of tuple of Start and CollapseError
        The others, where a component has no density.
    """
    began = time.perf_counter()
    places = [start.under(problem) for start in starts]
    ended = iter(em_steps_together(problem, [one for one in places if isinstance(one, Parameters)], n_steps))
    trajectories: list[Trajectory] = []
    failed: list[tuple[Start, CollapseError]] = []
    for start, place in zip(starts, places, strict=True):
        end = next(ended) if isinstance(place, Parameters) else place
        if isinstance(end, Steps):
            trajectories.append(Trajectory(problem, end.point, start.name, start.index, began).after(end))
        else:
            failed.append((start, end))
    return trajectories, failed


def climbed_together(trajectories: Sequence[Trajectory], n_steps: int) -> list[Trajectory]:
    """Make EM steps from each, in one call of the engine where the data are small; all are of one problem."""
    if not trajectories:
        return []
    every = em_steps_together(trajectories[0].problem, [one.point for one in trajectories], n_steps)
    return [
        replace(one, has_collapsed=True) if isinstance(taken, CollapseError) else one.after(taken)
        for one, taken in zip(trajectories, every, strict=True)
    ]


def best_past(trajectories: Sequence[Trajectory], rival: Trajectory, margin: float, max_iter: int) -> Trajectory:
    """Let trajectories make EM steps while they may become better than a rival, until one is; give the best."""
    done: list[Trajectory] = []
    going = list(trajectories)
    while going and not any(one.is_better_than(rival, margin) for one in done):
        going = climbed_together(going, EM_STEPS_PER_LOOK)
        goes_on = [
            one.n_steps <= max_iter
            and not one.problem.fold.is_over
            and not one.is_better_than(rival, margin)
            and one.may_pass(rival, margin)
            for one in going
        ]
        done += [one for one, goes in zip(going, goes_on, strict=True) if not goes]
        going = [one for one, goes in zip(going, goes_on, strict=True) if goes]
    return max(done, key=lambda one: one.objective)
