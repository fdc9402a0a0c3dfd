"""Which engine computes given rows."""

from __future__ import annotations

from mixfold.contracts import fulfills, refuse_value
from mixfold.engines.abstract import Engine
from mixfold.engines.array import ArrayEngine
from mixfold.engines.native import NativeEngine
from mixfold.engines.triton import TritonEngine
from mixfold.errors import InputError
from mixfold.typing import Array

AUTO = "auto"
ENGINES: dict[str, Engine] = {engine.name: engine for engine in (NativeEngine(), TritonEngine(), ArrayEngine())}
"""All engines, the fastest first."""


def is_engine(engine: object) -> bool:
    """Whether `engine_for` takes this for an engine, if it accepts the rows.

    Parameters
    ----------
    engine : object

    Returns
    -------
    is_engine : bool

    Examples
    --------
    >>> from mixfold.engines import ArrayEngine, is_engine
    >>> is_engine("array"), is_engine(ArrayEngine()), is_engine("steam"), is_engine(ArrayEngine)
    (True, True, False, False)
    """
    return engine == AUTO or engine in ENGINES if isinstance(engine, str) else fulfills(engine, Engine)


def engine_for(rows: Array, engine: str | Engine = AUTO) -> Engine:
    """Give the engine of this name, or the first that accepts the rows; an engine is given back as it is.

    Parameters
    ----------
    rows : ndarray or tensor of shape (n_rows, n_features)
    engine : str or Engine, default='auto'

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
    if not is_engine(engine):
        refuse_value(engine, Engine, "engine", [AUTO, *ENGINES])
    asked = [engine] if not isinstance(engine, str) else ENGINES.values() if engine == AUTO else [ENGINES[engine]]
    for one in asked:
        if one.accepts(rows):
            return one
    message = (
        f"`engine` must be 'auto' or one of {list(ENGINES)} that computes {type(rows).__name__} of dtype "
        f"{getattr(rows, 'dtype', None)}, got {engine!r}."
    )
    raise InputError(message)
