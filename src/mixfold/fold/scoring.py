"""What potentials say of every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import array_api_compat
import numpy as np

from mixfold.engines import Engine, Wholesale, to_numpy
from mixfold.executors import Executor
from mixfold.fold.guesses import GUESSED_ROWS
from mixfold.potentials import Potentials
from mixfold.rows import CHUNK_ROWS, Rows, Source
from mixfold.sources import ArraySource
from mixfold.typing import Array

SCORED_AT_ONCE = 4
"""Calls to an engine for each thread that say something of every row, if it needs no memory but for what it says."""
CALL_WORK = 1 << 32
"""Multiplications of a call to an engine, at most: a second or two on a slow processor."""
SOFTMAX_WORK = 16
"""Of them, what the exponential of a score is worth."""
FEWEST_OF_A_CALL = 64
"""Rows of a call, at least."""


def said_of_rows(
    engine: Engine,
    executor: Executor,
    source: Source,
    say: Callable[..., Array],
    potentials: Potentials,
    *width: int,
    dtype: type[np.int64] | None = None,
) -> Array:
    """Give what an engine says of every row: `width` numbers, of a dtype that is the rows' by default.

    Parameters
    ----------
    engine : Engine
    executor : Executor
    source : Source
    say : callable
        A method of the engine.
    potentials : Potentials
    *width : int
    dtype : type, optional

    Returns
    -------
    said : array of shape (n_rows, *width)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.scoring import said_of_rows
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.sources import ArraySource
    >>> engine, potentials = ArrayEngine(), Potentials.nearest(np.array([[0.0], [9.0]]))
    >>> said_of_rows(engine, LocalExecutor(), ArraySource(np.array([[1.0], [8.0]])), engine.labels, potentials)
    array([0, 1])
    """
    local = executor.local
    if not isinstance(source, ArraySource):
        return _joined(list(executor.each(lambda chunk: say(chunk.values, potentials), source)))
    wholesale = engine.wholesale
    if wholesale is None:
        parts: dict[int, Array] = {}

        def keep(chunk: Rows) -> None:
            parts[chunk.start] = say(chunk.values, potentials)

        local.share(keep, source.chunks())
        return _joined([parts[start] for start in sorted(parts)])
    # What is said of a row does not depend on its neighbors: a few long chunks a thread cost fewer calls.
    share = max(-(-source.n_rows // (SCORED_AT_ONCE * local.n_threads)), CHUNK_ROWS)
    source = replace(source, chunk_rows=min(share, rows_of_a_call(wholesale, potentials)))
    result = np.empty((source.n_rows, *width), dtype or source.values.dtype)

    def write(chunk: Rows) -> None:
        say(chunk.values, potentials, result[chunk.span])

    local.share(write, source.chunks())
    return result


def rows_of_a_call(wholesale: Wholesale, potentials: Potentials) -> int:
    """Give how many rows one call may say something of: no signal is heard before it ends.

    Parameters
    ----------
    wholesale : Wholesale
    potentials : Potentials

    Returns
    -------
    n_rows : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import NativeEngine
    >>> from mixfold.fold.scoring import rows_of_a_call
    >>> from mixfold.potentials import Potentials
    >>> rows_of_a_call(NativeEngine(), Potentials.nearest(np.zeros((2, 1))))
    1048576
    """
    if not wholesale.computes(potentials.structure):  # matrix products, whose bits depend on how many rows there are
        return GUESSED_ROWS
    for_each_row = potentials.whitener.size + SOFTMAX_WORK * potentials.n_components
    return min(max(CALL_WORK // for_each_row, FEWEST_OF_A_CALL), GUESSED_ROWS)


def log_likelihood(engine: Engine, executor: Executor, source: Source, potentials: Potentials) -> tuple[float, float]:
    """Give the summed log density of the rows, and their summed weight.

    Parameters
    ----------
    engine : Engine
    executor : Executor
    source : Source
    potentials : Potentials

    Returns
    -------
    log_likelihood, weight : float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.scoring import log_likelihood
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.sources import ArraySource
    >>> source, potentials = ArraySource(np.array([[1.0], [2.0]])), Potentials.nearest(np.zeros((1, 1)))
    >>> log_likelihood(ArrayEngine(), LocalExecutor(), source, potentials)
    (-2.5, 2.0)
    """

    def one(chunk: Rows) -> tuple[float, float]:
        log_density = to_numpy(engine.log_density(chunk.values, potentials))
        if chunk.weights is None:
            return float(np.sum(log_density)), float(len(log_density))
        weights = to_numpy(chunk.weights)
        return float(weights @ log_density), float(np.sum(weights))

    total = np.sum(list(executor.each(one, source)), axis=0)
    return float(total[0]), float(total[1])


def _joined(parts: list[Array]) -> Array:
    return parts[0] if len(parts) == 1 else array_api_compat.array_namespace(parts[0]).concat(parts, axis=0)
