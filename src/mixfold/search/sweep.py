"""The sweep over numbers of components and covariance families.

It goes up in K, one level after the other. A level begins with one race of starts (shared_starts.py) that all families
share; then its cells are computed, in parallel, in waves: families whose step is cheap, then the others, which may also
begin where the best of the waves before ended, those that leave most free first. No family has a higher log-likelihood
than one that contains it, so that many a cell is known not to win: it gets a single step. A cell sees only what earlier
waves left: nothing depends on how many are computed at a time, or by which process. Without a given range work has a
budget by rows (budget.py): when a third is spent only families near the best go on; when all is, levels only while they
find groups. When the criterion has clearly turned, the best cells get searches of their own (selection.py). A grid of
one cell is such a search alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import TypeAlias, final

import numpy as np

from mixfold.covariance import LARGEST, family_for
from mixfold.engines import to_numpy
from mixfold.executors import side_by_side
from mixfold.fitting import DataScale, Outcome
from mixfold.fold import Fold
from mixfold.parameters import n_free_parameters
from mixfold.search.before import Before
from mixfold.search.budget import BEHIND, DEAR, WORK_IS_DONE, Budget
from mixfold.search.ceiling import most_components
from mixfold.search.comparison import Comparison
from mixfold.search.criteria import CLEAR_BIC_DIFFERENCE, CRITERIA, Evidence, patience
from mixfold.search.curves import pieces_of_curves
from mixfold.search.evidence import has_few_rows
from mixfold.search.grid_checkpoint import GridCheckpoint
from mixfold.search.grid_fit import fit_grid_model, glance
from mixfold.search.grid_model import GridModel
from mixfold.search.integrated import IntegratedLevels
from mixfold.search.race import N_STAYING
from mixfold.search.sample import RACE_ROWS, Sample
from mixfold.search.selection import Grid, Key, Observer, Selection, key_of
from mixfold.search.shapes import PIECES
from mixfold.search.shared_starts import SharedStarts, dense_start, ends_of, ends_on_all_rows, halved
from mixfold.search.start import Start
from mixfold.search.swept import Swept
from mixfold.typing import FloatArray

Task: TypeAlias = tuple[Key, Callable[[], list[Start]]]
"""A cell, and what makes the places where it begins."""

CHORDS = 2 * PIECES
"""For each curve without noise: with more components than that such a sweep ends, and not before. Criteria may rise
there at first, and then fall for ever; clusters need but a few chords of each curve."""
UP = "up"
"""The stage of a checkpoint that cells are of before what is chosen gets a search (`SEARCH`)."""
ALL = "all"
"""All families."""
TIME_IS_OVER = "Not tried: `max_time` was over."


@final
@dataclass(slots=True)
class Sweep:
    """A sweep over a grid.

    Attributes
    ----------
    fold : Fold
        Where rows have weights, they sum to how many rows they count as: see `effective_weights`.
    n_components : sequence of int or None
        In rising order; None goes up from 1 until the criterion has turned.
    families : sequence of str
    criterion : str
    seed : int
    n_jobs : int or None
        Cells computed at a time.
    deadline : float
        By `time.perf_counter`.
    checkpoint : GridCheckpoint or None
    observer : callable or None
    tie_break : str or None
        The criterion that chooses among cells that the data cannot tell from the best.
    search_seed : int
        Of the searches for the best optimum of what may be chosen.
    cells : dict of (int, str) to GridModel
        What is done; filled by `run`.
    complete : Fold, optional
        The same rows, or some of them, completed, where values are missing.
    steps : ndarray of shape (n_features,), optional
        In which features were recorded; by default they are found in complete rows.
    known : sequence of GridModel, optional
        Of all rows, if these are a part: then work has a budget although a range is given, nothing is searched for, and
        cells begin where those ended if a race of starts is too much work.

    Examples
    --------
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.fold import Fold
    >>> from mixfold.search import Sweep
    >>> swept = Sweep(Fold.of_rows(load_faithful().data), [1, 2], ["full", "tied"], "bic", seed=0).run()
    >>> swept.chosen.n_components, swept.chosen.covariance_type, len(swept.cells)
    (2, 'full', 4)
    """

    fold: Fold
    n_components: Sequence[int] | None
    families: Sequence[str]
    criterion: str
    seed: int
    n_jobs: int | None = None
    deadline: float = math.inf
    checkpoint: GridCheckpoint | None = None
    observer: Observer | None = None
    tie_break: str | None = None
    search_seed: int = 0
    cells: Grid = field(default_factory=dict)
    complete: Fold | None = None
    steps: FloatArray | None = None
    known: Sequence[GridModel] | None = None
    _is_cut: bool = field(default=False, repr=False)
    _best_of_levels: dict[int, GridModel] = field(default_factory=dict, repr=False)
    _by_integral: IntegratedLevels = field(default_factory=IntegratedLevels, repr=False)
    _budget: Budget = field(default_factory=Budget, repr=False)

    def run(self) -> Swept:
        """Compute the grid.

        Raises
        ------
        CollapseError
            If no cell has an answer.
        """
        complete = self.complete or self.fold
        largest = max(self.n_components or [1])
        # Criteria compare maxima of likelihoods, which components that take after each other are not.
        scale = DataScale.of(complete, self.steps, largest, learns_likeness=self._is_one_search)
        if complete.source.n_rows < self.fold.source.n_rows:
            scale = scale.of_all(self.fold.source.n_rows, self.fold.source.weights)
        comparison = Comparison(self.fold, self.criterion, self.deadline, scale, complete)
        most = most_components(self._n_effective, self.fold.source.n_features, self.families)
        levels = list(self.n_components or range(1, 1 + min(most, self._n_rows)))
        if self.n_components is None or self.known is not None:
            self._budget = Budget.of(self._n_rows, shortens=self.n_components is None)
        selection = Selection(
            comparison, self.cells, self.tie_break, self.search_seed, self.n_jobs, self.checkpoint, self.observer,
            levels=[k for k in levels if k <= self._n_rows], budget=self._budget, searches=self.known is None,
        )  # fmt: skip
        if self._is_one_search:
            selection.search_only(levels[0], self.families[0])
        else:
            self._go_up(comparison, levels)
        chosen, reason = selection.run()
        cells = [self.cells[k, name] for k in levels for name in self.families if (k, name) in self.cells]
        return Swept(
            cells,
            chosen.cell,
            chosen.parameters,
            chosen.run,
            chosen.problem,
            chosen.climbs,
            reason,
            self._is_cut or selection.is_cut,
        )

    @property
    def _is_one_search(self) -> bool:
        """Whether there is nothing to compare: one cell, which a search can be made for."""
        if self.n_components is None or not len(self.n_components) == len(self.families) == 1:
            return False
        return 1 < self.n_components[0] <= self._n_rows

    def _go_up(self, comparison: Comparison, levels: Sequence[int]) -> None:
        """Compute one level after the other, until the criterion has turned or time is over."""
        random_state = np.random.RandomState(self.seed)
        starts = SharedStarts.of(
            Sample.of(comparison.complete, None, comparison.scale, random_state, RACE_ROWS), self.seed
        )
        curves = None if self.n_components else pieces_of_curves(starts.sample.rows)
        most = math.inf if curves is None else CHORDS * (1 + int(np.max(curves)))
        done: list[int] = []
        for k in levels:
            if k > most:
                break
            if self._budget.is_spent and not (curves is None and self._finds_groups(comparison, done)):
                self._skip([k], WORK_IS_DONE)
                break
            if done and comparison.is_over:
                self._is_cut = True
                if self.n_components:
                    self._skip(levels[len(done) :], TIME_IS_OVER, Outcome.TIME_LIMIT)
                break
            if curves is None and self._has_turned(comparison, done):
                if self.n_components:
                    self._skip(levels[len(done) :], f"Not tried: the criterion turned at K = {self.best.n_components}.")
                break
            self._level(comparison, starts, k, done[-1] if done else None)
            done.append(k)
        self._look_again(comparison)

    def _finds_groups(self, comparison: Comparison, levels: Sequence[int]) -> bool:
        """Whether one of the last two levels is clearly better than all before, or there are no such yet."""
        ranks = [self._rank(self._best_of_levels[k]) for k in levels]
        before = min(ranks[:-2], default=None)
        if before is None or min(ranks[-2:]) < (before[0], before[1] - CLEAR_BIC_DIFFERENCE, 0):
            return True
        if self.criterion != "bic" or self.tie_break is None:
            return False
        return self._by_integral.find_groups(comparison.complete, self._of_full(levels))

    def _of_full(self, levels: Sequence[int]) -> list[GridModel]:
        return [self.cells[k, LARGEST] for k in levels if (k, LARGEST) in self.cells]

    @property
    def _n_rows(self) -> int:
        """Count the rows that have weight."""
        weights = self.fold.source.weights
        return self.fold.source.n_rows if weights is None else int(np.count_nonzero(to_numpy(weights)))

    @property
    def _n_effective(self) -> float:
        """How many rows criteria count."""
        weights = self.fold.source.weights
        return self.fold.source.n_rows if weights is None else float(np.sum(to_numpy(weights)))

    @property
    def best(self) -> GridModel:
        """The best cell so far."""
        return min(self._best_of_levels.values(), key=self._rank)

    def _take(self, cell: GridModel) -> None:
        """Put a cell in its place."""
        self.cells[key_of(cell)] = cell
        best = self._best_of_levels.get(cell.n_components)
        if best is None or self._rank(cell) < self._rank(best):
            self._best_of_levels[cell.n_components] = cell

    def _rank(self, cell: GridModel) -> tuple[bool, float, int]:
        return cell.rank(self.criterion)

    def _has_turned(self, comparison: Comparison, levels: Sequence[int]) -> bool:
        """Whether enough levels in a row were worse than the best, and the last one clearly, by whatever may choose."""
        if not levels:
            return False
        values = [self._rank(self._best_of_levels[k]) for k in levels]
        lowest = values.index(min(values))
        n_worse = len(levels) - 1 - lowest
        enough = patience(levels[lowest])
        if n_worse < enough or n_worse >= 2 * enough:
            return n_worse >= enough
        is_clear = values[-1][1] > values[lowest][1] + CLEAR_BIC_DIFFERENCE
        if not is_clear or self.criterion != "bic" or self.tie_break is None:
            return is_clear
        return not self._by_integral.goes_down(comparison.complete, self._of_full(levels))

    def _level(self, comparison: Comparison, starts: SharedStarts, k: int, below: int | None) -> None:
        """Compute all families with k components."""
        sample = starts.sample
        if k > self._n_rows:
            self._skip([k], f"Not tried: there are only {self._n_rows} rows.")
            return
        n_rows, n_features = self.fold.source.n_rows, self.fold.source.n_features
        near = self._near(below) if self._budget.is_short and below else self.families
        dear = self._budget.dear(self.families, n_rows, n_features)
        for name in self.families:
            if name in dear or name not in near:
                self._take(GridModel(k, name, Outcome.SKIPPED, DEAR if name in dear else BEHIND))
        waves = [[(k, name) for name in wave] for wave in _waves([name for name in near if name not in dear])]
        raced: list[Start] = []
        if any(self._kept(key) is None for wave in waves for key in wave):
            smaller = dense_start(sample, self._best_of_levels.get(below or 0))
            if self.known and not self._budget.affords_another(n_rows, n_features):
                raced = ends_on_all_rows(self.known, k, self.families, n_features)
            raced = raced or starts.race(k, smaller, is_short=self._budget.is_short)
        self._budget.pay_for_starts(len(sample.rows), k, n_features)
        for wave in waves:
            simpler = ends_of(self._reached(k))

            def starting(key: Key, simpler: list[Start] = simpler) -> list[Start]:
                family = family_for(key[1])
                if self._budget.is_short and has_few_rows(family, n_rows, n_rows / k, k, n_features):
                    return raced[:1]  # of what can be no answer, others begin at the end
                own = dense_start(sample, self.cells.get((below or 0, key[1])))
                grown = None if own is None else halved(sample, own, k)
                halves = [] if grown is None else [Start("halved", grown, sample.family)]
                # Where a step is costly the race has been run by others.
                return [*simpler, *halves] if simpler and not family.has_plain_step else [*raced, *halves]

            level = [self.cells[k, name] for name in self.families if (k, name) in self.cells]
            before = Before(self.best if self.cells else None, level)
            self._wave(comparison, [(key, partial(starting, key)) for key in wave], before)
            for key in wave:
                self._budget.pay_for(self.cells[key], n_rows, n_features)

    def _near(self, k: int) -> list[str]:
        """Give the families that did best with k components, and those whose axes are as free as the best one's.

        More components share volumes and shapes first: where many make a curve, these are alike, and axes are not. Full
        covariances say whether rows pay for more components.
        """
        ranked = sorted((cell for key, cell in self.cells.items() if key[0] == k and cell.parameters), key=self._rank)
        near = {LARGEST, *(cell.covariance_type for cell in ranked[:N_STAYING])}
        axes = {family_for(cell.covariance_type).letters[-1:] for cell in ranked[:1]} - {""}
        return [name for name in self.families if name in near or family_for(name).letters[-1:] in axes]

    def _look_again(self, comparison: Comparison) -> None:
        """Compute families that were behind with as many components as the best has, from where that ended.

        Where groups are many and alike, a family that leaves little free is behind until each has its component.
        """
        k = self.best.n_components
        behind = [name for name in self.families if (k, name) in self.cells and self.cells[k, name].reason == BEHIND]
        for wave in _waves(behind):
            ends = ends_of(self._reached(k))
            before = Before(self.best, [cell for key, cell in self.cells.items() if key[0] == k])
            self._wave(comparison, [((k, name), partial(list, ends)) for name in wave], before)

    def _reached(self, k: int) -> list[GridModel]:
        """Give the best cell of a level so far, and that of the highest likelihood where this is another.

        That may have too many parameters for an answer, and yet know where rows are dense: others begin there.
        """
        best = self._best_of_levels.get(k)
        level = [cell for key, cell in self.cells.items() if key[0] == k and cell.evidence is not None]
        if best is None or not level:
            return [] if best is None else [best]
        highest = max(level, key=lambda cell: cell.evidence.log_likelihood if cell.evidence else -math.inf)
        return [best] if highest is best else [best, highest]

    def _wave(self, comparison: Comparison, tasks: Sequence[Task], before: Before) -> None:
        """Compute cells side by side; what they have to beat was there before."""

        def compute(task: Task) -> GridModel:
            key, starting = task
            cell = self._kept(key)
            if cell is None:
                cell = self._glanced(comparison, key, before) or self._computed(comparison, key, starting, before)
                if self.checkpoint is not None:
                    self.checkpoint.keep(UP, cell)
            return cell

        done: dict[int, GridModel] = {}
        with closing(side_by_side(compute, tasks, self.n_jobs, self.fold.executor.local)) as cells:
            for position, cell in cells:
                done[position] = cell
                self._is_cut = self._is_cut or cell.outcome is Outcome.TIME_LIMIT
                if self.observer is not None:
                    self.observer(cell, min([*self._best_of_levels.values(), *done.values()], key=self._rank))
        for position in range(len(tasks)):  # the first of equals is the best, whichever thread was faster
            self._take(done[position])

    def _computed(
        self, comparison: Comparison, key: Key, starting: Callable[[], list[Start]], before: Before
    ) -> GridModel:
        k, name = key
        bar = math.inf if before.best is None else before.best.value(self.criterion)
        if comparison.is_over and math.isfinite(bar):
            return GridModel(k, name, Outcome.TIME_LIMIT, TIME_IS_OVER)
        above = before.containing(name)
        ceiling = above.reach + 0.5 * CLEAR_BIC_DIFFERENCE if above else math.inf
        return fit_grid_model(comparison, k, family_for(name), starting(), bar, ceiling)

    def _glanced(self, comparison: Comparison, key: Key, before: Before) -> GridModel | None:
        """Give a cell that needs but a glance: it has no rows for its parameters, or a larger family did too badly."""
        k, name = key
        above, best = before.containing(name), before.best
        if above is None or above.parameters is None or above.evidence is None or best is None or not best.is_sound:
            return None
        d = above.parameters.means.shape[1]
        family = family_for(name)
        (start,) = ends_of([above])
        if has_few_rows(family, above.evidence.n_rows, above.evidence.n_rows / k, k, d):
            return glance(comparison, k, family, start, Outcome.FEW_ROWS, Outcome.FEW_ROWS.value)
        # The larger family may have missed its best optimum: by less than what is very strong evidence.
        n_parameters = n_free_parameters(family, k, d)
        most = Evidence(above.reach + 0.5 * CLEAR_BIC_DIFFERENCE, n_parameters, above.evidence.n_rows)
        if not CRITERIA[self.criterion](most) > best.value(self.criterion):
            return None
        reason = f"Given up after one step: not even the log-likelihood of {above.covariance_type} would bring it near."
        cell = glance(comparison, k, family, start, Outcome.DROPPED, reason)
        return replace(cell, reach=min(cell.reach, above.reach))

    def _kept(self, key: Key) -> GridModel | None:
        return self.checkpoint.get(UP, *key) if self.checkpoint is not None else None

    def _skip(self, levels: Iterable[int], reason: str, outcome: Outcome = Outcome.SKIPPED) -> None:
        for k in levels:
            for name in self.families:
                self._take(GridModel(k, name, outcome, reason))


def _waves(names: Sequence[str]) -> list[list[str]]:
    """Put families with a cheap step first, then those that leave more parts of a covariance free."""

    def wave(name: str) -> int:
        return -3 if family_for(name).has_plain_step else -family_for(name).letters.count("V")

    return [list(group) for _, group in groupby(sorted(names, key=wave), wave)]
