"""`Trajectory`: where EM came to from one start, and how; what a race, moves and a sweep are made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from mixfold.engines import StoppingRule
from mixfold.errors import CollapseError
from mixfold.fitting import (
    Iteration,
    Outcome,
    Run,
    Steps,
    Stopping,
    best_em_steps,
    em_steps,
    em_steps_together,
    predicted_gain,
)
from mixfold.fitting.course import Course, Leg
from mixfold.fitting.em import BLOCK
from mixfold.fitting.stopping import resolution_of_few
from mixfold.models import PenalizedProblem, Point
from mixfold.search.start import Start

EM_STEPS_PER_LOOK = BLOCK
"""Between two looks at what is left to gain, as in a fit: all numbers of steps in a search are made of it."""
TOL_NATS, MAX_EM_STEPS = Stopping().tol, Stopping().max_iter
"""When EM ends, as in a fit by default; objectives closer than that, for each unit of weight, are the same optimum."""
CONVERGED_NATS = 0.1 * TOL_NATS
"""A predicted gain, for each unit of weight, below which a trajectory is on its optimum."""
RESTING = StoppingRule(EM_STEPS_PER_LOOK, CONVERGED_NATS)
"""No steps are made on an optimum. They do not leap: starts that do come to fewer optima."""
SOON_RESTING = replace(RESTING, interval=EM_STEPS_PER_LOOK // 2)
"""The same where a step is dear beside a look."""
HOPED_GAINS = 6.0
"""A racer leaves, and a cell is given up, when so many times its predicted gain would not bring it to the best."""
HOPED_GAINS_OF_MOVES = HOPED_GAINS * 2.0 / 3.0
"""The same of a move, which begins near an optimum that is known."""
EM_STEPS_PER_LOOK_OF_MOVES = EM_STEPS_PER_LOOK // 2 - 1
"""Between two looks at a move, most of which end at the first: the fewest from which a gain is predicted."""
NEAR_NATS = 100.0 * TOL_NATS
"""So close below a rival moves are believed to end where they are predicted to: most have come back to it."""


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
    before : tuple of Iteration
        The EM steps that it had made when it was taken up again.
    legs : tuple of tuple of (float, list of float, list of float)
        Those since then, a call each: seconds, log-likelihoods and objectives. Most are never asked for more.
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
    before: tuple[Iteration, ...] = field(default=(), repr=False)
    legs: tuple[Leg, ...] = field(default=(), repr=False)
    has_collapsed: bool = False
    n_met: int = 0

    def on(self, problem: PenalizedProblem) -> Self:
        """Look at the same parameters on the rows of another problem; itself where they are the same rows."""
        if problem.fold is self.problem.fold:
            return self
        point = em_steps(problem, self.point.parameters, 0).point
        return replace(self, problem=problem, point=point, has_collapsed=False)

    @property
    def objective(self) -> float:
        """What trajectories are compared by."""
        return self.point.objective

    @property
    def n_steps(self) -> int:
        """Count the EM steps."""
        done = self.before[-1].number if self.before else 0
        return done + sum(len(objectives) for *_, objectives in self.legs)

    @property
    def history(self) -> tuple[Iteration, ...]:
        """Its EM steps so far."""
        return self.course().iterations

    def course(self, shift: float = 0.0) -> Course:
        """Give its EM steps so far, with densities that are so much higher."""
        return Course(self.index, self.before, self.legs, shift)

    @property
    def margin(self) -> float:
        """By how much the objectives of other optima differ from its own, at least: by more than rounding."""
        return margin_of(self.problem, self.objective)

    def is_better_than(self, other: Trajectory, problem: PenalizedProblem | None = None) -> bool:
        """Whether its objective is higher by more than its margin; on other rows, if a problem has them."""
        one, other = (self, other) if problem is None else (self.on(problem), other.on(problem))
        return one.objective > other.objective + one.margin

    @property
    def predicted_gain(self) -> float:
        """What it is predicted to gain still, in nats for each unit of weight."""
        if self.has_collapsed:
            return 0.0
        last = [one.objective for one in self.before[-3:]]
        for *_, objectives in self.legs[-3:]:
            last += objectives[-3:]
        return predicted_gain(last[-3:], resolution_of_few(self.problem.fold.source.first))

    def climbed(self, n_steps: int, rule: StoppingRule | None = RESTING) -> Trajectory:
        """Make EM steps, fewer as the rule says or if a covariance loses positive definiteness on the way."""
        return self.after(em_steps(self.problem, self.point, n_steps, rule))

    def after(self, taken: Steps) -> Trajectory:
        """Go where steps from its point led."""
        leg = time.perf_counter() - self.began, taken.log_likelihoods, taken.objectives
        # Not `replace`, which costs as much as some EM steps.
        return Trajectory(
            self.problem,
            taken.point,
            self.name,
            self.index,
            self.began,
            self.before,
            (*self.legs, leg),
            taken.collapse is not None,
            self.n_met,
        )

    def having_met(self, other: Trajectory) -> Trajectory:
        """Say that another ended on the same optimum, with those that it had met."""
        n_met = self.n_met + 1 + other.n_met
        return Trajectory(
            self.problem,
            self.point,
            self.name,
            self.index,
            self.began,
            self.before,
            self.legs,
            self.has_collapsed,
            n_met,
        )

    def converged(
        self, tol: float = CONVERGED_NATS, max_iter: int = MAX_EM_STEPS, problem: PenalizedProblem | None = None
    ) -> Trajectory:
        """Make EM steps until the predicted gain is below `tol`, or time is over; of another problem if it is given."""
        there = self if problem is None else self.on(problem)
        # Steps on other rows have not told what is left to gain on these.
        if there.problem.fold.is_over or (there is self and self.predicted_gain < tol):
            return there
        return there.climbed(max(max_iter - self.n_steps, EM_STEPS_PER_LOOK), replace(RESTING, gain=tol, leaps=True))

    @property
    def last(self) -> Iteration:
        """The last step, or where it began."""
        seconds = self.legs[-1][0] if self.legs else self.before[-1].seconds if self.before else 0.0
        return Iteration(self.index, self.n_steps, self.point.log_likelihood, self.point.objective, seconds)

    def told(self, outcome: Outcome) -> Run:
        """Record its course, without parameters."""
        return Run.course(self.index, self.name, outcome, self.course() or (self.last,))


def margin_of(problem: PenalizedProblem, objective: float) -> float:
    """Give by how much the objectives of two optima near one differ, at least: in single precision much is rounding."""
    return max(TOL_NATS, resolution_of_few(problem.fold.source.first) * abs(objective))


def begun(
    problem: PenalizedProblem, starts: Sequence[Start], n_steps: int, rule: StoppingRule | None = None
) -> tuple[list[Trajectory], list[tuple[Start, CollapseError]]]:
    """Make the first EM steps from each start, in one call of the engine where the data are small.

    Parameters
    ----------
    problem : Problem
    starts : sequence of Start
    n_steps : int
    rule : StoppingRule, optional
        When steps end early.

    Returns
    -------
    trajectories : list of Trajectory
    failed : list of tuple of Start and CollapseError
        The others, where a component has no density.
    """
    began = time.perf_counter()
    ended = em_steps_together(problem, [start.under(problem) for start in starts], n_steps, rule)
    trajectories: list[Trajectory] = []
    failed: list[tuple[Start, CollapseError]] = []
    for start, end in zip(starts, ended, strict=True):
        if isinstance(end, Steps):
            trajectories.append(Trajectory(problem, end.point, start.name, start.index, began).after(end))
        else:
            failed.append((start, end))
    return trajectories, failed


def climbed_together(
    trajectories: Sequence[Trajectory], n_steps: int, rule: StoppingRule | None = RESTING
) -> list[Trajectory]:
    """Make EM steps from each, in one call of the engine where the data are small; all are of one problem."""
    if not trajectories:
        return []
    every = em_steps_together(trajectories[0].problem, [one.point for one in trajectories], n_steps, rule)
    return [
        replace(one, has_collapsed=True) if isinstance(taken, CollapseError) else one.after(taken)
        for one, taken in zip(trajectories, every, strict=True)
    ]


def best_past(
    problem: PenalizedProblem,
    starts: Sequence[Start],
    objective: float,
    margin: float | None = None,
    max_iter: int = MAX_EM_STEPS,
) -> Trajectory | None:
    """Make EM steps from each start until it has passed an objective, or has no hope to; give the best.

    None where no start has a density.
    """
    margin = margin_of(problem, objective) if margin is None else margin
    ends = objective + margin
    rule = StoppingRule(EM_STEPS_PER_LOOK_OF_MOVES, margin, HOPED_GAINS_OF_MOVES, objective, NEAR_NATS, ends)
    began = time.perf_counter()
    best = best_em_steps(problem, [start.under(problem) for start in starts], max_iter, rule)
    if best is None:
        return None
    at, steps = best
    return Trajectory(problem, steps.point, starts[at].name, starts[at].index, began).after(steps)
