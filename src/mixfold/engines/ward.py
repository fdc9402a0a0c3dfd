"""Ward's hierarchy of rows, in a kernel."""

from __future__ import annotations

import numpy as np

from mixfold.engines import kernels
from mixfold.typing import FloatArray, IntArray


def joined_by_ward(rows: FloatArray) -> tuple[IntArray, IntArray, IntArray] | None:
    """Join rows and then clusters of them, the two by which the scatter within clusters grows least (Ward 1963).

    Parameters
    ----------
    rows : ndarray of shape (n, d)
        Two at least.

    Returns
    -------
    joined : tuple or None
        The two parts (n - 1, 2) of each cluster in the order of what its join costs, numbered as SciPy does; its size
        (n - 1,); and the rows (n,) in an order in which each cluster is a span, its first part before its second. None
        where there are no kernels.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import kernels
    >>> from mixfold.engines.ward import joined_by_ward
    >>> joined = joined_by_ward(np.array([[0.0], [5.0], [0.5]]))
    >>> joined[0].tolist() if kernels.NATIVE_AVAILABLE else [[0, 2], [1, 3]]
    [[0, 2], [1, 3]]
    """
    if not kernels.NATIVE_AVAILABLE:
        return None
    n = len(rows)
    parts, sizes, order = np.empty((n - 1, 2), np.int64), np.empty(n - 1, np.int64), np.empty(n, np.int64)
    kernels.compiled.join_by_ward(np.ascontiguousarray(rows, dtype=np.float64), parts, sizes, order)
    return parts, sizes, order
