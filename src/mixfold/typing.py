"""The array types that annotations share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
"""A NumPy array of float64: everything above the engines computes in this."""

BoolArray: TypeAlias = npt.NDArray[np.bool_]
"""A NumPy array of truth values."""

IntArray: TypeAlias = npt.NDArray[np.intp]
"""A NumPy array of indices or labels."""

Array: TypeAlias = Any
"""An array of the caller's own library (NumPy, PyTorch, ...), following the array API standard."""

InEveryThread: TypeAlias = Callable[[Callable[[], None], Callable[[], None]], None]
"""Calls a function in each of several threads, which take tasks until there are none; where the calling one fails or is
interrupted, it calls the second one, after which the others take nothing more."""
