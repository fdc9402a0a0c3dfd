"""Which of the cells that the data cannot tell from the best is chosen.

A criterion is a sum over rows, so that a difference between two cells has a standard error: that of the sum of their
log ratios of densities (Vuong 1989, section 5). Where the best is ahead by less than a few of these, other rows of the
same kind might have put the other cell first, and something else may decide between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from mixfold.covariance import family_for
from mixfold.engines import to_numpy
from mixfold.fold import Fold
from mixfold.selection.cell import Cell
from mixfold.typing import FloatArray

STANDARD_ERRORS = 3.0
"""By how many a cell must be worse than the best to be told from it."""


def rivals(fold: Fold, cells: Iterable[Cell], best: Cell, criterion: str, tie_break: str) -> list[Cell]:
    """Give the cells that cannot be told from the best and that another criterion puts before it, the first one first.

    Parameters
    ----------
    fold : Fold
        The rows.
    cells : iterable of Cell
    best : Cell
        The best of them by `criterion`.
    criterion : str
        What is compared by its standard error.
    tie_break : str
        What puts cells before the best.
    """
    if not best.is_sound:
        return []
    limit = best.value(tie_break)
    ahead = [cell for cell in cells if cell.is_sound and cell.value(tie_break) < limit]
    own = _log_density(fold, best) if ahead else np.empty(0)
    return [
        cell
        for cell in sorted(ahead, key=lambda cell: cell.value(tie_break))
        if cell.value(criterion) - best.value(criterion)
        < STANDARD_ERRORS * standard_error(fold, own - _log_density(fold, cell))
    ]


def standard_error(fold: Fold, log_ratios: FloatArray) -> float:
    """Give the standard error of a difference between criteria, minus twice the sum of log ratios of densities (n,)."""
    weights = fold.source.weights
    weights = np.ones(len(log_ratios)) if weights is None else to_numpy(weights)
    mean = float(weights @ log_ratios / np.sum(weights))
    return 2.0 * math.sqrt(float(weights @ (log_ratios - mean) ** 2))


def _log_density(fold: Fold, cell: Cell) -> FloatArray:
    assert cell.parameters is not None  # noqa: S101  (of sound cells)
    potentials = cell.parameters.potentials(family_for(cell.covariance_type))
    return np.asarray(to_numpy(fold.log_density(potentials)), dtype=np.float64)
