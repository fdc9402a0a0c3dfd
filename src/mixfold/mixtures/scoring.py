"""What potentials say of rows in memory: densities, shares, distances."""

from __future__ import annotations

from typing import Any

import array_api_compat

from mixfold.engines import engine_for
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.sources import ArraySource
from mixfold.typing import Array
from mixfold.validation import rows_of


def fold_over(X: Any, n_features: int) -> Fold:
    """Give the fold over rows in memory, by the fastest engine that takes them and all threads.

    Parameters
    ----------
    X : array-like, data frame or tensor of shape (n_rows, n_features)
    n_features : int
        How many there must be.

    Returns
    -------
    fold : Fold
        What it says has the library, dtype and device of `X`.

    Raises
    ------
    ValueError
        If `X` cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.mixtures.scoring import fold_over
    >>> from mixfold.potentials import Potentials
    >>> fold_over([[1.0], [7.0]], n_features=1).labels(Potentials.nearest(np.array([[0.0], [9.0]])))
    array([0, 1])
    """
    rows = rows_of(X, n_features=n_features)
    return Fold(ArraySource(rows), engine_for(rows), LocalExecutor())


def mahalanobis_distances(fold: Fold, potentials: Potentials) -> Array:
    """Give the Mahalanobis distance of each row of a fold from each center.

    Parameters
    ----------
    fold : Fold
    potentials : Potentials

    Returns
    -------
    distances : ndarray or tensor of shape (n_rows, n_components)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.mixtures import mahalanobis_distances
    >>> from mixfold.potentials import Potentials
    >>> mahalanobis_distances(Fold.of_rows(np.array([[1.0], [4.0]])), Potentials.nearest(np.array([[0.0], [6.0]])))
    array([[1., 5.],
           [4., 2.]])
    """
    scores = [fold.log_density(potentials.alone(component)) for component in range(potentials.n_components)]
    xp = array_api_compat.array_namespace(*scores)
    return xp.sqrt(-2.0 * xp.stack(scores, axis=1))


def probability_of_others(responsibilities: Array) -> Array:
    """Give what all components but the most probable have of each row: nothing cancels, as it does in one minus that.

    Parameters
    ----------
    responsibilities : ndarray or tensor of shape (n_rows, n_components)

    Returns
    -------
    uncertainty : ndarray or tensor of shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.mixtures import probability_of_others
    >>> probability_of_others(np.array([[0.75, 0.25], [1.0, 1e-30]]))
    array([2.5e-01, 1.0e-30])
    """
    xp = array_api_compat.array_namespace(responsibilities)
    number = xp.arange(responsibilities.shape[1], device=array_api_compat.device(responsibilities))
    is_best = number[None, :] == xp.argmax(responsibilities, axis=1)[:, None]
    return xp.sum(xp.where(is_best, xp.zeros_like(responsibilities), responsibilities), axis=1)
