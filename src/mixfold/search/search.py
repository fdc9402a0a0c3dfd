"""The search for the best optimum: a race of many starts, then moves from the winner."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Self, final

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.errors import CollapseError
from mixfold.fitting import Callback, Climb, DataScale, Iteration, Journal, Outcome, Run
from mixfold.fitting.frame import Frame
from mixfold.fold import SAMPLE_ROWS
from mixfold.models import Penalized, Problem
from mixfold.parameters import Parameters
from mixfold.search.candidate import Candidate, best_past, candidates_from, climbed_together
from mixfold.search.sample import Sample
from mixfold.search.split_merge import exchanges, reseeded
from mixfold.search.starting_values import portfolio

SAME = 1e-6
"""Objectives closer than this, in nats for each unit of weight, are the same optimum."""
CONVERGED = 1e-7
"""A predicted gain, in the same units, below which a candidate is on its optimum."""
ROUNDS = ((8, 10), (24, 4), (60, 1))
"""EM steps of each round of the race, and how many candidates stay."""
SAMPLE_NUMBERS = 1 << 22
"""Of wide data a search looks at so many numbers, if they make rows enough for the covariances."""
FIRST_ROWS, FIRST_NEEDS = 2000, 20
"""Rows that the first round looks at: so many, or so many times those that the covariances need."""
BLOCK = 8
"""EM steps of a racer between two looks at it, where they are dear."""
HOPE = 20.0
"""A racer rests for a round when this many times its predicted gain would not bring it to the leader."""
GROWTH = 4
"""How many times as many rows the next round looks at."""
FIRST_EXCHANGES = 4
"""Exchanges of components that are tried first; later they take turns with components reseeded at random."""
LEAST_PATIENCE = 12.0
"""Moves in a row that may fail even where all starts had met at the same optimum."""
STARTS_AT_ONCE, MOVES_AT_ONCE = 8, 4
"""Starts and moves that climb in one call, where it is short."""
MAX_STEPS = 500
CHEAP_STEP = 1.5e6
"""Rows times components times numbers in a component's scatter, up to which a search makes its whole effort."""
LEAST_SHARE = 0.1
"""Of that effort, however costly a step is."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard a search tries, and for how long.

    Attributes
    ----------
    n_random : int
        Random starts in the race, beside those that come once.
    patience : int
        Moves in a row that may fail before the search ends.
    deadline : float
        When to end at the latest, by `time.perf_counter`.
    is_thrifty : bool
        Whether steps are so dear that racers rest when there is nothing left to gain, or no hope.
    n_turns : int
        How many times all of this is done, each time from the best so far.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.models import Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.search import Effort
    >>> problem = Problem(Fold.of_rows(np.zeros((100, 2))), family_for("full"), Prior.from_ridge(1e-6))
    >>> Effort.usual(problem, n_components=3)
    Effort(n_random=15, patience=44, deadline=inf, is_thrifty=False, n_turns=1)
    """

    n_random: int
    patience: int
    deadline: float = np.inf
    is_thrifty: bool = False
    n_turns: int = 1

    @classmethod
    def usual(cls, problem: Problem[Penalized], n_components: int, n_turns: int = 1, deadline: float = np.inf) -> Self:
        """Give the effort that more components need more of, and that costly steps leave less of.

        Parameters
        ----------
        problem : Problem
        n_components : int
        n_turns : int
        deadline : float
        """
        source, family = problem.fold.source, problem.model.family
        numbers = math.prod(family.structure.shape(1, source.n_features))
        affordable = CHEAP_STEP / (source.n_rows * n_components * numbers * family.step_cost)
        share = max(LEAST_SHARE, min(1.0, affordable))
        n_random = share * min(9 + 2 * n_components, 27)
        patience = share * min(16 * n_components - 4, 100)
        return cls(max(4, round(n_random)), max(2, round(patience)), deadline, affordable < LEAST_SHARE, n_turns)


