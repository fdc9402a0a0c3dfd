"""`Race`: starts climb side by side, and those behind leave (successive halving)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, final

import numpy as np

from mixfold.fitting import Outcome
from mixfold.models import PenalizedProblem
from mixfold.search.starting_values import STARTS_AT_A_TIME
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
            if staying and last.objective - racer.objective < racer.margin:
                staying[-1] = last.having_met(racer)
                self.left.append((racer, Outcome.DUPLICATE))
            else:
                staying.append(racer)
        self.racers = staying[:n_staying]
        self.left += [(racer, Outcome.DROPPED) for racer in staying[n_staying:]]

    def join(self, starters: Sequence[Trajectory], rounds: Sequence[int], advance: Advance = climbed_together) -> None:
        """Let starters climb until they are on their optima, without hope to come near the best of all, or behind.

        Behind is who is not among the best of all that have come as far, one of `N_STAYING`: asynchronous successive
        halving (Li et al. 2020). None of the first `STARTS_AT_A_TIME` starters is.

        Parameters
        ----------
        starters : sequence of Trajectory
        rounds : sequence of int
            EM steps of each round, the same whoever joins; none where starters have made them.
        advance : callable
        """
        if not self._reached:
            self._reached = [[] for _ in rounds]
        is_first = len(self._reached[0]) < STARTS_AT_A_TIME
        climbing = list(starters)
        for n_steps, reached in zip(rounds, self._reached, strict=True):
            if not climbing:
                break
            climbed = advance(climbing, n_steps) if n_steps else climbing
            reached += [one.objective for one in climbed]
            least = -np.inf if is_first else sorted(reached, reverse=True)[len(reached) // N_STAYING]
            # As if the first had begun together.
            best = max(reached) if is_first else max(one.objective for one in (*self.racers, *climbed))
            climbing = []
            for one in climbed:
                gain, height = one.predicted_gain, one.objective + one.margin
                if height + HOPED_GAINS * gain < best or height < least:
                    self.left.append((one, Outcome.DROPPED))
                elif gain < CONVERGED_NATS:
                    self.racers.append(one)
                else:
                    climbing.append(one)
        self.racers += climbing
        self.keep(len(self.racers))

    def have_met(self, n_made: int) -> bool:
        """Tell whether of so many starts enough are on the best optimum: two of the first, more of more.

        Where the first have not met the data are difficult. They are where EM is slow, too: of the first few starts all
        must meet there.
        """
        if not self.racers:
            return False
        is_slow = self.leader.n_steps > 2 * sum(EM_STEPS_OF_ROUNDS[:2])
        n_wanted = n_next(0) - 1 if n_made < STARTS_AT_A_TIME and is_slow else n_made / STARTS_AT_A_TIME
        return self.leader.n_met >= n_wanted and self.leader.predicted_gain < TOL_NATS

    def move_to(self, problem: PenalizedProblem) -> None:
        """Go on on other rows."""
        self.racers = [racer.on(problem) for racer in self.racers]


def n_next(n_made: int, *, is_dear: bool = False) -> int:
    """Count the starts that race next: the greater half of the first before the rest, as most searches end with them.

    Where steps are dear as few as can meet, and then one after the other.

    >>> from mixfold.search.race import n_next
    >>> n_next(0), n_next(3), n_next(5), n_next(0, is_dear=True), n_next(2, is_dear=True)
    (3, 2, 5, 2, 1)
    """
    if is_dear:
        return 1 if n_made else 2
    return STARTS_AT_A_TIME - n_made % STARTS_AT_A_TIME if n_made else STARTS_AT_A_TIME // 2 + 1
