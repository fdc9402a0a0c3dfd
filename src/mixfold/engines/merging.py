"""Merging the components of a mixture two by two, in kernels."""

from __future__ import annotations

import numpy as np

from mixfold.engines import kernels
from mixfold.typing import FloatArray, IntArray


def merged_cheapest(
    weights: FloatArray, means: FloatArray, covariances: FloatArray, losses: int
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray] | None:
    """Merge as many pairs of components within each block, those that cost least first (Runnalls 2007, eq. 21).

    Parameters
    ----------
    weights : ndarray of shape (b, n)
        Above zero.
    means : ndarray of shape (b, n, d)
    covariances : ndarray of shape (b, n, d, d)
    losses : int
        Less than n.

    Returns
    -------
    merged : tuple or None
        Weights, means and covariances in these shapes, of which those that are gone have weight zero; and the place (b,
        n) of the component that each is part of. None where there are no kernels.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import kernels
    >>> from mixfold.engines.merging import merged_cheapest
    >>> means = np.array([[[0.0], [5.0], [5.5]]])
    >>> merged = merged_cheapest(np.ones((1, 3)) / 3, means, np.ones((1, 3, 1, 1)), 1)
    >>> merged[3].tolist() if kernels.NATIVE_AVAILABLE else [[0, 1, 1]]
    [[0, 1, 1]]
    """
    if not kernels.NATIVE_AVAILABLE:
        return None
    w, m, c = (np.array(each, dtype=np.float64, order="C") for each in (weights, means, covariances))
    owners = np.empty(weights.shape, dtype=np.int64)
    kernels.compiled.merge_cheapest(w, m, c, losses, owners)
    return w, m, c, owners
