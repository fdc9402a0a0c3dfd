"""k-means++ in array expressions: centers are drawn on the device of the rows, and the host waits once, at the end."""

from __future__ import annotations

import math

import array_api_compat
import numpy as np

from mixfold.engines.array import to_numpy
from mixfold.typing import Array, FloatArray, IntArray

BETTER = 1.0 - 1e-12
"""Centers must leave less inertia than this share of what earlier ones leave: rounding is not to choose."""


def n_trials(n_centers: int) -> int:
    """Count the candidates for each center after the first (Arthur & Vassilvitskii 2007, section 7).

    Examples
    --------
    >>> from mixfold.engines.spreading import n_trials
    >>> n_trials(2), n_trials(100)
    (2, 6)
    """
    return 2 + int(math.log(n_centers))


def spread_there(rows: Array, weights: Array, n_centers: int, uniforms: FloatArray) -> IntArray:
    """Draw rows as centers by greedy k-means++, as `mixfold.initialization.kmeans_plus_plus` does on the host.

    Parameters
    ----------
    rows : array of shape (n, n_features)
        Of float64, of any library and on any device.
    weights : array of shape (n,)
        Beside them; positive.
    n_centers : int
    uniforms : ndarray of shape (1 + (n_centers - 1) * n_trials(n_centers),)
        Random numbers in [0, 1), in the order in which they are used.

    Returns
    -------
    indices : ndarray of int of shape (n_centers,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.spreading import spread_there
    >>> rows = np.array([[0.0], [1.0], [8.0], [9.0]])
    >>> spread_there(rows, np.ones(4), 2, np.array([0.1, 0.6, 0.9]))
    array([0, 3])
    """
    xp, device = array_api_compat.array_namespace(rows), array_api_compat.device(rows)
    n_tried, n_rows = n_trials(n_centers), rows.shape[0]
    numbers = xp.asarray(uniforms, dtype=rows.dtype, device=device)

    def drawn(mass: Array, these: Array) -> Array:
        cumulative = xp.cumulative_sum(mass / xp.max(mass))
        at = xp.sum(xp.astype(cumulative[None, :] <= these[:, None] * cumulative[-1], xp.int64), axis=1)
        return xp.clip(at, max=n_rows - 1)

    def distances(those: Array) -> Array:
        away = xp.take(rows, those, axis=0)[:, None, :] - rows[None, :, :]
        return xp.sum(away * away, axis=-1)

    first = drawn(weights, numbers[:1])
    indices, nearest = [first], distances(first)[0, :]
    for at in range(1, numbers.shape[0], n_tried):
        mass = weights * nearest
        mass = xp.where(xp.any(mass > 0.0), mass, weights)
        candidates = drawn(mass, numbers[at : at + n_tried])
        remaining = xp.minimum(nearest[None, :], distances(candidates))  # (n_tried, n)
        inertias = remaining @ weights
        best, least = xp.zeros((1,), dtype=xp.int64, device=device), inertias[:1]
        for trial in range(1, n_tried):
            is_better = inertias[trial : trial + 1] < BETTER * least
            best, least = xp.where(is_better, trial, best), xp.where(is_better, inertias[trial : trial + 1], least)
        indices.append(xp.take(candidates, best, axis=0))
        nearest = xp.take(remaining, best, axis=0)[0, :]
    return np.asarray(to_numpy(xp.concat(indices)), dtype=np.intp)
