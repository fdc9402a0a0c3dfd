"""Whole EM steps, made where the rows are few enough to be in reach of one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from mixfold.engines import EMLoop, Engine, MStep, Outlook
from mixfold.executors import Executor
from mixfold.rows import Source
from mixfold.sources import in_memory
from mixfold.typing import FloatArray

Start: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]
"""Weights (K,), means (K, D) and covariances of a structure."""
LOOP_ROWS = 16384
"""Up to this many rows, EM steps run whole in an engine that has such a loop."""


def loops_are_possible(engine: Engine, source: Source) -> bool:
    """Whether an engine can make whole EM steps on rows.

    Parameters
    ----------
    engine : Engine
    source : Source

    Returns
    -------
    loops_are_possible : bool

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.loops import loops_are_possible
    >>> from mixfold.sources import ArraySource
    >>> loops_are_possible(ArrayEngine(), ArraySource(np.zeros((3, 2))))
    False
    """
    return engine.batch is not None and source.is_in_memory and source.n_rows <= LOOP_ROWS


def em_loops(
    engine: Engine,
    executor: Executor,
    source: Source,
    starts: Sequence[Start],
    step: MStep,
    n_steps: int,
    outlook: Outlook | None = None,
) -> list[EMLoop]:
    """Make whole EM steps from each start without leaving the engine; only where they `loops_are_possible`.

    Parameters
    ----------
    engine : Engine
    executor : Executor
    source : Source
    starts : sequence of tuple of ndarray
    step : MStep
    n_steps : int
    outlook : Outlook, optional
        When steps end early.

    Returns
    -------
    loops : list of EMLoop

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import MStep, NativeEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.loops import em_loops
    >>> from mixfold.prior import Prior
    >>> from mixfold.sources import ArraySource
    >>> from mixfold.structures import DIAGONAL
    >>> source = ArraySource(np.array([[0.0], [1.0], [8.0], [9.0]]))
    >>> start = np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[1.0], [1.0]])
    >>> (loop,) = em_loops(NativeEngine(), LocalExecutor(), source, [start], MStep(DIAGONAL, Prior.from_ridge(1e-6)), 3)
    >>> loop.means.round(2).ravel()
    array([0.5, 8.5])
    """
    assert engine.batch is not None  # noqa: S101  (they are possible)
    share = executor.local.in_every_thread
    return engine.batch.em_loops(in_memory(source).rows, starts, step, n_steps, share, outlook)
