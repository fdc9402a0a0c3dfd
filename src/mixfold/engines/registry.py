"""Which engine computes given rows."""

from __future__ import annotations

from mixfold.engines.abstract import Engine
from mixfold.engines.array import ArrayEngine
from mixfold.engines.native import NativeEngine
from mixfold.engines.triton import TritonEngine
from mixfold.errors import InputError
from mixfold.typing import Array

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (NativeEngine(), TritonEngine(), ArrayEngine())}
"""All engines, the fastest first."""


def engine_for(rows: Array, name: str = "auto") -> Engine:
    """Give the engine of this name, or the first that accepts the rows.

    Parameters
    ----------
    rows : ndarray or tensor of shape (n_rows, n_features)
    name : str, default='auto'

    Returns
    -------
    engine : Engine

    Raises
    ------
    InputError
        If there is no such engine, or none that accepts the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import engine_for
    >>> engine_for(np.zeros((3, 2)), "array").name
    'array'
    """
    candidates = ENGINES if name == "auto" else {name: ENGINES[name]} if name in ENGINES else {}
    for engine in candidates.values():
        if engine.accepts(rows):
            return engine
    message = (
        f"`engine` must be 'auto' or one of {list(ENGINES)} that computes {type(rows).__name__} of dtype "
        f"{getattr(rows, 'dtype', None)}, got {name!r}."
    )
    raise InputError(message)
