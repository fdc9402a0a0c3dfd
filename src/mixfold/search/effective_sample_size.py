"""How many rows weighted rows are worth.

A criterion compares what rows gain with what parameters cost, so that it has to know how many rows there are. Whole
numbers say how often a row is there, as in scikit-learn, and their sum is that. The sum of others does not say it:
weights may sum to one, or to the people of a country. Kish's effective number (1965, section 11.7), the square of the
sum over the sum of squares, depends on no unit: it is the number of rows where all have the same weight, and less the
more uneven they are.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from mixfold.engines import to_numpy
from mixfold.typing import Array, FloatArray


def effective_rows(weights: FloatArray) -> float:
    """Give the number of rows: the sum of whole numbers, else Kish's effective number.

    Parameters
    ----------
    weights : ndarray of shape (n_rows,)
        Not negative, and not all zero.

    Returns
    -------
    n_rows : float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.effective_sample_size import effective_rows
    >>> effective_rows(np.array([3.0, 1.0])), round(effective_rows(np.array([0.3, 0.1])), 9)
    (4.0, 1.6)
    """
    if _are_copies(weights):
        return float(np.sum(weights))
    relative = weights / np.max(weights)
    return float(np.sum(relative) ** 2 / np.sum(relative**2))


def effective_weights(weights: Array) -> Array:
    """Give the weights in the unit in which their sum is the number of rows.

    Parameters
    ----------
    weights : ndarray or tensor of shape (n_rows,)

    Returns
    -------
    weights : ndarray or tensor of shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.effective_sample_size import effective_weights
    >>> effective_weights(np.array([0.3, 0.1])).round(3).tolist(), effective_weights(np.full(2, 0.1)).tolist()
    ([1.2, 0.4], [1.0, 1.0])
    """
    here = np.asarray(to_numpy(weights), dtype=np.float64)
    if _are_copies(here):
        return weights
    largest = float(np.max(here))
    # Divided first: equal weights are then ones, and not nearly.
    return cast("Array", weights / largest * (effective_rows(here) / float(np.sum(here / largest))))


def _are_copies(weights: FloatArray) -> bool:
    """Whether weights are whole numbers; from 2^53 on all numbers are, and say nothing."""
    return bool(np.all(weights == np.round(weights)) and np.max(weights) < 2.0**53)
