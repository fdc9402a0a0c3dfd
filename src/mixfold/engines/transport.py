"""Moving one distribution on few points to another: kernels where there are some, else NumPy and SciPy."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from mixfold.engines import kernels
from mixfold.typing import FloatArray

LEAST = 1e-9
"""How small the square of a singular value may be beside the largest, for the kernel to have its root."""


def nuclear_norms(a: FloatArray, b: FloatArray) -> FloatArray:
    """Give the sum of the singular values of ``A^T B`` for each pair of two stacks of lower triangular matrices.

    Parameters
    ----------
    a : ndarray of shape (k, d, d)
    b : ndarray of shape (m, d, d)

    Returns
    -------
    norms : ndarray of shape (k, m)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.transport import nuclear_norms
    >>> nuclear_norms(np.array([np.diag([1.0, 2.0])]), np.array([np.diag([3.0, 4.0])]))
    array([[11.]])
    """
    if not kernels.NATIVE_AVAILABLE:
        return _norms(np.swapaxes(a, 1, 2)[:, None] @ b)
    norms = np.empty((len(a), len(b)))
    kernels.compiled.nuclear_norms(np.ascontiguousarray(a), np.ascontiguousarray(b), LEAST, norms)
    rows, columns = np.nonzero(np.isnan(norms))
    if len(rows):
        norms[rows, columns] = _norms(np.swapaxes(a[rows], 1, 2) @ b[columns])
    return norms


def cheapest_plan(costs: FloatArray, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Give the plan of least cost between two distributions (Kantorovich 1942).

    Parameters
    ----------
    costs : ndarray of shape (k, m)
        Finite.
    rows : ndarray of shape (k,)
    columns : ndarray of shape (m,)
        With the sum of `rows`.

    Returns
    -------
    plan : ndarray of shape (k, m)
        At least zero, with these sums.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.transport import cheapest_plan
    >>> cheapest_plan(np.array([[0.0, 9.0], [1.0, 2.0]]), np.array([0.5, 0.5]), np.array([0.75, 0.25]))
    array([[0.5 , 0.  ],
           [0.25, 0.25]])
    """
    totals = columns * (np.sum(rows) / np.sum(columns))
    if not kernels.NATIVE_AVAILABLE:
        return _by_linear_program(costs, rows, totals)
    plan = np.empty(costs.shape)
    kernels.compiled.cheapest_plan(
        np.ascontiguousarray(costs), np.ascontiguousarray(rows), np.ascontiguousarray(totals), plan
    )
    return plan


def _norms(matrices: FloatArray) -> FloatArray:
    return np.asarray(np.sum(np.linalg.svd(matrices, compute_uv=False), axis=-1))


def _by_linear_program(costs: FloatArray, rows: FloatArray, columns: FloatArray) -> FloatArray:
    k, m = costs.shape
    at = np.arange(k * m)
    sums = coo_array(
        (np.ones(2 * k * m), (np.concatenate([at // m, k + at % m]), np.concatenate([at, at]))), shape=(k + m, k * m)
    )
    scale = np.max(np.abs(costs)) or 1.0
    # The last equation follows from the others, and would only be one more that rounding violates.
    totals = np.concatenate([rows, columns])[:-1]
    solved = linprog(costs.ravel() / scale, A_eq=sums.tocsr()[:-1], b_eq=totals, method="highs-ds")
    if solved.x is None:
        message = f"The transport of {k} to {m} points has no plan: {solved.message}"
        raise ArithmeticError(message)
    return np.maximum(solved.x.reshape(k, m), 0.0)
