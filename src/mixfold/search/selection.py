"""What is chosen of the cells of a sweep.

All cells are compared as the sweep left them: the best by the criterion, or that which the tie break puts first of
those that the data cannot tell from it. Then EM goes on to its end in the choice, and it gets a search of its own, as
a few cells that are close to it do, and the next number where the sweep had missed the best. Where that changes what
is best, another cell is chosen; what is chosen in the end is as good as a fit by default. Components that their own
rows pay for (own_rows.py) no tie break leaves out, and where it leaves the best, a larger mixture may be chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias, final

from scipy.special import ndtri

from mixfold.covariance import LARGEST, family_for
from mixfold.errors import CollapseError
from mixfold.executors import side_by_side
from mixfold.fitting import SEARCH, Outcome
from mixfold.fitting.invariant_coordinates import MATRIX_FEATURES
from mixfold.parameters import n_own_parameters
from mixfold.search.budget import Budget
from mixfold.search.comparison import Comparison
from mixfold.search.criteria import CLEAR_BIC_DIFFERENCE, PATIENCE_SIZES, name_of, patience
from mixfold.search.finish import SEARCHED, Finished, better, ended, searched
from mixfold.search.grid_checkpoint import GridCheckpoint
from mixfold.search.grid_model import FLAWED, GridModel
from mixfold.search.integrated import ROWS_FOR_BIC, Integrated, has_few_each, integrated
from mixfold.search.own_rows import STRONG, More, gain_of, has_many, is_gaussian, larger_than
from mixfold.search.race import N_STAYING
from mixfold.search.shapes import MOST_ROWS, SIGNIFICANT
from mixfold.search.tie_break import Tie, error_of_difference, rivals

Key: TypeAlias = tuple[int, str]
"""Number of components and name of the family."""
Grid: TypeAlias = dict[Key, GridModel]
Observer: TypeAlias = Callable[[GridModel, GridModel], object]
"""Called with each cell that is done, and the best so far."""


@final
@dataclass(slots=True)
class Selection:
    """The selection of a cell among all, which come to their ends by it.

    Attributes
    ----------
    comparison : Comparison
    cells : dict of (int, str) to GridModel
        Changed where a cell comes to its end.
    tie_break : str or None
        The criterion that chooses among cells that the data cannot tell from the best.
    seed : int
        Of the searches.
    n_jobs : int or None
        Searches at a time.
    checkpoint : GridCheckpoint or None
    observer : callable or None
    is_cut : bool
        Whether time was over before all that was done.
    levels : sequence of int
        Numbers of components that may be tried.
    budget : Budget
        What searches may cost.
    searches : bool
        Whether cells get searches at all.
    """

    comparison: Comparison
    cells: Grid
    tie_break: str | None
    seed: int
    n_jobs: int | None = None
    checkpoint: GridCheckpoint | None = None
    observer: Observer | None = None
    is_cut: bool = False
    levels: Sequence[int] = ()
    budget: Budget = field(default_factory=Budget)
    searches: bool = True
    _ended: dict[Key, Finished] = field(default_factory=dict, repr=False)
    _gaussian: dict[Key, bool] = field(default_factory=dict, repr=False)

    def search_only(self, n_components: int, covariance_type: str) -> None:
        """Let a search compute the only cell of a grid.

        Raises
        ------
        CollapseError
            If no start has a density.
        """
        self._search([GridModel(n_components, covariance_type, Outcome.CONVERGED, Outcome.CONVERGED.value)])

    def run(self) -> tuple[Finished, str]:
        """Choose, and say in a sentence what decided.

        Raises
        ------
        CollapseError
            If no cell has an answer.
        """
        chosen, tie = self._chosen()
        criterion = self.comparison.criterion
        if tie is None or self.tie_break is None:
            return chosen, self._smallest(chosen.cell)
        return chosen, tie.told(criterion, self.tie_break)

    def _smallest(self, chosen: GridModel) -> str:
        """Say that a cell has the smallest criterion, and which has a smaller one that is no answer."""
        criterion = self.comparison.criterion
        flawed = [cell for cell in self.cells.values() if cell.outcome in FLAWED]
        smallest = min(flawed, key=lambda cell: cell.value(criterion), default=chosen)
        if not smallest.value(criterion) < chosen.value(criterion):
            return f"It has the smallest {name_of(criterion)}."
        return (
            f"It has the smallest {name_of(criterion)} of all that are sound. {smallest.n_components} component(s), "
            f"{smallest.covariance_type}, would have {smallest.value(criterion):.3f}, but: {smallest.outcome.value}"
        )

    def _chosen(self) -> tuple[Finished, Tie | More | Integrated | None]:
        """Choose, and search for the best optimum of what is chosen, and of some that are close to it, until it stays.

        First all cells are compared as the sweep leaves them: searches of the best by the criterion alone would put it
        out of reach of what the tie break prefers.
        """
        n_close = 0
        while True:
            chosen, tie = self._clearest()
            if not chosen.is_searched:
                self._search([chosen.cell])
                continue
            close = self._close_to(chosen.cell)[: N_STAYING - n_close]
            n_close += len(close)
            wanted = close or self._after(chosen)
            if not wanted or self.comparison.is_over:
                return self._integrated(chosen) or (chosen, tie)
            self._search(wanted)

    def _clearest(self) -> tuple[Finished, Tie | More | None]:
        """Give the best cell, or that which the tie break puts first of those that the data cannot tell from it.

        Or else, when the best had its search, a larger one that its components' own rows pay for.
        """
        while True:
            best = self._settled()
            if self.tie_break is None:
                return best, None
            tied = rivals(
                self.comparison.fold, self.cells.values(), best.cell, self.comparison.criterion, self.tie_break
            )
            tied = [(cell, tie) for cell, tie in tied if not self._is_paid_for(best.cell, cell)]
            if not tied:
                larger = self._larger(best)
                if self._best is best.cell:
                    return larger or (best, None)
                continue  # one that was asked whether its rows pay for it has become the best
            first, tie = tied[0]
            if key_of(first) in self._ended:
                return self._ended[key_of(first)], tie
            self._end(first)

    def _larger(self, best: Finished) -> tuple[Finished, More] | None:
        """Give the best of more components that own rows pay for, if that is a mixture of Gaussians."""
        if self.comparison.criterion != "bic" or not best.is_searched:
            return None
        refuted: set[Key] = set()
        while len(refuted) < N_STAYING and not self.comparison.is_over:
            larger = (cell for cell in larger_than(best.cell, self.cells.values()) if key_of(cell) not in refuted)
            cell = next(larger, None)
            if cell is None:
                break
            if key_of(cell) not in self._ended:
                self._end(cell)
            elif self._is_gaussian(cell) and self._is_more_probable(cell, best.cell):
                return self._ended[key_of(cell)], More(best.cell, gain_of(best.cell, cell))
            else:
                refuted.add(key_of(cell))
        return None

    def _integrated(self, chosen: Finished) -> tuple[Finished, Integrated] | None:
        """Give more components of full covariances, of few rows each or many, where the integral over these says so.

        Of so many parameters sweeps miss the best optimum: the best gets a search, and those next to it do, whether the
        sweep came to them or not; where there are many, a few more. None is searched for beyond one whose components
        are not Gaussian: so many of these are of other shapes.
        """
        if self.comparison.criterion != "bic" or self.tie_break is None or chosen.cell.evidence is None:
            return None
        fold = self.comparison.complete
        k, more = chosen.cell.n_components, self._larger_levels(chosen.cell)
        if k + 1 not in more:
            return None
        value = partial(integrated, fold, of_rows_alone=has_many(chosen.cell))
        swept = (self.cells.get((level, LARGEST)) for level in ([k] * has_many(chosen.cell) + more))
        values = {cell.n_components: value(cell) for cell in swept if cell and cell.parameters is not None}
        here = values[k] = min(value(chosen.cell), values.get(k, math.inf))
        ahead = patience(k) // PATIENCE_SIZES
        left, gaussian = self._left_to_search(chosen.cell, more), {k}
        while not self.comparison.is_over:
            best = min(values, key=lambda level: values[level])
            if best not in left and best not in gaussian:  # of what the sweep left, optima are too bad to tell
                if not self._may_be_gaussian(self.cells[best, LARGEST]):
                    return None
                gaussian.add(best)
            near = (best, *range(best + 1, best + 1 + ahead), best - 1)
            level = next((level for level in near if level in left), None)
            if level is not None:
                left.remove(level)
                cell = self._searched_of_full(level)
                values[level] = math.inf if cell is None else value(cell)
            elif best == k:
                return None
            else:
                if (best, LARGEST) not in self._ended:
                    self._end(self.cells[best, LARGEST])
                return self._clearly(chosen, self._ended[best, LARGEST], here - values[best])
        return None

    def _left_to_search(self, chosen: GridModel, more: Sequence[int]) -> set[int]:
        """Give the numbers of more full covariances that may be searched for, of many though work is done."""
        rows = self.comparison.complete.source
        if not self.searches or not self.budget.affords_another(rows.n_rows, rows.n_features, n_components=2):
            return set()
        left = {level for level in more if not self._is_searched((level, LARGEST))}
        if not self.budget.is_spent or has_many(chosen):
            return left
        return left & (set() if self._is_gaussian(chosen) else {chosen.n_components + 1})

    def _larger_levels(self, cell: GridModel) -> list[int]:
        """Give the numbers of more full covariances for which BIC may not be what is left of the log evidence."""
        assert cell.evidence is not None  # noqa: S101  (it is finished)
        k, n_rows, n_features = cell.n_components, cell.evidence.n_rows, self.comparison.fold.source.n_features
        if not any(name == LARGEST for _, name in self.cells):
            return []
        each = math.inf if has_many(cell) else ROWS_FOR_BIC if k > 1 else 1.0
        return [level for level in self.levels if level > k and has_few_each(n_rows, level, n_features, each)]

    def _searched_of_full(self, k: int) -> GridModel | None:
        """Search for the best optimum of k full covariances; none where there is no density."""
        try:
            cell = self.cells.get((k, LARGEST)) or GridModel(k, LARGEST, Outcome.CONVERGED, SEARCHED)
            self._search([cell], self.cells.get((k - 1, LARGEST)) if has_many(cell) else None)
        except CollapseError:
            return None
        return self.cells[k, LARGEST]

    def _clearly(self, chosen: Finished, other: Finished, gain: float) -> tuple[Finished, Integrated] | None:
        """Take a cell, whose rows may be fewer than its parameters, in place of another if it surely is better.

        For many that are Gaussian the integral says all; else what is more may follow shapes, or the rows at hand.
        """
        assert other.cell.evidence is not None  # noqa: S101  (it is finished)
        k, n_features = other.cell.n_components, self.comparison.fold.source.n_features
        if has_many(chosen.cell) and self._is_gaussian(other.cell):
            least = STRONG
        elif has_few_each(other.cell.evidence.n_rows, k, n_features, ROWS_FOR_BIC):
            error = error_of_difference(self.comparison.complete, chosen.cell, other.cell)
            least = float(-ndtri(SIGNIFICANT / 2.0)) * error
        else:
            return None
        if gain < least:
            return None
        outcome = other.run.outcome
        cell = replace(other.cell, outcome=outcome, reason=SEARCHED if outcome is Outcome.CONVERGED else outcome.value)
        self.cells[key_of(cell)] = cell
        return replace(other, cell=cell), Integrated(chosen.cell, other.cell, gain)

    def _is_paid_for(self, best: GridModel, cell: GridModel) -> bool:
        """Whether the rows of its components pay for the best, which has more of them than another cell."""
        return self.comparison.criterion == "bic" and bool(larger_than(cell, [best])) and self._is_gaussian(best)

    def _is_more_probable(self, cell: GridModel, other: GridModel) -> bool:
        """Whether rows are, with covariances integrated out, or are enough for BIC to be what is left of that."""
        assert cell.evidence is not None  # noqa: S101  (it is finished)
        fold = self.comparison.complete
        n_rows, n_features = cell.evidence.n_rows, fold.source.n_features
        n_own = n_own_parameters(family_for(LARGEST), n_features)
        if n_rows >= ROWS_FOR_BIC * n_own * cell.n_components or n_features > MATRIX_FEATURES:
            return True
        return integrated(fold, cell, of_rows_alone=True) < integrated(fold, other, of_rows_alone=True)

    def _may_be_gaussian(self, cell: GridModel) -> bool:
        """Whether a cell's components are fewer rows than parameters, or look Gaussian one by one."""
        assert cell.evidence is not None  # noqa: S101  (callers look)
        n_features = self.comparison.fold.source.n_features
        if has_few_each(cell.evidence.n_rows, cell.n_components, n_features):
            return True
        return is_gaussian(self.comparison.complete, cell, MOST_ROWS, together=False)

    def _is_gaussian(self, cell: GridModel) -> bool:
        if key_of(cell) not in self._gaussian:
            self._gaussian[key_of(cell)] = is_gaussian(self.comparison.complete, cell, MOST_ROWS)
        return self._gaussian[key_of(cell)]

    def _settled(self) -> Finished:
        """Run EM to its end in the best cell, until one is the best that has come to its end.

        Raises
        ------
        CollapseError
            If none has an answer.
        """
        while key_of(self._best) not in self._ended:
            if self._best.parameters is None:
                raise CollapseError(self._best.reason)
            self._end(self._best)
        return self._ended[key_of(self._best)]

    def _close_to(self, chosen: GridModel) -> list[GridModel]:
        """Give the cells of other families that are hardly worse and had no search of their own, the best first.

        A search in a family whose step is costly takes longer than the sweep does: only the choice gets one.
        """
        limit = chosen.value(self.comparison.criterion) + CLEAR_BIC_DIFFERENCE
        close = [
            cell
            for key, cell in self.cells.items()
            if key[0] == chosen.n_components and family_for(key[1]).has_plain_step
            if cell.is_sound and cell.value(self.comparison.criterion) < limit
        ]
        return sorted((cell for cell in close if not self._is_searched(key_of(cell))), key=self._rank)

    def _after(self, chosen: Finished) -> list[GridModel]:
        """Give the cell of one component more where a search found what the sweep had missed, if that had none.

        Where components have few rows each it is searched for later (`_integrated`), but when all work is done.
        """
        k, name = chosen.cell.n_components, chosen.cell.covariance_type
        cell = self.cells.get((k + 1, name))
        if not chosen.surpasses or cell is None or not cell.is_sound or self._is_searched(key_of(cell)):
            return []
        assert cell.evidence is not None  # noqa: S101  (it is sound)
        n_rows, n_features = self.comparison.complete.source.n_rows, self.comparison.fold.source.n_features
        if not family_for(name).has_plain_step or not self.budget.affords_another(n_rows, n_features):
            return []
        is_few = has_few_each(cell.evidence.n_rows, k + 1, n_features, ROWS_FOR_BIC)
        return [] if is_few and not self.budget.is_spent else [cell]

    def _is_searched(self, key: Key) -> bool:
        return key in self._ended and self._ended[key].is_searched

    def _may_be_searched(self, cell: GridModel) -> bool:
        """Whether there is something to find for a search, and work left for it."""
        source = self.comparison.complete.source
        is_affordable = self.budget.affords(family_for(cell.covariance_type), source.n_rows, source.n_features)
        return self.searches and cell.n_components > 1 and is_affordable

    def _end(self, cell: GridModel) -> None:
        self._take(ended(self.comparison, cell, "sweep"))

    def _search(self, cells: Sequence[GridModel], below: GridModel | None = None) -> None:
        """Search for the best optimum of cells, side by side; of a single one from one component less, too."""

        def search(cell: GridModel) -> Finished:
            own = self._ended.get(key_of(cell))
            if own is None and cell.parameters is not None:
                own = ended(self.comparison, cell, "sweep")
            found = self.checkpoint.get(SEARCH, *key_of(cell)) if self.checkpoint else None
            if found is None and (own is None or (self._may_be_searched(cell) and not self.comparison.is_over)):
                try:
                    found = searched(self.comparison, cell, self.seed, below)
                except CollapseError:
                    if own is None:
                        raise
                if found is not None and self.checkpoint is not None:
                    self.checkpoint.keep(SEARCH, found)
            self.is_cut = self.is_cut or (self.comparison.is_over if found is None else not found.is_finished)
            if found is None:
                assert own is not None  # noqa: S101  (else a search was made)
                return replace(own, is_searched=True)
            return better(own, ended(self.comparison, found, SEARCH), found.climbs)

        with closing(side_by_side(search, cells, self.n_jobs, self.comparison.fold.executor.local)) as searches:
            for _, done in searches:
                self._take(done)

    def _take(self, done: Finished) -> None:
        self.is_cut = self.is_cut or done.run.outcome is Outcome.TIME_LIMIT
        self._ended[key_of(done.cell)] = done
        self._gaussian.pop(key_of(done.cell), None)
        self.cells[key_of(done.cell)] = done.cell
        if self.observer is not None:
            self.observer(replace(done.cell, climbs=done.raced), self._best)  # the sweep has shown its own

    @property
    def _best(self) -> GridModel:
        return min(self.cells.values(), key=self._rank)

    def _rank(self, cell: GridModel) -> tuple[bool, float, int]:
        return cell.rank(self.comparison.criterion)


def key_of(cell: GridModel) -> Key:
    """Give where a cell is in the grid."""
    return cell.n_components, cell.covariance_type
