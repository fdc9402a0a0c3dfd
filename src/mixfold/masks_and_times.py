"""What NumPy would take for numbers without a word: masked values, dates, times and durations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

import numpy as np

from mixfold.errors import InputError

TIMES = (date, time, timedelta, np.datetime64, np.timedelta64)
TIMES_BY_NAME = ("date", "time", "duration", "period")
"""How the types of dates, times and durations begin in NumPy, pandas, polars and pyarrow."""


def refuse_masks_and_times(values: Any, name: str = "X") -> None:
    """Refuse masked values, and dates, times and durations.

    Parameters
    ----------
    values : array-like or data frame
    name : str
        What the caller calls it, for the message.

    Raises
    ------
    InputError
        If a value is masked, a date, a time or a duration.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.masks_and_times import refuse_masks_and_times
    >>> refuse_masks_and_times(np.ma.masked_array([[1.0], [2.0]]))
    >>> refuse_masks_and_times(np.ma.masked_equal([[1.0], [-9.0]], -9.0))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: X must have a value in every place, but 1 of 2 are masked. ...
    """
    pieces = values if isinstance(values, list | tuple) else [values]
    masked = sum(int(np.sum(np.ma.getmaskarray(piece))) for piece in pieces if np.ma.isMaskedArray(piece))
    if masked:
        message = (
            f"{name} must have a value in every place, but {masked} of {np.size(values)} are masked. Leave those rows "
            f"out (`X[~np.ma.getmaskarray(X).any(axis=1)].data`) or fill them (`X.filled(...)`)."
        )
        raise InputError(message)
    kind = next((kind for kind in _kinds(values) if str(kind).lower().startswith(TIMES_BY_NAME)), None)
    if kind is not None:
        message = (
            f"{name} must hold numbers, but holds {kind}. Leave dates and times out, or say how they are numbers: "
            "`(X - X.min()) / np.timedelta64(1, 'D')` counts days."
        )
        raise InputError(message)


def _kinds(values: Any) -> Sequence[Any]:
    """Give the types of what an array or a data frame holds: one, or one a column."""
    if isinstance(values, list | tuple):
        values = np.asarray(values)
    if isinstance(values, np.ndarray) and values.dtype == object:
        return [type(value).__name__ for value in values.flat if isinstance(value, TIMES)]
    if hasattr(values, "dtype"):
        return [values.dtype]
    schema = getattr(values, "schema", None)  # pyarrow's
    return list(getattr(values, "dtypes", getattr(schema, "types", ())))