@final
@dataclass(slots=True)
class Search:
    """A search for the best optimum of a family with K components.

    The race: candidates of a mixed portfolio climb side by side for a few EM steps; those behind, and those on the same
    optimum as another, leave (successive halving). The winner converges, and is then moved: components are merged,
    split and reseeded (see split_merge.py), and a move is kept when what it leads to is better.

    A search sees a bounded sample of the rows, and climbs the objective of the fit on them.

    Attributes
    ----------
    problem : Problem
        What the fit climbs, on all rows.
    scale : DataScale
        Of all rows.
    n_components : int
    random_state : RandomState
    effort : Effort
    callback : callable or None
        Sees each candidate as it climbs; a true result ends the search with the best so far.
    journal : Journal or None
        Keeps the best after each move; a search whose race it has gone through goes on from there, to the same bits.
    runs : list of Run
        Every start of the race, with its end; filled by `best`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.fitting import DataScale
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.search import Effort, Search
    >>> fold, family = Fold.of_rows(load_faithful().data), family_for("full")
    >>> scale = DataScale.of(fold)
    >>> problem = Problem(fold, Penalized(family, scale.prior(family, 2)))
    >>> search = Search(problem, scale, 2, np.random.RandomState(0), Effort(n_random=4, patience=2))
    >>> search.best().weights.round(2)
    array([0.64, 0.36])
    >>> sorted({str(run.outcome) for run in search.runs})
    ['duplicate', 'won']
    """

    problem: Problem[Penalized]
    scale: DataScale
    n_components: int
    random_state: np.random.RandomState
    effort: Effort
    callback: Callback | None = None
    journal: Journal | None = None
    runs: list[Run] = field(default_factory=list)
    _frame: Frame = field(init=False, repr=False)
    _stopped: bool = False
    _agreement: float = 0.0

    def best(self) -> Parameters:
        """Run the search and give the parameters that it found, the components of most weight first.

        Raises
        ------
        CollapseError
            If no start has a density.
        """
        d = self.problem.fold.source.n_features
        n_rows = min(SAMPLE_ROWS, max(SAMPLE_NUMBERS // d, self._rows_needed(d)))
        then = self.journal if self.journal and self.journal.moves else None
        random_state = then.first_random_state() if then else self.random_state
        sample = Sample.of(self.problem.fold, self.family, self.scale, random_state, n_rows, self.n_components)
        self._frame = sample.frame
        problem = sample.problem(self.problem)
        best = self._resumed(then) if then else None
        moves = then.moves if then else None
        # One turn after the other, with random numbers that go on: more turns end where fewer did, or higher.
        for turn in range(int(moves.get("turn", 0)) if moves else 0, self.effort.n_turns):
            if moves is None:
                winner = self._race(problem, sample, is_first=turn == 0)
                best = winner if best is None or winner.is_better_than(best, SAME) else best
            assert best is not None  # noqa: S101  (of a race, or of before)
            if self.n_components > 1 and not self._is_over():
                best = self._moved(problem, sample, best, moves or {"turn": turn, "agreement": self._agreement})
            moves = None
            if self._is_over():
                break
        assert best is not None  # noqa: S101  (there is a turn)
        self.runs.sort(key=lambda run: run.restart)
        found = self._frame.back(best.point.parameters, self.family)
        return found.reordered(np.argsort(-found.weights, kind="stable"), self.family)

    @property
    def family(self) -> CovarianceFamily:
        """That of the problem."""
        return self.problem.model.family

    def _race(self, whole: Problem[Penalized], sample: Sample, *, is_first: bool) -> Candidate:
        """Let starts climb side by side, on more rows the fewer they are, and give the one that gets highest."""
        needed = self._rows_needed(sample.rows.shape[1])
        part = sample.part(max(FIRST_ROWS, needed), self.random_state)
        problem = replace(whole, fold=part.fold)
        racers = self._starters(problem, part, is_first=is_first)
        n_starts, agreeing = len(racers), 1
        for n_steps, n_staying in ROUNDS:
            climbed = self._thriftily if self.effort.is_thrifty else self._climbed
            racers = climbed(problem, racers, n_steps)
            racers.sort(key=lambda racer: racer.objective, reverse=True)
            staying: list[Candidate] = []
            for racer in racers:
                if any(abs(racer.point.objective - other.point.objective) < SAME for other in staying):
                    self._record(problem, racer, Outcome.DUPLICATE)
                    if abs(racer.point.objective - racers[0].point.objective) < SAME:
                        agreeing += 1
                elif len(staying) == n_staying:
                    self._record(problem, racer, Outcome.DROPPED)
                else:
                    staying.append(racer)
            racers = staying
            if part is not sample:
                part = sample.part(GROWTH * len(part.rows), self.random_state)
                problem = replace(whole, fold=part.fold)
                racers = [racer.on(problem) for racer in racers]
            if len(racers) == 1 or self._is_over():
                break
        self._agreement = agreeing / n_starts
        winner, others = racers[0], racers[1:]
        for other in others:
            self._record(problem, other, Outcome.DROPPED)
        winner = (winner if part is sample else winner.on(whole)).converged(whole, CONVERGED, MAX_STEPS)
        self._record(whole, winner, Outcome.WON)
        return winner

    def _rows_needed(self, n_features: int) -> int:
        return FIRST_NEEDS * self.n_components * self.family.rows_needed(n_features)

    def _starters(self, problem: Problem[Penalized], sample: Sample, *, is_first: bool) -> list[Candidate]:
        starters: list[Candidate] = []
        reason = ""
        at_once = STARTS_AT_ONCE if problem.fold.has_loops else 1
        named = portfolio(sample, self.n_components, self.effort.n_random, self.random_state, with_once=is_first)
        starts = enumerate(named, start=len(self.runs))
        while batch := list(islice(starts, at_once)):
            names = [(name, index) for index, (name, _) in batch]
            mixtures = [components for _, (_, components) in batch]
            made = candidates_from(problem, mixtures, sample.family, names)
            for (name, index), one in zip(names, made, strict=True):
                if isinstance(one, Candidate):
                    starters.append(one)
                else:
                    reason = str(one)
                    self.runs.append(Run.of(index, name, problem, None, Outcome.COLLAPSED, reason, ()))
            if self._is_over() and starters:
                break
        if not starters:
            raise CollapseError(reason)
        return starters

    def _resumed(self, journal: Journal) -> Candidate:
        """Give the best candidate of a search that ended before its time."""
        climb = journal.climb
        assert climb is not None  # noqa: S101  (moves have a best)
        self.runs.extend(journal.raced)
        return Candidate(climb.name, climb.restart, climb.point, climb.history, time.perf_counter())

    def _moved(self, problem: Problem[Penalized], sample: Sample, best: Candidate, then: dict[str, float]) -> Candidate:
        """Try moves until `patience` of them failed in a row, fewer where many starts met at the winner's."""
        n_failed, n_tried, n_planned = (int(then.get(name, 0)) for name in ("failed", "tried", "planned"))
        at_once = MOVES_AT_ONCE if problem.fold.has_loops else 1
        patience = LEAST_PATIENCE + (1.0 - then["agreement"]) * self.effort.patience
        mixture = sample.dense(best.point.parameters, self.family)
        planned = islice(exchanges(sample, mixture), n_planned, None)
        while n_failed < patience and not self._is_over():
            if self.journal:
                climb = Climb(best.index, best.name, best.point, best.history)
                numbers = {"failed": n_failed, "tried": n_tried, "planned": n_planned}
                self.journal.search_moved(climb, self.runs, {**then, **numbers})
            is_early = n_failed < FIRST_EXCHANGES
            n_exchanges = at_once if is_early else sum(number % 3 == 0 for number in range(n_tried, n_tried + at_once))
            batch = list(islice(planned, n_exchanges))
            n_planned += len(batch)
            n_moved = [2 if number % 5 == 0 else 1 for number in range(n_tried + len(batch), n_tried + at_once)]
            if n_moved:
                batch += reseeded(sample, mixture, n_moved, self.random_state)
            n_tried += at_once
            n_failed += at_once
            made = candidates_from(problem, batch, sample.family, [(best.name, best.index)] * len(batch))
            moving = [one for one in made if isinstance(one, Candidate)]
            if not moving:
                continue
            moved = best_past(problem, moving, best, SAME, MAX_STEPS // 2)
            if moved.is_better_than(best, SAME):
                moved = moved.converged(problem, CONVERGED, MAX_STEPS)
            # Asked again, because a component may have lost its rows on the way to the optimum.
            if moved.is_better_than(best, SAME):
                best, n_failed, n_planned = moved, 0, 0
                mixture = sample.dense(best.point.parameters, self.family)
                planned = islice(exchanges(sample, mixture), None)
                self._saw(best)
        return best

    def _climbed(self, problem: Problem[Penalized], racers: list[Candidate], n_steps: int) -> list[Candidate]:
        """Let all climb in one call, if it is short; else one by one, while there is time."""
        at_once = len(racers) if problem.fold.has_loops else 1
        climbed: list[Candidate] = []
        for first in range(0, len(racers), at_once):
            batch = racers[first : first + at_once]
            if not self._is_over():
                batch = climbed_together(problem, batch, n_steps)
                for racer in batch:
                    self._saw(racer)
            climbed += batch
        return climbed

    def _thriftily(self, problem: Problem[Penalized], racers: list[Candidate], n_steps: int) -> list[Candidate]:
        """Let each climb until it is on its optimum, or will not come near the best of those before."""
        climbed: list[Candidate] = []
        for racer in racers:
            leader = max(climbed, key=lambda one: one.objective, default=racer)
            for done in range(0, n_steps, BLOCK):
                if self._is_over():
                    break
                racer = racer.climbed(problem, min(BLOCK, n_steps - done))  # noqa: PLW2901
                self._saw(racer)
                hoped = racer.objective + HOPE * racer.predicted_gain
                if racer.predicted_gain < CONVERGED or hoped < leader.objective:
                    break
            climbed.append(racer)
        return climbed

    def _is_over(self) -> bool:
        return self._stopped or time.perf_counter() > self.effort.deadline

    def _saw(self, racer: Candidate) -> None:
        if self.callback and self.callback(self._in_units(racer.history[-1])):
            self._stopped = True

    def _record(self, problem: Problem[Penalized], racer: Candidate, outcome: Outcome) -> None:
        parameters = self._frame.back(racer.point.parameters, self.family)
        point, history = replace(racer.point, parameters=parameters), [self._in_units(one) for one in racer.history]
        self.runs.append(Run.of(racer.index, racer.name, problem, point, outcome, outcome.value, history))

    def _in_units(self, iteration: Iteration) -> Iteration:
        """Give an iteration with densities in the data's units."""
        shift = self._frame.log_determinant
        likelihood, objective = iteration.log_likelihood + shift, iteration.objective + shift
        return replace(iteration, log_likelihood=likelihood, objective=objective)
