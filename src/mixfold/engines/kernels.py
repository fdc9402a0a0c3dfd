"""The C++ kernels: which are there, for which processor, and how they are called.

The kernels are built once for each instruction set, and the best that the processor has is chosen when this module is
imported. ``MIXFOLD_INSTRUCTION_SET`` names another (``x86_64_v2``, ``x86_64_v3``, ``x86_64_v4``). A package that was
installed without a compiler has no kernels: `NATIVE_AVAILABLE` is then false, and `NativeEngine` accepts no rows.
"""

from __future__ import annotations

import os
from typing import TypeAlias

import numpy as np

from mixfold.errors import InputError
from mixfold.prior import Prior
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL, Structure
from mixfold.typing import Array, FloatArray

try:
    from mixfold.engines import _native as compiled
except ImportError:
    NATIVE_AVAILABLE = False
else:
    NATIVE_AVAILABLE = True
"""Whether the package was built with its kernels: whether there is a `compiled`."""
__all__ = [
    "DECOMPOSED_FEATURES",
    "INSTRUCTION_SET_VARIABLE",
    "NATIVE_AVAILABLE",
    "STRUCTURE_CODES",
    "PriorNumbers",
    "available_instruction_sets",
    "compiled",
    "instruction_set",
    "numbers_of",
    "same_type",
    "select_instruction_set",
]

INSTRUCTION_SET_VARIABLE = "MIXFOLD_INSTRUCTION_SET"
"""The environment variable that overrides the choice of instruction set."""

DECOMPOSED_FEATURES = 16
"""Up to so many the kernels have eigenvectors sooner than LAPACK."""

STRUCTURE_CODES = {FULL: 0, POOLED: 1, DIAGONAL: 2, SPHERICAL: 3}
"""How the kernels know the structures that they have."""


PriorNumbers: TypeAlias = tuple[FloatArray, float, FloatArray, float, float]
"""Scale, count, jitter, likeness and ridge of a prior, arrays flat and contiguous."""


def numbers_of(prior: Prior, structure: Structure, n_features: int) -> PriorNumbers:
    """Give what kernels are told of a prior: scale, count, jitter, likeness and ridge, arrays flat and contiguous.

    Parameters
    ----------
    prior : Prior
    structure : Structure
        Of the covariances.
    n_features : int

    Examples
    --------
    >>> from mixfold.engines.kernels import numbers_of
    >>> from mixfold.prior import Prior
    >>> from mixfold.structures import DIAGONAL
    >>> [np.ravel(one).tolist() for one in numbers_of(Prior.from_ridge(0.5), DIAGONAL, 2)]
    [[0.0, 0.0], [0.0], [0.0, 0.0], [0.0], [0.5]]
    """
    one = structure.shape(1, n_features)
    shape = one if structure == POOLED else one[1:]
    scale = prior.scale if np.shape(prior.scale) == shape else np.broadcast_to(prior.scale, shape)
    jitter = prior.jitter if prior.jitter.shape == shape else structure.reduced(prior.jitter, n_features)
    jitter = np.ascontiguousarray(jitter, dtype=np.float64)
    return np.ascontiguousarray(scale).reshape(-1), prior.count, jitter.reshape(-1), prior.likeness, prior.ridge


def available_instruction_sets() -> list[str]:
    """Name the instruction sets that this build has kernels for and this processor can run, best first."""
    return compiled.available_instruction_sets() if NATIVE_AVAILABLE else []


def instruction_set() -> str | None:
    """Name the instruction set whose kernels run; None without kernels."""
    return compiled.instruction_set() if NATIVE_AVAILABLE else None


def select_instruction_set(name: str) -> None:
    """Run the kernels of another instruction set from now on, in every thread.

    Raises
    ------
    InputError
        If the name is not one of `available_instruction_sets`.
    """
    try:
        compiled.select_instruction_set(name)
    except ValueError as error:
        raise InputError(str(error)) from error


if NATIVE_AVAILABLE and INSTRUCTION_SET_VARIABLE in os.environ:
    select_instruction_set(os.environ[INSTRUCTION_SET_VARIABLE])


def same_type(weights: Array | None, rows: Array) -> Array | None:
    """Give weights in the type of the rows, as kernels take them."""
    return None if weights is None else np.ascontiguousarray(weights, dtype=rows.dtype)
