"""What potentials say of rows in memory: densities, shares, distances."""

from __future__ import annotations

from typing import Any

import array_api_compat
import numpy as np

from mixfold.engines import engine_for, to_numpy
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold, has_gaps, patterns
from mixfold.observations import Components, Incomplete, Linear
from mixfold.potentials import Potentials
from mixfold.sources import ArraySource, in_memory
from mixfold.typing import Array
from mixfold.validation import rows_of


def fold_over(X: Any, n_features: int, *, gaps: bool = False) -> Fold:
    """Give the fold over rows in memory, by the fastest engine that takes them and all threads.

    Parameters
    ----------
    X : array-like, data frame or tensor of shape (n_rows, n_features)
    n_features : int
        How many there must be.
    gaps : bool
        Whether values may be missing (NaN).

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
    rows = rows_of(X, n_features=n_features, gaps=gaps)
    seen = (Incomplete(),) if gaps and has_gaps(rows) else ()
    return Fold(ArraySource(rows), engine_for(rows), LocalExecutor(), seen)


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


def row_weights(fold: Fold, potentials: Potentials) -> Array:
    """Give how much each row counts in the means of heavy tails: its u, over the components that it may belong to.

    Parameters
    ----------
    fold : Fold
    potentials : Potentials
        With degrees of freedom; without them each row counts as one.

    Returns
    -------
    weights : ndarray or tensor of shape (n_rows,)
        About one in the midst of a component, at most ``(degrees + D) / degrees``, towards zero far from all.

    Examples
    --------
    >>> import numpy as np
    >>> from dataclasses import replace
    >>> from mixfold.fold import Fold
    >>> from mixfold.mixtures import row_weights
    >>> from mixfold.potentials import Potentials
    >>> cauchy = replace(Potentials.nearest(np.zeros((1, 1))), degrees=np.ones(1))
    >>> row_weights(Fold.of_rows(np.array([[0.0], [1.0], [3.0]])), cauchy)
    array([2. , 1. , 0.2])
    """
    shares = fold.responsibilities(potentials)
    xp, device = array_api_compat.array_namespace(shares), array_api_compat.device(shares)
    if not fold.is_complete:
        values, counts = in_memory(fold.source).values, np.ones(fold.source.n_rows)
        components = Components.of(potentials)
        for at, features in patterns(values):
            seen = Linear.of_features(np.isin(np.arange(potentials.n_features), features))
            part = seen.seen(xp.take(values, xp.asarray(at, device=device), axis=0))
            if len(features):  # of nothing it is not known, and each counts as one
                counts[at] = to_numpy(row_weights(Fold.of_rows(part), seen.view(components).potentials))
        return xp.asarray(counts, dtype=shares.dtype, device=device)
    if potentials.degrees is None:
        return xp.sum(shares, axis=1)
    degrees = xp.asarray(potentials.degrees, dtype=shares.dtype, device=device)
    counting = (degrees + potentials.n_features) / (degrees + mahalanobis_distances(fold, potentials) ** 2)
    return xp.sum(shares * counting, axis=1)
