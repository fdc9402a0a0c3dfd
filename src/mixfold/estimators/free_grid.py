"""A grid of fits without the features that others determine, of the families that can hold these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from mixfold.covariance import CovarianceFamily, family_for
from mixfold.estimators.determined import DeterminedFeatures, can_restore
from mixfold.estimators.fit import Fit
from mixfold.fitting import DataScale
from mixfold.fold import Fold
from mixfold.mixtures import Mixture
from mixfold.rows import Rows
from mixfold.search import GridModel, Observer
from mixfold.sources import in_memory
from mixfold.typing import Array


@dataclass(frozen=True, slots=True)
class FreeGrid:
    """What a grid is made of: its criteria would count parameters for what no row tells.

    Attributes
    ----------
    families : list of str
        Those that are compared, of no more factors than there are free features.
    left_out : list of str
        Families that cannot hold what is determined.
    determined : DeterminedFeatures or None
        None where all features are free, values are missing or rows not in memory, or no family could hold them.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.free_grid import FreeGrid
    >>> from mixfold.fold import Fold
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> fold = Fold.of_rows(np.column_stack([rows, rows[:, 0]]))
    >>> grid = FreeGrid.of(fold, ["full", "diag"])
    >>> grid.families, grid.left_out, grid.without(fold).source.n_features
    (['full'], ['diag'], 2)
    """

    families: list[str]
    left_out: list[str]
    determined: DeterminedFeatures | None = None

    @classmethod
    def of(cls, fold: Fold, families: Sequence[str]) -> Self:
        """Look for such features in rows, and choose of some families."""
        if fold.is_complete and fold.source.is_in_memory:
            scale, source = DataScale.of(fold), in_memory(fold.source)
            able = [name for name in families if can_restore(family_for(name))]
            correlated = [name for name in able if family_for(name).structure.correlates]
            for names in filter(None, (correlated, able)):
                found = DeterminedFeatures.of(source, scale, family_for(names[0]))
                if found is not None:
                    kept = correlated if found.linear.any() else able
                    inner = [family_for(name).of_features(len(found.free)).name for name in kept]
                    return cls(list(dict.fromkeys(inner)), [name for name in families if name not in kept], found)
        return cls(list(families), [])

    def without(self, fold: Fold) -> Fold:
        """Give the fold over rows of the features that are free."""
        if self.determined is None:
            return fold
        source = in_memory(fold.source)
        return fold.on_rows(Rows(source.values[:, self.determined.free], source.marks))

    def fit(self, fit: Fit, family: CovarianceFamily) -> Fit:
        """Give a fit of all features."""
        return fit if self.determined is None else self.determined.restored_fit(fit, family)

    def cells(self, cells: list[GridModel]) -> list[GridModel]:
        """Give cells with parameters of all features."""
        return [cell if cell.parameters is None else self._whole(cell) for cell in cells]

    def observer(self, told: Observer | None) -> Observer | None:
        """Give what tells an observer of cells with parameters of all features."""
        if told is None or self.determined is None:
            return told
        return lambda cell, best: told(*self.cells([cell, best]))

    def rows(self, rows: Array) -> Array:
        """Give rows of all features."""
        return rows if self.determined is None else self.determined.restored_rows(rows)

    def explained(self, reason: str) -> str:
        """Give the reason of a choice, and what was not compared."""
        if not self.left_out:
            return reason
        missed = ", ".join(self.left_out)
        return f"{reason} Not tried: {missed}, which cannot hold columns that are constant or follow from others."

    def _whole(self, cell: GridModel) -> GridModel:
        if self.determined is None or cell.parameters is None:
            return cell
        return replace(cell, parameters=self.determined.restored(cell.parameters, family_for(cell.covariance_type)))


def name_in_grid(mixture: Mixture, results: Sequence[Mapping[str, Any]]) -> str:
    """Name the family under which a mixture was chosen: it may have more factors, by what was restored."""
    for name in (str(row["covariance_type"]) for row in results if row.get("chosen")):
        if family_for(name).holding(mixture.covariances).name == mixture.covariance_type:
            return name
    return mixture.covariance_type
