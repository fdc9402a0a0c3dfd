"""`Budget`: how much work a sweep may be that goes up by itself or is made again in parts of the rows, by their number.

Work is counted and not timed, so that the same cells are computed on every machine, however busy. Its unit is a
microsecond of one thread of the machine on which 168 generated tables (`benchmarks.cluster_bank`, even seeds) were
timed: what they took is said by the number of cells, EM steps, and rows times components, to a third for nine of ten.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, final

from mixfold.covariance import CovarianceFamily, family_for
from mixfold.search.grid_model import GridModel
from mixfold.search.sample import MOST_PAIRWISE_ROWS

CELL, STEP, PRODUCT = 1000.0, 60.0, 0.06
"""Microseconds of a cell, of an EM step, and of each row under each component of a cell, which is as much as one of the
products that an EM step of full covariances has for each row and component, for the starts that a level shares."""
MICROSECONDS_PER_ROW = 700.0
"""What the work of a sweep may be: searches and clusters, which come after it, take less than the three tenths that are
left of a second per thousand rows."""
MOMENT = 1e-4
"""Microseconds of an EM step for each row, component and square of the features, where these are more than `STEP`."""
TURN = 4e-3
"""Microseconds of an M step that is an iteration, for each component and third power of the features."""
STEPS_TO_AN_END = 12_000
"""Of one component, which a budget must pay for where an M step is an iteration of its own: six hundred, after which
all common axes have settled, of five components are a quarter of the work then."""
FEWEST_ROWS = MOST_PAIRWISE_ROWS
"""Of fewer rows a sweep may be as much work as of so many, of which hierarchies are made whole."""
SHORT = 1 / 3
"""Of the budget, after which only families go on that are near the best: a level then takes half as long, and most
sweeps are over before."""
BEHIND = "Not tried: other families were ahead, and a third of the work was done that so many rows get by default."
DEAR = "Not tried: of so many features common axes are more work than so many rows get by default."
WORK_IS_DONE = "Not tried: all the work was done that so many rows get by default."


@final
@dataclass(slots=True)
class Budget:
    """What is left of the work that a sweep may be.

    Attributes
    ----------
    total : float
        In microseconds; infinite where there is no limit.
    spent : float
    shortens : bool
        Whether levels take less work when some is done: not where they are few.

    Examples
    --------
    >>> from mixfold.search.budget import Budget
    >>> budget = Budget.of(2000)
    >>> budget.pay_for_starts(n_rows=2000, n_components=30, n_features=10)
    >>> budget.is_short, budget.is_spent
    (False, False)
    """

    total: float = math.inf
    spent: float = 0.0
    shortens: bool = True

    @classmethod
    def of(cls, n_rows: float, *, shortens: bool = True) -> Self:
        """Give the budget of so many rows."""
        return cls(MICROSECONDS_PER_ROW * max(n_rows, FEWEST_ROWS), shortens=shortens)

    @property
    def is_short(self) -> bool:
        """Whether only families go on that are near the best."""
        return self.shortens and self.spent > SHORT * self.total

    @property
    def is_spent(self) -> bool:
        """Whether levels go on only while they find groups."""
        return self.spent > self.total

    def pay_for_starts(self, n_rows: float, n_components: int, n_features: int) -> None:
        """Count the starts that families share with so many components, which look at so many rows."""
        self.spent += PRODUCT * n_rows * n_components * n_features**2

    def pay_for(self, cell: GridModel, n_rows: float, n_features: int) -> None:
        """Count a cell that was computed."""
        n_steps = sum(climb.n_iter for climb in cell.climbs)
        step = max(STEP, MOMENT * n_rows * cell.n_components * n_features**2)
        each = PRODUCT * n_rows * cell.n_components
        self.spent += CELL + step * n_steps + each

    def affords(self, family: CovarianceFamily, n_rows: float, n_features: int) -> bool:
        """Tell whether EM comes to its end for a part of the work, where an M step is an iteration of its own.

        The same of however many components: families would else be compared by who may have more of them.

        Examples
        --------
        >>> from mixfold.covariance import family_for
        >>> from mixfold.search.budget import Budget
        >>> [Budget.of(1000).affords(family_for("VVE"), 1000, d) for d in (15, 60)]
        [True, False]
        >>> Budget().affords(family_for("VVE"), 1000, 60), Budget.of(1000).affords(family_for("full"), 1000, 60)
        (True, True)
        """
        if family.step_cost == 1.0 or not family.structure.is_matrix:
            return True
        return STEPS_TO_AN_END * (MOMENT * n_rows * n_features**2 + TURN * n_features**3) <= self.total

    def affords_another(self, n_rows: float, n_features: int, n_components: int = 5) -> bool:
        """Tell whether one more search is a part of the work, whatever the family: searches move full covariances.

        Parameters
        ----------
        n_rows : float
        n_features : int
        n_components : int
            Of the search, where that is known; the steps to an end are counted as those of five components.

        Examples
        --------
        >>> from mixfold.search.budget import Budget
        >>> [Budget.of(1000).affords_another(1000, d) for d in (20, 30, 60)], Budget().affords_another(1000, 60)
        ([True, False, False], True)
        >>> [Budget.of(1000).affords_another(1000, d, n_components=2) for d in (20, 30, 60)]
        [True, True, False]
        """
        return STEPS_TO_AN_END * n_components / 5 * MOMENT * n_rows * n_features**2 <= self.total

    def dear(self, names: Sequence[str], n_rows: float, n_features: int) -> list[str]:
        """Give the families whose common axes would not come to rest for their part of the work, if others do.

        Examples
        --------
        >>> from mixfold.search.budget import Budget
        >>> Budget.of(1000).dear(["full", "VVE"], 1000, 60), Budget.of(1000).dear(["VVE"], 1000, 60)
        (['VVE'], [])
        """
        turning = [name for name in names if family_for(name).turns_axes]
        dear = [name for name in turning if not self.affords(family_for(name), n_rows, n_features)]
        return dear if len(dear) < len(names) else []
