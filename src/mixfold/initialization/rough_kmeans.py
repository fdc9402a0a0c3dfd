"""K-means that ends early: where many starts are compared, EM on each is worth more than the last of its inertia."""

from __future__ import annotations

from typing import ClassVar, final

import numpy as np

from mixfold.fold import Fold
from mixfold.initialization.abstract import nearest
from mixfold.initialization.kmeans_plus_plus import spread_indices
from mixfold.statistics import SufficientStatistics
from mixfold.structures import SPHERICAL, Structure

MAX_ITERATIONS = 100
TOLERANCE = 1e-4
"""Lloyd's iterations end when the inertia falls by less than this share of itself; EM does the rest."""


@final
class RoughKMeans:
    """Rows belong to the nearest center of a k-means solution that k-means++ began.

    Pilots and searches begin so; `KMeans` is the start that goes on until k-means has converged.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import RoughKMeans
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> RoughKMeans()(fold, 2, DIAGONAL, np.random.RandomState(0)).means.round(1).ravel()
    array([9., 1.])
    """

    name: ClassVar[str] = "kmeans"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Run Lloyd's iterations on the same kernels and executor that EM uses."""
        rows = fold.sample(random_state)
        centers = rows.values[spread_indices(rows.values, rows.weights_or_ones, n_components, random_state)]
        inertia = np.inf
        for _ in range(MAX_ITERATIONS):
            clusters = nearest(fold, centers, SPHERICAL)
            previous, inertia = inertia, float(np.sum(clusters.scatter))
            centers = clusters.means
            if not previous - inertia > TOLERANCE * inertia:
                break
        return nearest(fold, centers, structure)
