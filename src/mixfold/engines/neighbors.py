"""The metric in which rows and their nearest neighbors are alike in every direction, in kernels."""

from __future__ import annotations

import numpy as np

from mixfold.engines import kernels
from mixfold.typing import FloatArray


def neighbor_metric(rows: FloatArray, unit: FloatArray, n_neighbors: int, share: float) -> FloatArray | None:
    """Give the lower-triangular map after which differences between neighbors are alike in every direction.

    Neighbors are found anew in the metric that those of rows in units give.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
        More than `n_neighbors`.
    unit : ndarray of shape (n_features,)
        By which features are multiplied first.
    n_neighbors : int
        Of each row.
    share : float
        Of the mean variance of differences, which is added in every direction.

    Returns
    -------
    metric : ndarray of shape (n_features, n_features), or None
        None where there are no kernels.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import kernels
    >>> from mixfold.engines.neighbors import neighbor_metric
    >>> rows = np.array([[0.0, 0.0], [0.0, 2.0], [1.0, 0.0], [1.0, 2.0]])
    >>> metric = neighbor_metric(rows, np.ones(2), 1, 0.0001)
    >>> kernels.NATIVE_AVAILABLE is False or bool(metric[1, 1] > 9.0 * metric[0, 0])
    True
    """
    if not kernels.NATIVE_AVAILABLE:
        return None
    metric = np.empty((rows.shape[1], rows.shape[1]))
    kernels.compiled.neighbor_metric(np.ascontiguousarray(rows), unit, n_neighbors, share, metric)
    return metric
