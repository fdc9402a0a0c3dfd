"""Rows that are there several times: one by one, where they are few."""

from __future__ import annotations

import numpy as np

from mixfold.typing import FloatArray


def one_by_one(rows: FloatArray, weights: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """Give rows as often as they are there, if weights are whole numbers and that is no more than so many.

    Pilots and starts are drawn from rows, and hierarchies made of them, which would see a row of weight two once.

    Parameters
    ----------
    rows, weights : ndarray of shape (n, n_features), (n,)
    most : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.counted_rows import one_by_one
    >>> rows, weights = one_by_one(np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 0.0, 1.0]), 9)
    >>> rows.ravel().tolist(), weights.tolist()
    ([1.0, 1.0, 3.0], [1.0, 1.0, 1.0])
    """
    if np.all(weights == 1.0) or np.sum(weights) > most or np.any(weights % 1.0):
        return rows, weights
    copies = np.repeat(rows, weights.astype(np.intp), axis=0)
    return copies, np.ones(len(copies))
