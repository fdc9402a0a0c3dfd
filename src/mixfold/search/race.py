"""`Race`: starts climb side by side, and those behind leave (successive halving)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, final

import numpy as np

from mixfold.fitting import Outcome
from mixfold.models import PenalizedProblem
from mixfold.search.trajectory import (
    CONVERGED_NATS,
    EM_STEPS_PER_LOOK,
    HOPED_GAINS,
    TOL_NATS,
    Trajectory,
    climbed_together,
)

N_STAYING = 3
"""How many of the best are gone on with: of a race, and of the cells close to the best, by searches of their own. So
many times as long is each round of a race as the one before, after which one of so many stays."""
EM_STEPS_OF_ROUNDS = tuple(EM_STEPS_PER_LOOK * N_STAYING**n for n in range(3))
"""Of a race, after each of which those behind leave."""

Advance: TypeAlias = Callable[[Sequence[Trajectory], int], list[Trajectory]]
"""Makes so many EM steps, or fewer, from each."""


@final
@dataclass(slots=True)
class Race:
    """Trajectories of one problem, of which fewer stay after each round.

    Attributes
    ----------
    racers : list of Trajectory
        Those that are left, the best first once there was a round.
    left : list of tuple of Trajectory and Outcome
        The others, and why they left.
    """

    racers: list[Trajectory] = field(default_factory=list)
    left: list[tuple[Trajectory, Outcome]] = field(default_factory=list)
    _reached: list[list[float]] = field(default_factory=list, repr=False)

    @property
    def leader(self) -> Trajectory:
        """The best."""
        return self.racers[0]

    def run(self, n_steps: int, n_staying: int, advance: Advance = climbed_together) -> None:
        """Let all make so many EM steps, and the best of them stay."""
        self.racers = advance(self.racers, n_steps)
        self.keep(n_staying)

    def keep(self, n_staying: int) -> None:
        """Let the best stay, of those on the same optimum one."""
        staying: list[Trajectory] = []
        for racer in sorted(self.racers, key=lambda one: one.objective, reverse=True):
            last = staying[-1] if staying else racer
            if staying and last.objective - racer.objective < TOL_NATS:
                staying[-1] = replace(last, n_met=last.n_met + 1 + racer.n_met)
                self.left.append((racer, Outcome.DUPLICATE))
            else:
                staying.append(racer)
        self.racers = staying[:n_staying]
        self.left += [(racer, Outcome.DROPPED) for racer in staying[n_staying:]]

    def join(self, starters: Sequence[Trajectory], rounds: Sequence[int], advance: Advance = climbed_together) -> None:
        """Let starters climb until they are on their optima, without hope to come near the best of all, or behind.

        Behind is who is not among the best of all that have come as far, one of `N_STAYING`: asynchronous successive
        halving (Li et al. 2020). None of the first starters is.

        Parameters
        ----------
        starters : sequence of Trajectory
        rounds : sequence of int
            EM steps of each round, the same whoever joins; none where starters have made them.
        advance : callable
        """
        is_first = not self._reached
        if is_first:
            self._reached = [[] for _ in rounds]
        climbing = list(starters)
        for n_steps, reached in zip(rounds, self._reached, strict=True):
            if not climbing:
                break
            climbed = advance(climbing, n_steps) if n_steps else climbing
            reached += [one.objective for one in climbed]
            least = -np.inf if is_first else sorted(reached, reverse=True)[len(reached) // N_STAYING]
            best = max(one.objective for one in (*self.racers, *climbed))
            climbing = []
            for one in climbed:
                hoped = one.objective + HOPED_GAINS * one.predicted_gain
                if hoped < best - TOL_NATS or one.objective < least - TOL_NATS:
                    self.left.append((one, Outcome.DROPPED))
                elif one.predicted_gain < CONVERGED_NATS:
                    self.racers.append(one)
                else:
                    climbing.append(one)
        self.racers += climbing
        self.keep(len(self.racers))

    def move_to(self, problem: PenalizedProblem) -> None:
        """Go on on other rows."""
        self.racers = [racer.on(problem) for racer in self.racers]
