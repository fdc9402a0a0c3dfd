"""Statistics under responsibilities that are given, and not found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from mixfold.engines import Engine, to_numpy
from mixfold.executors import Executor
from mixfold.rows import Rows, Source
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics
from mixfold.structures import SPHERICAL, Structure
from mixfold.typing import Array, FloatArray

Responsibilities: TypeAlias = Callable[[Rows], Array]
"""Gives responsibilities (n, K) for each chunk."""


def moments(
    engine: Engine,
    executor: Executor,
    source: Source,
    responsibilities: Responsibilities,
    center: FloatArray,
    structure: Structure,
) -> SufficientStatistics:
    """Give the statistics under responsibilities around a center.

    Parameters
    ----------
    engine : Engine
    executor : Executor
    source : Source
    responsibilities : callable
    center : ndarray of shape (n_components, n_features)
    structure : Structure

    Returns
    -------
    statistics : SufficientStatistics

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.moments import moments
    >>> from mixfold.sources import ArraySource
    >>> from mixfold.structures import DIAGONAL
    >>> source, halves = ArraySource(np.array([[1.0], [3.0]])), lambda chunk: np.full((chunk.n, 2), 0.5)
    >>> moments(ArrayEngine(), LocalExecutor(), source, halves, np.zeros((2, 1)), DIAGONAL).means.ravel()
    array([2., 2.])
    """
    chunk_rows = source.chunk_rows  # workers get this function, and need not the source

    def added(first_chunk: int, run: Rows) -> Segment:
        return Segment.of(
            first_chunk,
            (engine.moments(chunk, responsibilities(chunk), center, structure) for chunk in run.chunks(chunk_rows)),
        )

    return executor.sum(added, source)


def about_means(
    engine: Engine,
    executor: Executor,
    source: Source,
    responsibilities: Responsibilities,
    n_components: int,
    structure: Structure,
    elsewhere: FloatArray | None = None,
) -> SufficientStatistics:
    """Give the statistics under responsibilities around the means that they have: two passes, nothing cancels.

    Parameters
    ----------
    engine : Engine
    executor : Executor
    source : Source
    responsibilities : callable
    n_components : int
    structure : Structure
    elsewhere : ndarray of shape (n_components, n_features), optional
        The centers of components without rows; by default the first row.

    Returns
    -------
    statistics : SufficientStatistics

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.moments import about_means
    >>> from mixfold.sources import ArraySource
    >>> from mixfold.structures import DIAGONAL
    >>> source, ones = ArraySource(np.array([[1.0], [3.0]])), lambda chunk: np.ones((chunk.n, 1))
    >>> about_means(ArrayEngine(), LocalExecutor(), source, ones, 1, DIAGONAL).center
    array([[2.]])
    """
    anywhere = np.repeat(to_numpy(source.first), n_components, axis=0)
    first = moments(engine, executor, source, responsibilities, anywhere, SPHERICAL)
    means = first.means if elsewhere is None else np.where(first.count[:, None] > 0.0, first.means, elsewhere)
    return moments(engine, executor, source, responsibilities, means, structure)
