"""Arrays of the libraries that loops on a device are tested with."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np


def arrays(library: str, values: Any, dtype: str = "float64") -> Any:
    values = np.asarray(values, dtype)
    if library == "numpy":
        return values
    module = import_module("torch" if library == "cuda" else library)
    return module.asarray(values, device="cuda") if library == "cuda" else module.asarray(values)
