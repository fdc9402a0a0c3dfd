"""Units in which squares of the data's spread cannot be held."""

from __future__ import annotations

import math

import numpy as np

from mixfold.errors import InputError
from mixfold.typing import FloatArray


def refuse_extreme_units(rows: FloatArray, *, single: bool) -> None:
    """Refuse features whose variance would be zero or infinite though they vary.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
    single : bool
        Whether squares are of single precision.

    Raises
    ------
    InputError

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.extreme_units import refuse_extreme_units
    >>> refuse_extreme_units(np.array([[0.0], [1e-200]]), single=False)
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: X must spread between 1e-152 and 1e+152, whose squares its dtype can hold, but the ...
    """
    smallest, largest = (1e-15, 1e18) if single else (1e-152, 1e152)
    with np.errstate(over="ignore"):
        reach = np.max(np.abs(rows - rows[0]), axis=0)
    least = reach / (2.0 * math.sqrt(len(rows)))  # two rows are so far apart: no deviation is below this, or above that
    if np.all((reach == 0.0) | ((smallest < least) & (reach < largest))):
        return
    unit = np.where(reach > 0.0, np.minimum(reach, np.finfo(np.float64).max), 1.0)
    spread = np.std(rows / unit - rows[0] / unit, axis=0) * unit
    extreme = (reach > 0.0) & ~((smallest < spread) & (spread < largest))
    if np.any(extreme):
        feature = int(np.argmax(extreme))
        message = (
            f"X must spread between {smallest:g} and {largest:g}, whose squares its dtype can hold, but the standard "
            f"deviation of feature {feature} is about {spread[feature]:.3g}. Divide X by its standard deviation, or "
            "pass float64."
        )
        raise InputError(message)
