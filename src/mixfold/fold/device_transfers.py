"""What brings rows from an accelerator to the processor in each walk says so, once."""

from __future__ import annotations

import warnings
from functools import cache

import array_api_compat

from mixfold.engines.device_loop import is_on_accelerator
from mixfold.typing import Array


def warn_of_transfers(what: str, values: Array) -> None:
    """Warn once if rows are on an accelerator.

    Parameters
    ----------
    what : str
        Which rows, at the beginning of a sentence.
    values : array of shape (n, n_features)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.device_transfers import warn_of_transfers
    >>> warn_of_transfers("Rows that are linked", np.zeros((3, 2)))  # on the processor
    """
    if is_on_accelerator(values):
        _tell(what, str(array_api_compat.device(values)))


@cache
def _tell(what: str, device: str) -> None:
    message = (
        f"{what} are computed on the processor: each walk brings them from {device}. Pass them as NumPy arrays, which "
        "saves the device_transfers."
    )
    warnings.warn(message, RuntimeWarning, stacklevel=3)
