"""The search for the best optimum: a race of many starts, then moves from the winner."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
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
STARTS_AT_A_TIME = 5
"""Starts that race together: when the best two of all meet on one optimum, no more are made."""
ROUNDS = (8, 24, 60)
"""EM steps of each round of a race, after which those without hope leave."""
STAYING = 0.4
"""Share of all racers that stay after a round."""
LAST_ROUND, N_STAYING = 60, 4
"""EM steps of the best few when all starts were made, and how many these are."""
SAMPLE_NUMBERS = 1 << 22
"""Of wide data a search looks at so many numbers, if they make rows enough for the covariances."""
FIRST_ROWS, FIRST_NEEDS = 2000, 20
"""Rows that a race looks at: so many, or so many times those that the covariances need."""
BLOCK = 8
"""EM steps of a racer between two looks at it, where they are dear."""
HOPE = 20.0
"""A racer leaves when this many times its predicted gain would not bring it to the leader."""
FIRST_EXCHANGES = 4
"""Exchanges of components that are tried first; later they take turns with components reseeded at random."""
LEAST_PATIENCE = 8.0
"""Moves in a row that may fail even where starts have met on the best optimum."""
MOVES_AT_ONCE = 4
"""Moves that climb in one call, where it is short."""
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

    The race: candidates of a mixed portfolio climb side by side, a few starts at a time; those without hope, and those
    on the same optimum as another, leave. When two have met on the best one, no more starts are made, and fewer moves
    must fail. The winner converges, and is then moved: components are merged, split and reseeded (see split_merge.py),
    and a move is kept when what it leads to is better.

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
        """Let starts climb side by side, a few at a time, until two meet on the best optimum; give it."""
        part = sample.part(max(FIRST_ROWS, self._rows_needed(sample.rows.shape[1])), self.random_state)
        problem = replace(whole, fold=part.fold)
        named = portfolio(part, self.n_components, self.effort.n_random, self.random_state, with_once=is_first)
        starts = enumerate(named, start=len(self.runs))
        racers: list[Candidate] = []
        n_batches, self._agreement = 0, 0.0
        rungs: list[list[float]] = [[] for _ in ROUNDS]
        while not (racers and self._is_over()):
            batch = list(islice(starts, STARTS_AT_A_TIME))
            if not batch:
                for behind in racers[N_STAYING:]:
                    self._record(problem, behind, Outcome.DROPPED)
                best = [one.on(whole) for one in racers[:N_STAYING]]
                racers = self._distinct(whole, self._climbed(whole, best, LAST_ROUND))
                break
            racers = self._distinct(problem, self._raced(problem, racers, self._starters(problem, part, batch), rungs))
            n_batches += 1
            # Where the first starts have not met the data are difficult, and more must meet.
            if racers and racers[0].n_met >= n_batches and racers[0].predicted_gain < SAME:
                self._agreement = 1.0
                break
        if not racers:
            raise CollapseError(self.runs[-1].reason)
        for other in racers[1:]:
            self._record(problem, other, Outcome.DROPPED)
        winner = racers[0].on(whole).converged(whole, CONVERGED, MAX_STEPS)
        self._record(whole, winner, Outcome.WON)
        return winner

    def _raced(
        self, problem: Problem[Penalized], before: list[Candidate], starters: list[Candidate], rungs: list[list[float]]
    ) -> list[Candidate]:
        """Let starters climb until they are on their optima, without hope to come near the best of all, or behind.

        Behind is who is not among the best `STAYING` of all that have come as far: asynchronous successive halving (Li
        et al. 2020). None of the first starts is.
        """
        climbing, done, is_first = starters, before, not rungs[0]
        for n_steps, rung in zip(ROUNDS, rungs, strict=True):
            if not climbing:
                break
            climbed = (self._thriftily if self.effort.is_thrifty else self._climbed)(problem, climbing, n_steps)
            rung += [one.objective for one in climbed]
            least = -np.inf if is_first else sorted(rung, reverse=True)[int(STAYING * len(rung))]
            leader = max(one.objective for one in done + climbed)
            climbing = []
            for one in climbed:
                if one.objective + HOPE * one.predicted_gain < leader - SAME or one.objective < least:
                    self._record(problem, one, Outcome.DROPPED)
                elif one.predicted_gain < CONVERGED:
                    done = [*done, one]
                else:
                    climbing.append(one)
        return done + climbing

    def _distinct(self, problem: Problem[Penalized], racers: list[Candidate]) -> list[Candidate]:
        """Give racers in the order of their objectives, one for each optimum."""
        staying: list[Candidate] = []
        for racer in sorted(racers, key=lambda one: one.objective, reverse=True):
            last = staying[-1] if staying else racer
            if staying and last.objective - racer.objective < SAME:
                staying[-1] = replace(last, n_met=last.n_met + 1 + racer.n_met)
                self._record(problem, racer, Outcome.DUPLICATE)
            else:
                staying.append(racer)
        return staying

    def _rows_needed(self, n_features: int) -> int:
        return FIRST_NEEDS * self.n_components * self.family.rows_needed(n_features)

    def _starters(
        self, problem: Problem[Penalized], sample: Sample, batch: Sequence[tuple[int, tuple[str, Parameters]]]
    ) -> list[Candidate]:
        """Share the rows out between the components of each start; one without density is recorded."""
        names = [(name, index) for index, (name, _) in batch]
        made = candidates_from(problem, [components for _, (_, components) in batch], sample.family, names)
        starters: list[Candidate] = []
        for (name, index), one in zip(names, made, strict=True):
            if isinstance(one, Candidate):
                starters.append(one)
            else:
                self.runs.append(Run.of(index, name, problem, None, Outcome.COLLAPSED, str(one), ()))
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
        at_once = max(1, len(racers)) if problem.fold.has_loops else 1
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
