"""Centers that are rows drawn at random."""

from __future__ import annotations

from typing import ClassVar, final

import numpy as np

from mixfold.fold import Fold
from mixfold.initialization.abstract import around_rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure


@final
class RandomFromData:
    """Means are K rows, drawn without replacement in proportion to their weights; rows belong to the nearest.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import RandomFromData
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> RandomFromData()(fold, 2, DIAGONAL, np.random.RandomState(0)).means.round(1).ravel()
    array([8., 9.])
    """

    name: ClassVar[str] = "random_from_data"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Draw the centers from a bounded sample, assign all rows."""
        rows = fold.sample(random_state)
        weights = rows.weights_or_ones
        indices = random_state.choice(rows.n, n_components, replace=False, p=weights / np.sum(weights))
        return around_rows(fold, rows.values[indices], structure)
