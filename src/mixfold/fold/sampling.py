"""Some of the rows, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.random import sample_without_replacement

from mixfold.engines import to_numpy
from mixfold.executors import Executor
from mixfold.rows import IndexedSource, Marks, Rows, Source
from mixfold.sources.chunking import chunks_of
from mixfold.typing import IntArray

SAMPLE_ROWS = 16384
"""Rows that a start may look at one by one; larger data are sampled."""


def sample(executor: Executor, source: Source, random_state: np.random.RandomState, n_rows: int) -> Rows:
    """Give at most `n_rows` rows with weights, on the host, in an order that depends on their values alone.

    Because of that order, and because rows of weight zero are left out, a start that draws by weight does not
    depend on how rows are ordered or repeated (as long as all of them are in the sample).

    Parameters
    ----------
    executor : Executor
    source : Source
    random_state : RandomState
    n_rows : int

    Returns
    -------
    rows : Rows
        Of float64, with weights.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.sampling import sample
    >>> from mixfold.sources import ArraySource
    >>> source = ArraySource(np.array([[3.0], [1.0], [2.0]]))
    >>> sample(LocalExecutor(), source, np.random.RandomState(0), 3).values.ravel()
    array([1., 2., 3.])
    """
    everything = source.n_rows
    if everything <= n_rows:
        indices = np.arange(everything)
    else:
        # Memory for `n_rows` numbers, however many rows there are to choose from.
        indices = np.sort(sample_without_replacement(everything, n_rows, random_state=random_state))
    drawn = taken(executor, source, indices)
    at = np.flatnonzero(drawn.weights_or_ones > 0.0)
    values = drawn.values[at]
    # Equal rows have equal keys, so they stay together; that is all the order is for.
    key = np.sum(values * np.cos(np.arange(values.shape[1])), axis=1)
    order = np.argsort(key, kind="stable")
    return Rows(values[order], drawn.marks.take(at[order]))


def taken(executor: Executor, source: Source, indices: IntArray) -> Rows:
    """Give the rows at ascending indices with weights, on the host: in one pass if need be.

    Parameters
    ----------
    executor : Executor
    source : Source
    indices : ndarray of int

    Returns
    -------
    rows : Rows
        Of float64.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.sampling import taken
    >>> from mixfold.sources import ArraySource
    >>> taken(LocalExecutor(), ArraySource(np.array([[3.0], [1.0], [2.0]])), np.array([0, 2])).values.ravel()
    array([3., 2.])
    """
    if not isinstance(source, IndexedSource):
        return Rows.join(list(executor.each(Picked(indices), source)))
    rows = source.take(indices)
    return Rows(to_numpy(rows.values), _weighted(rows))


@dataclass(frozen=True, slots=True)
class Picked:
    """The rows of a chunk that are among those at ascending indices, as workers are asked for them.

    Attributes
    ----------
    indices : ndarray of int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.sampling import Picked
    >>> from mixfold.rows import Rows
    >>> Picked(np.array([1, 7, 9]))(Rows(np.arange(4.0)[:, None], start=6)).values.ravel()
    array([1., 3.])
    """

    indices: IntArray

    def __call__(self, chunk: Rows) -> Rows:
        """Give them with weights, on the host."""
        bounds = np.searchsorted(self.indices, (chunk.span.start, chunk.span.stop))
        at = self.indices[slice(*bounds)] - chunk.start
        return Rows(to_numpy(chunk.values)[at], _weighted(chunk).take(at))


def batches(source: Source, n_rows: int) -> Iterator[Rows]:
    """Yield consecutive rows in memory, whole chunks of at least `n_rows` together.

    Parameters
    ----------
    source : Source
    n_rows : int

    Yields
    ------
    rows : Rows

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.sampling import batches
    >>> from mixfold.sources import ArraySource
    >>> [rows.n for rows in batches(ArraySource(np.zeros((20_000, 1))), 10_000)]
    [16384, 3616]
    """
    pending: list[Rows] = []
    for chunk in chunks_of(source.chunks()):
        pending.append(chunk)
        if sum(one.n for one in pending) >= n_rows:
            yield Rows.join(pending)
            pending = []
    if pending:
        yield Rows.join(pending)


def _weighted(rows: Rows) -> Marks:
    """Give the marks of rows, on the host, with weights."""
    weights = np.ones(rows.n) if rows.weights is None else to_numpy(rows.weights)
    return replace(rows.marks, weights=weights)
