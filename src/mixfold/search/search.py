"""The search for the best optimum: a race of many starts, then moves from the winner."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from typing import final

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.errors import CollapseError
from mixfold.fitting import Callback, DataScale, FitState, Iteration, Outcome, Run, RunState
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.models import PenalizedProblem
from mixfold.parameters import Parameters
from mixfold.search.effort import CHEAP_STEP_NUMBERS, ROWS_FOR_EACH_NEEDED, Effort, step_numbers
from mixfold.search.race import EM_STEPS_OF_ROUNDS, N_STAYING, Race, n_next
from mixfold.search.sample import MOST_PAIRWISE_ROWS, OF_MANY_VALUES, RACE_ROWS, WITHIN, Sample, rows_looked_at
from mixfold.search.split_merge import MOVES_AT_ONCE, exchanged, exchanges, grown, isolated, reseeded, shared_anew
from mixfold.search.start import Start
from mixfold.search.starting_values import STARTS_AT_A_TIME, kmeans, starting_values
from mixfold.search.trajectory import (
    CONVERGED_NATS,
    HOPED_GAINS,
    SOON_RESTING,
    Trajectory,
    begun,
    best_past,
    climbed_together,
)

MOVE_ROWS = 2 * RACE_ROWS
"""Rows that moves are tried on, or those that a race needs; what is better there is then asked of all."""

LEAST_PROMISED = -0.2
"""What an exchange must promise, for each unit of weight, if starts have met: losses are bounds, and these are wide.
Where they have not met twice as much below nothing."""


@final
@dataclass(slots=True)
class Search:
    """A search for the best optimum of a family with K components.

    The race: starts of many kinds climb side by side, a few starts at a time; those without hope, and those
    on the same optimum as another, leave. When two have met on the best one, no more starts are made, and fewer moves
    must fail: none is tried where three have met and no exchange promises much. The winner converges, and is then
    moved: components are merged, split and reseeded (see split_merge.py), and a move is kept when what it leads to is
    better. Where starts have not met, rows are then shared out less surely and weighted at random, again and again
    while that leads higher, and what it leads to is moved anew.

    A search sees a bounded sample of the rows, and climbs the objective of the fit on them: on parts of the sample, and
    from its end on all of it.

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
        Sees each trajectory as it climbs; a true result ends the search with the best so far.
    fit_state : FitState or None
        Keeps the best after each move; a search whose race it has gone through goes on from there, to the same bits.
    known : sequence of Parameters
        Solutions that were found before, the first starts; those of one component less with their best split.
    runs : list of Run
        Every start of the race, with its end; filled by `best`.
    sample, raced_on : Sample or None
        The rows that it looked at, and those of them that its starts raced on; filled by `best`.
    starts : list of Start
        The first that raced, before their first step; filled by `best`.
    end : Trajectory or None
        The best on these, in their coordinates; filled by `best`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.fitting import DataScale
    >>> from mixfold.models import Penalized, PenalizedProblem, Problem
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

    problem: PenalizedProblem
    scale: DataScale
    n_components: int
    random_state: np.random.RandomState
    effort: Effort
    callback: Callback | None = None
    fit_state: FitState | None = None
    known: Sequence[Parameters] = ()
    runs: list[Run] = field(default_factory=list)
    sample: Sample | None = field(default=None, repr=False)
    raced_on: Sample | None = field(default=None, repr=False)
    starts: list[Start] = field(default_factory=list, repr=False)
    end: Trajectory | None = field(default=None, repr=False)
    _coordinates: InvariantCoordinates = field(init=False, repr=False)
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
        needed = ROWS_FOR_EACH_NEEDED * self.n_components * self.family.rows_needed(d)
        n_rows = rows_looked_at(d, needed)
        then = self.fit_state if self.fit_state and self.fit_state.moves else None
        random_state = then.first_random_state() if then else self.random_state
        sample = Sample.of(self.problem.fold, self.family, self.scale, random_state, n_rows, self.n_components)
        self._coordinates = sample.coordinates
        self.raced_on = race_part = sample.part(max(RACE_ROWS, needed), random_state)
        moves_part = sample.part(max(MOVE_ROWS, needed), random_state)
        # On average twice as many for each component as make two of it: without these nothing tells what a split gains.
        n_few = max(MOST_PAIRWISE_ROWS, 4 * self.n_components * sample.family.rows_needed(d))
        few = moves_part.part(n_few, random_state)
        whole = sample.problem(self.problem)
        problem = replace(whole, fold=moves_part.fold)
        best = self._resumed(problem, then) if then else None
        moves = then.moves if then else None
        if moves:  # made again, of the same random numbers
            made_again = self._starting_values(race_part, random_state, is_first=True)
            self.starts += islice(made_again, int(moves.get("started", 0)))
        # One turn after the other, with random numbers that go on: more turns end where fewer did, or higher.
        for turn in range(int(moves.get("turn", 0)) if moves else 0, self.effort.n_turns):
            if moves is None:
                winner = self._race(problem, race_part, is_first=turn == 0)
                best = winner if best is None or winner.is_better_than(best, whole) else best
            assert best is not None  # noqa: S101  (of a race, or of before)
            if self.n_components > 1 and not self.is_over():
                raced = {"agreement": self._agreement, "met": float(best.n_met), "started": float(len(self.starts))}
                best = self._improved(whole, moves_part, few, best, moves or {"turn": turn, **raced})
            moves = None
            if self.is_over():
                break
        assert best is not None  # noqa: S101  (there is a turn)
        self.sample, self.end = sample, best.converged(problem=whole)
        self.runs.sort(key=lambda run: run.restart)
        found = self._coordinates.back(self.end.point.parameters, self.family, self.problem.model.prior.jitter)
        return found.reordered(np.argsort(-found.weights, kind="stable"), self.family.structure)

    @property
    def family(self) -> CovarianceFamily:
        """That of the problem."""
        return self.problem.model.family

    def _race(self, larger: PenalizedProblem, part: Sample, *, is_first: bool) -> Trajectory:
        """Let starts climb until two meet on the best optimum, else the best of them on more rows; give one there."""
        problem = replace(larger, fold=part.fold)
        values = self._starting_values(part, self.random_state, is_first=is_first)
        if is_first:
            inside = (part.dense(self._coordinates.inside(one, self.family), self.family) for one in self.known)
            known = (one for found in inside for one in grown(part, found, self.n_components))
            values = chain((Start("known", one, part.family) for one in known), values)
        numbered = enumerate(values, start=len(self.runs))
        starts = (Start(value.name, value.components, value.family, index) for index, value in numbered)
        race, n_made, self._agreement = Race(), 0, 0.0
        advance = partial(self._thriftily, race) if self.effort.is_thrifty else self._climbed
        n_first, rounds = self._first_steps(part)
        while not (race.racers and self.is_over()):
            batch = []
            for start in islice(starts, n_next(n_made, is_dear=self.effort.is_dear)):
                batch.append(start)
                if self.is_over():
                    break
            if is_first:
                self.starts += batch[: STARTS_AT_A_TIME - len(self.starts)]
            if not batch:
                race.keep(N_STAYING)
                race.move_to(larger)
                race.run(EM_STEPS_OF_ROUNDS[-1], N_STAYING, self._climbed)
                break
            race.join(self._begun(problem, batch, n_first), rounds, advance)
            n_made += len(batch)
            if race.have_met(n_made):
                self._agreement = 1.0
                break
        if not race.racers:
            raise CollapseError(self.runs[-1].reason)
        race.keep(1)
        for other, outcome in race.left:
            self._record(other, outcome)
        winner = race.leader if self.is_over() else race.leader.converged(problem=larger)
        self._record(winner, Outcome.WON)
        return winner

    def _starting_values(self, part: Sample, random_state: np.random.RandomState, *, is_first: bool) -> Iterator[Start]:
        return starting_values(
            part,
            self.n_components,
            self.effort.n_random,
            random_state,
            with_alike=is_first,
            shared_out=self.family == part.family and self.problem.model.prior.is_density,
        )

    def _begun(self, problem: PenalizedProblem, starts: Sequence[Start], n_steps: int) -> list[Trajectory]:
        """Make the first steps from each start, and record those that have no density."""
        starters, failed = begun(problem, starts, n_steps, SOON_RESTING if self.effort.is_dear else None)
        for start, error in failed:
            reason = str(error)
            self.runs.append(Run.of(start.index, start.name, problem, None, Outcome.COLLAPSED, reason, ()))
        for starter in starters:
            self._saw(starter)
        return starters

    def _first_steps(self, sample: Sample) -> tuple[int, tuple[int, ...]]:
        """Count the steps that starts begin with, and those of the rounds that follow: where calls are short, together.

        A start makes one before the first round; for another family than the sample's it has that one.
        """
        n_first, rounds = int(self.family == sample.family), EM_STEPS_OF_ROUNDS
        if self.effort.is_thrifty or not sample.fold.has_loops:
            return n_first, rounds
        return n_first + rounds[0], (0, *rounds[1:])

    def _resumed(self, problem: PenalizedProblem, fit_state: FitState) -> Trajectory:
        """Give the best trajectory of a search that ended before its time."""
        run_state = fit_state.run_state
        assert run_state is not None  # noqa: S101  (moves have a best)
        self.runs.extend(fit_state.raced)
        history, n_met = tuple(run_state.history), int((fit_state.moves or {}).get("best_met", 0))
        now = time.perf_counter()
        return Trajectory(problem, run_state.point, run_state.name, run_state.restart, now, history, n_met=n_met)

    def _improved(
        self, whole: PenalizedProblem, part: Sample, few: Sample, best: Trajectory, then: dict[str, float]
    ) -> Trajectory:
        """Try moves and what they seldom come to; where starts have not met in turns, while the latter leads higher."""
        have_met = then["agreement"] > 0.0
        while True:
            moved = self._moved(whole, part, few, best, then)
            best = self._beside(whole, part, moved, have_met=have_met)
            if have_met or best is moved or self.is_over():
                return best
            then = {name: then[name] for name in ("turn", "agreement", "met", "started")}

    def _moved(
        self, whole: PenalizedProblem, part: Sample, few: Sample, best: Trajectory, then: dict[str, float]
    ) -> Trajectory:
        """Try moves until `patience` of them failed in a row, fewer where starts met; none without hope.

        Moves climb on a part of the rows; of one that passes what is to be beaten there the others are asked, too.
        """
        n_failed, n_tried, n_planned = (int(then.get(name, 0)) for name in ("failed", "tried", "planned"))
        problem = best.problem
        at_least = MOVES_AT_ONCE if problem.fold.has_loops else 1
        most = int(CHEAP_STEP_NUMBERS / step_numbers(problem, self.n_components)) if problem.fold.has_loops else 1
        patience = MOVES_AT_ONCE + (1.0 - then["agreement"]) * self.effort.patience
        if self.effort.is_thrifty:
            at_least, patience = 1, at_least * math.ceil(patience / at_least)
        mixture = few.dense(best.point.parameters, self.family)
        is_settled = then["agreement"] > 0.0 and then.get("met", 0.0) + 1 >= N_STAYING
        least = (1 if is_settled else 2) * LEAST_PROMISED * float(np.sum(few.weights))
        options = exchanges(few, mixture, least)
        hopeful = [option for option in options if option.promise > least]
        if not (hopeful or n_tried) and (is_settled or options):  # where none can be made, nothing is known
            return best
        to_beat = then.get("to_beat", best.objective)
        planned: Iterator[Parameters] = islice(exchanged(mixture, hopeful), n_planned, None)
        while n_failed < patience and not self.is_over():
            if self.fit_state and self.fit_state.checkpoint:
                run_state = RunState(best.index, best.name, best.point, list(best.history))
                numbers = {"failed": n_failed, "tried": n_tried, "planned": n_planned, "to_beat": to_beat}
                self.fit_state.search_moved(run_state, self.runs, {**then, **numbers, "best_met": float(best.n_met)})
            is_early, n_left = n_failed < MOVES_AT_ONCE, math.ceil(patience - n_failed)
            # Where a call costs more than the steps that it makes, one makes all that are left.
            at_once = at_least if is_early else max(at_least, min(most, n_left))
            n_exchanges = at_once if is_early else sum(number % 3 == 0 for number in range(n_tried, n_tried + at_once))
            batch = list(islice(planned, n_exchanges))
            n_planned += len(batch)
            n_moved = [2 if number % 5 == 0 else 1 for number in range(n_tried + len(batch), n_tried + at_once)]
            if n_moved:
                batch += reseeded(few, mixture, n_moved, self.random_state)
            n_tried += at_once
            n_failed += at_once
            moved = self._past(best, part, batch, to_beat)
            if moved is None:
                continue
            # What this leads to need not be better on all rows, but the next one must be better than this.
            to_beat = moved.objective
            if moved.is_better_than(best, whole):
                best, n_failed, n_planned = moved, 0, 0
                mixture = few.dense(best.point.parameters, self.family)
                planned = exchanged(mixture, [one for one in exchanges(few, mixture, least) if one.promise > least])
                self._saw(best)
        return best

    def _beside(self, whole: PenalizedProblem, part: Sample, best: Trajectory, *, have_met: bool) -> Trajectory:
        """Try what starts and moves seldom come to, where starts have not met or features of a few values hide it.

        The groups of such features draw all starts to the same optimum, which then looks agreed on. Where starts have
        not met, optima lie close beside each other: what is better is tried anew, before moves are.
        """
        has_few_values = OF_MANY_VALUES in part.spaces
        while not self.is_over() and (has_few_values or not have_met):
            k, values = self.n_components, list[Parameters]()
            if has_few_values:
                clusters = (kmeans(part, k, name, self.random_state) for name in (WITHIN, OF_MANY_VALUES))
                values += map(part.model(k).maximize, clusters)
            mixture = part.dense(best.point.parameters, self.family)
            values.append(isolated(part, mixture))
            if not have_met:
                values += shared_anew(part, mixture, None if self.effort.is_thrifty else self.random_state)
            found = self._past(best, part, values, best.objective)
            is_better = found is not None and found.is_better_than(best, whole)
            if found and is_better:
                best = found
                self._saw(best)
            if have_met or not is_better:
                break
        return best

    def _past(self, best: Trajectory, part: Sample, values: Sequence[Parameters], to_beat: float) -> Trajectory | None:
        """Give the best that EM from some components comes to; None where that has not passed what is to be beaten."""
        starts = [Start(best.name, one, part.family, best.index) for one in values]
        found = best_past(best.problem, starts, to_beat)
        if found is None or found.objective <= to_beat + found.margin or self.is_over():
            return None
        return found.converged()

    def _climbed(self, racers: Sequence[Trajectory], n_steps: int) -> list[Trajectory]:
        """Let all climb in one call, if it is short; else one by one, while there is time."""
        climbed: list[Trajectory] = []
        at_once = len(racers) if racers and racers[0].problem.fold.has_loops else 1
        for first in range(0, len(racers), at_once):
            batch = list(racers[first : first + at_once])
            if not self.is_over():
                batch = climbed_together(batch, n_steps)
                for racer in batch:
                    self._saw(racer)
            climbed += batch
        return climbed

    def _thriftily(self, race: Race, racers: Sequence[Trajectory], n_steps: int) -> list[Trajectory]:
        """Let each climb until it is on its optimum, or will not come near the best of the race and of those before."""
        climbed: list[Trajectory] = []
        for racer in racers:
            to_reach = max((one.objective for one in (*race.racers, *climbed)), default=-math.inf)
            for done in range(0, n_steps, SOON_RESTING.interval):
                if self.is_over():
                    break
                before, left = racer.objective, n_steps - done - SOON_RESTING.interval
                racer = racer.climbed(min(SOON_RESTING.interval, n_steps - done))  # noqa: PLW2901
                self._saw(racer)
                # Where gains waver, what is predicted may be many times what the steps that are left could gain.
                until_end = (racer.objective - before) * left / SOON_RESTING.interval
                hoped = racer.objective + min(HOPED_GAINS * racer.predicted_gain, until_end)
                if racer.predicted_gain < CONVERGED_NATS or hoped < to_reach:
                    break
            climbed.append(racer)
        return climbed

    def is_over(self) -> bool:
        """Tell whether time is over, or the callback has said to stop."""
        return self._stopped or time.perf_counter() > self.effort.deadline

    def _saw(self, racer: Trajectory) -> None:
        if self.callback and self.callback(self._in_units(racer.last)):
            self._stopped = True

    def _record(self, racer: Trajectory, outcome: Outcome) -> None:
        course = racer.course(self._coordinates.log_determinant)
        self.runs.append(Run.course(racer.index, racer.name, outcome, course))

    def _in_units(self, iteration: Iteration) -> Iteration:
        """Give an iteration with densities in the data's units."""
        shift, one = self._coordinates.log_determinant, iteration
        # Not `replace`, which costs as much as some EM steps.
        return Iteration(one.restart, one.number, one.log_likelihood + shift, one.objective + shift, one.seconds)
