"""A candidate solution, and how it climbs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from mixfold.covariance import CovarianceFamily
from mixfold.errors import CollapseError
from mixfold.fitting import Ascent, Iteration, climb, climb_together, predicted_gain
from mixfold.models import Penalized, Point, Problem
from mixfold.parameters import Parameters

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
    began : float
        When it began, by `time.perf_counter`.
    n_met : int
        How many other starts ended on the same optimum.
    """

    name: str
    index: int
    point: Point
    history: list[Iteration] = field(repr=False)
    began: float
    n_met: int = 0

    def on(self, problem: Problem[Penalized]) -> Self:
        """Look at the same parameters on the rows of another problem."""
        return replace(self, point=Point.at(problem, self.point.parameters))

    @property
    def objective(self) -> float:
        """What candidates are compared by."""
        return self.point.objective

    def is_better_than(self, other: Candidate, margin: float) -> bool:
        """Whether its objective is higher, by more than a margin."""
        return self.objective > other.objective + margin

    @property
    def predicted_gain(self) -> float:
        """What it is predicted to gain still, in nats for each unit of weight."""
        return predicted_gain([iteration.objective for iteration in self.history[-3:]])

    def climbed(self, problem: Problem[Penalized], n_steps: int) -> Candidate:
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

    def converged(self, problem: Problem[Penalized], tol: float, max_iter: int) -> Candidate:
        """Make EM steps until the predicted gain is below `tol`."""
        current = self
        while len(current.history) <= max_iter and not current.predicted_gain < tol:
            before, current = current, current.climbed(problem, BLOCK)
            if len(current.history) == len(before.history):  # it collapsed at once
                break
        return current

    def may_pass(self, rival: Candidate, margin: float) -> bool:
        """Whether more EM steps may make it better than a rival that it does not pass yet."""
        gain = self.predicted_gain
        return gain >= margin and self.objective + 3.0 * gain >= rival.objective


def candidates_from(
    problem: Problem[Penalized],
    mixtures: Sequence[Parameters],
    family: CovarianceFamily,
    names: Sequence[tuple[str, int]],
) -> list[Candidate | CollapseError]:
    """Share the rows out between the components of each mixture, and take the M step of the problem's own family.

    Parameters
    ----------
    problem : Problem
    mixtures : sequence of Parameters
        In any family.
    family : CovarianceFamily
        That of the mixtures.
    names : sequence of tuple of str and int
        Name and index of the start that each comes from.

    Returns
    -------
    candidates : list of Candidate or CollapseError
        The error where a component has no density.
    """
    began = time.perf_counter()
    if family is problem.model.family:
        ends = [one if isinstance(one, CollapseError) else one.point for one in climb_together(problem, mixtures, 1)]
    else:
        ends = [_shared_out(problem, mixture, family) for mixture in mixtures]
    seconds = time.perf_counter() - began

    def candidate(point: Point, name: str, index: int) -> Candidate:
        first = Iteration(index, 1, point.log_likelihood, point.objective, seconds)
        return Candidate(name, index, point, [first], began)

    return [
        end if isinstance(end, CollapseError) else candidate(end, *name) for end, name in zip(ends, names, strict=True)
    ]


def _shared_out(problem: Problem[Penalized], mixture: Parameters, family: CovarianceFamily) -> Point | CollapseError:
    try:
        statistics = problem.fold.statistics(mixture.potentials(family), problem.model.structure)
        return Point.at(problem, problem.model.maximize(statistics))
    except CollapseError as error:
        return error


def climbed_together(problem: Problem[Penalized], candidates: Sequence[Candidate], n_steps: int) -> list[Candidate]:
    """Make EM steps from each, in one call of the engine where the data are small."""
    ascents = climb_together(problem, [candidate.point for candidate in candidates], n_steps)
    return [
        candidate if isinstance(ascent, CollapseError) else candidate.after(ascent)
        for candidate, ascent in zip(candidates, ascents, strict=True)
    ]


def best_past(
    problem: Problem[Penalized], candidates: Sequence[Candidate], rival: Candidate, margin: float, max_iter: int
) -> Candidate:
    """Let candidates make EM steps while they may become better than a rival, until one is; give the best of them."""
    done: list[Candidate] = []
    going = list(candidates)
    while going and not any(one.is_better_than(rival, margin) for one in done):
        climbed = climbed_together(problem, going, BLOCK)
        goes_on = [
            len(before.history) < len(after.history) <= max_iter  # else it collapsed at once
            and not after.is_better_than(rival, margin)
            and after.may_pass(rival, margin)
            for before, after in zip(going, climbed, strict=True)
        ]
        done += [one for one, goes in zip(climbed, goes_on, strict=True) if not goes]
        going = [one for one, goes in zip(climbed, goes_on, strict=True) if goes]
    return max(done, key=lambda one: one.objective)
