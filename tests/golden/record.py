"""How bits are recorded and compared."""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from threadpoolctl import threadpool_info

from mixfold.engines.kernels import instruction_set

PATH = Path(__file__).with_name("golden.json")
MOST_NUMBERS = 24


def environment() -> dict[str, str]:
    """Name what decides in which order sums are taken: the kernels' instruction set, and the libraries of arrays."""
    blas = sorted({f"{one['internal_api']} {one.get('architecture')}" for one in threadpool_info()})
    return {
        "processor": platform.machine(),
        "kernels": str(instruction_set()),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "blas": ", ".join(blas),
    }


def entry(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Give what is recorded of a case: a digest of its bits, and some numbers of each array."""
    digest = hashlib.blake2b(digest_size=12)
    numbers = {}
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
        numbers[name] = [float(f"{value:.8g}") for value in some(array)]
    return {"bits": digest.hexdigest(), "numbers": numbers}


def some(array: np.ndarray) -> np.ndarray:
    """Give at most `MOST_NUMBERS` of an array's numbers, from all over it."""
    flat = array.ravel().astype(np.float64)
    return flat[np.unique(np.linspace(0, len(flat) - 1, min(len(flat), MOST_NUMBERS)).astype(np.intp))]


def load() -> dict[str, Any]:
    """Give what was recorded."""
    recorded: dict[str, Any] = json.loads(PATH.read_text())
    return recorded
