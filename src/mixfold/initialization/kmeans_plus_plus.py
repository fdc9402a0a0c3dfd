"""Centers drawn far from each other: k-means++ (Arthur & Vassilvitskii 2007), greedy as in its section 7."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import ClassVar, final

import numpy as np
from scipy.spatial.distance import cdist

from mixfold.engines.spreading import BETTER, n_trials
from mixfold.fold import Fold
from mixfold.fold.search_device import SearchDevice
from mixfold.initialization.abstract import around_rows
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray, IntArray


@final
class KMeansPlusPlus:
    """Means are K rows, drawn in proportion to squared distances to one another; rows belong to the nearest.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import KMeansPlusPlus
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> KMeansPlusPlus()(fold, 2, DIAGONAL, np.random.RandomState(0)).means.round(1).ravel()
    array([8., 1.])
    """

    name: ClassVar[str] = "k-means++"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Draw the centers from a bounded sample, assign all rows."""
        rows = fold.sample(random_state)
        return around_rows(fold, spread_rows(fold, rows, n_components, random_state), structure)


def spread_rows(fold: Fold, rows: Rows, n_centers: int, random_state: np.random.RandomState) -> FloatArray:
    """Give rows of a sample that k-means++ draws as centers: on the accelerator from which it came, if it did.

    Parameters
    ----------
    fold : Fold
        Of which the sample is.
    rows : Rows
    n_centers : int
    random_state : RandomState

    Returns
    -------
    centers : ndarray of shape (n_centers, n_features)
    """
    if (search_device := SearchDevice.of(fold)) is not None:
        return rows.values[search_device.spread(rows, n_centers, random_state)]
    return rows.values[spread_indices(rows.values, rows.weights_or_ones, n_centers, random_state, fold.deadline)]


def spread_indices(
    rows: FloatArray,
    weights: FloatArray,
    n_centers: int,
    random_state: np.random.RandomState,
    deadline: float = math.inf,
) -> IntArray:
    """Draw rows as centers by greedy k-means++: each time the one of 2 + log K candidates that leaves least inertia.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
    weights : ndarray of shape (n,)
        Positive; a row of weight 2 is drawn like two rows.
    n_centers : int
    random_state : RandomState
    deadline : float
        From when on, by `time.perf_counter`, the other centers are drawn at once.

    Returns
    -------
    indices : ndarray of shape (n_centers,)
        The rows coincide only if there are fewer distinct ones than centers, or no time.
    """
    n_tried = n_trials(n_centers)
    indices = np.empty(n_centers, dtype=np.intp)
    indices[0] = _draw(weights, 1, random_state)[0]
    distance = cdist(rows[indices[:1]], rows, "sqeuclidean")[0]  # (n,) to the nearest center so far
    for index in range(1, n_centers):
        mass = weights * distance
        mass = mass if np.any(mass > 0.0) else weights
        if time.perf_counter() > deadline:
            indices[index:] = _draw(mass, n_centers - index, random_state)
            break
        candidates = _draw(mass, n_tried, random_state)
        remaining = np.minimum(distance, cdist(rows[candidates], rows, "sqeuclidean"))  # (n_tried, n)
        best = least_inertia(remaining @ weights)
        indices[index], distance = candidates[best], remaining[best]
    return indices


def least_inertia(inertias: Sequence[float] | FloatArray) -> int:
    """Give the index of the least, the first where they differ by rounding, which is not to choose between equals."""
    best = 0
    for index, inertia in enumerate(inertias):
        if inertia < BETTER * inertias[best]:
            best = index
    return best


def _draw(mass: FloatArray, size: int, random_state: np.random.RandomState) -> IntArray:
    cumulative = np.cumsum(mass / np.max(mass))
    at = np.searchsorted(cumulative, random_state.uniform(size=size) * cumulative[-1], side="right")
    return np.minimum(at, len(mass) - 1)
