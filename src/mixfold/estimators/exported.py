"""Values that were computed on the host, as arrays like those that a caller passed."""

from __future__ import annotations

import array_api_compat
import numpy as np

from mixfold.typing import Array, FloatArray


def exported(values: FloatArray, like: Array) -> Array:
    """Give float64 host values in the library, dtype and device of `like`.

    Parameters
    ----------
    values : ndarray
    like : array

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.exported import exported
    >>> exported(np.ones(2), np.zeros(3, dtype=np.float32))
    array([1., 1.], dtype=float32)
    """
    if type(like) is np.ndarray:
        return np.array(values, like.dtype, order="C", ndmin=1)
    xp = array_api_compat.array_namespace(like)
    return xp.asarray(np.ascontiguousarray(values), dtype=like.dtype, device=array_api_compat.device(like), copy=True)
