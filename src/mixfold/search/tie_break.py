"""Which of the cells that the data cannot tell from the best is chosen.

A criterion is a sum over rows, so that a difference between two cells has a standard error: that of the sum of their
log ratios of densities (Vuong 1989, section 5). Where the best is ahead by less than a few of these, other rows of the
same kind might have put the other cell first, and something else may decide between them.

What decides is there to leave out components that only shape a cluster. That there are more components than in the
best cell, or a single one, it may say only where the criterion itself has no clear opinion.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mixfold.covariance import family_for
from mixfold.engines import to_numpy
from mixfold.fitting.pilots import STANDARD_ERRORS
from mixfold.fold import Fold
from mixfold.search.criteria import CLEAR_BIC_DIFFERENCE, name_of
from mixfold.search.grid_model import DIGITS, GridModel
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Tie:
    """A cell that another criterion put before the best.

    Attributes
    ----------
    best : GridModel
        By the criterion.
    gap : float
        By how much the other cell is worse.
    standard_error : float
        Of that difference.
    """

    best: GridModel
    gap: float
    standard_error: float

    def told(self, criterion: str, tie_break: str) -> str:
        """Say in a sentence what decided."""
        named = f"{self.best.n_components} component(s), {self.best.covariance_type}"
        value = self.best.value(criterion)
        return (
            f"{name_of(tie_break)} decides: rows cannot tell it from {named}, with the smallest {name_of(criterion)}, "
            f"{value:.3f} ({self.gap:.1f} less, {self.gap / self.standard_error:.1f} standard errors)."
        )


def rivals(
    fold: Fold, cells: Iterable[GridModel], best: GridModel, criterion: str, tie_break: str
) -> list[tuple[GridModel, Tie]]:
    """Give the cells that cannot be told from the best and that another criterion puts before it, the first one first.

    Parameters
    ----------
    fold : Fold
        The rows.
    cells : iterable of GridModel
    best : GridModel
        The best of them by `criterion`.
    criterion : str
        What is compared by its standard error.
    tie_break : str
        What puts cells before the best.
    """
    if not best.is_sound:
        return []
    limit = best.value(tie_break) - 10.0**-DIGITS
    ahead = [cell for cell in cells if cell.is_sound and cell.value(tie_break) < limit]
    own = _log_density(fold, best) if ahead else np.empty(0)
    tied = []
    for cell in sorted(ahead, key=lambda cell: cell.value(tie_break)):
        gap = cell.value(criterion) - best.value(criterion)
        error = standard_error(fold, own - _log_density(fold, cell))
        if gap < min(STANDARD_ERRORS * error, most_behind(cell, best)):
            tied.append((cell, Tie(best, gap, error)))
    return tied


def most_behind(cell: GridModel, best: GridModel) -> float:
    """Give by how much a cell may be worse than the best, whatever the standard error.

    Very strong evidence (Kass & Raftery 1995) is not passed over to add components, nor to say that there is only one:
    a single component has no rows between components, so that ICL has always a reason to prefer it.
    """
    leaves_out = 1 < cell.n_components <= best.n_components
    return math.inf if leaves_out else CLEAR_BIC_DIFFERENCE


def error_of_difference(fold: Fold, one: GridModel, other: GridModel) -> float:
    """Give the standard error of the difference between the criteria of two cells with parameters."""
    return standard_error(fold, _log_density(fold, one) - _log_density(fold, other))


def standard_error(fold: Fold, log_ratios: FloatArray) -> float:
    """Give the standard error of a difference between criteria, minus twice the sum of log ratios of densities (n,)."""
    weights = fold.source.weights
    weights = np.ones(len(log_ratios)) if weights is None else to_numpy(weights)
    mean = float(weights @ log_ratios / np.sum(weights))
    return 2.0 * math.sqrt(float(weights @ (log_ratios - mean) ** 2))


def _log_density(fold: Fold, cell: GridModel) -> FloatArray:
    assert cell.parameters is not None  # noqa: S101  (of sound cells)
    potentials = cell.parameters.potentials(family_for(cell.covariance_type))
    return np.asarray(to_numpy(fold.log_density(potentials)), dtype=np.float64)
