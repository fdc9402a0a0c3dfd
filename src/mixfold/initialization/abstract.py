"""The contract of an initializer: data in, the statistics of a first assignment out."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Protocol

import numpy as np

from mixfold.engines import Assignment
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray


class Initializer(Protocol):
    """Gives EM a place to begin.

    Whatever an initializer does, it ends in *statistics of rows assigned to components*, and the family's own M step
    turns them into parameters. That is why every start is sound for every covariance family.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import GivenMeans, Initializer
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> initializer: Initializer = GivenMeans(np.array([[0.0], [9.0]]))
    >>> initializer.name, initializer(fold, 2, DIAGONAL, np.random.RandomState(0)).count
    ('means', array([3., 3.]))
    """

    name: ClassVar[str]

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Give the statistics of a first assignment, with scatter of the structure that the family needs."""


def assigned(fold: Fold, centers: FloatArray, structure: Structure) -> SufficientStatistics:
    """Give the statistics when every row belongs to the nearest of the centers (K, D), all of which are near rows."""
    return fold.statistics(Potentials.nearest(centers), structure, Assignment.HARD)


def nearest(fold: Fold, centers: FloatArray, structure: Structure) -> SufficientStatistics:
    """Give the same however far the centers are, at the cost of a walk that shares rows out between all of them."""
    statistics = assigned(fold, centers, structure)
    if statistics.is_far_from_means:  # as a center with a single row always is
        return fold.recentered(statistics, Potentials.nearest(centers), Assignment.HARD)
    return statistics


def around_rows(fold: Fold, rows: FloatArray, structure: Structure) -> SufficientStatistics:
    """Give the statistics when every row belongs to the nearest of some rows (K, D), which are taken for the means."""
    assigned = nearest(fold, rows, structure)
    return replace(assigned, shift=np.zeros_like(assigned.shift))
