"""Some of the rows, in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.random import sample_without_replacement

from mixfold.engines import to_numpy
from mixfold.executors import Executor
from mixfold.fold.checking import first_bad, refuse
from mixfold.rows import IndexedSource, Marks, Rows, Source
from mixfold.sources import in_memory
from mixfold.typing import FloatArray, IntArray

SAMPLE_ROWS = 16384
"""Rows that a start may look at one by one; larger data are sampled."""


class _OfThread(threading.local):
    """Random numbers that each thread has for itself."""

    def __init__(self) -> None:
        self.random_state = np.random.RandomState()
        self.spare: list[np.random.RandomState] = []


_OWN = _OfThread()


def seeded(seed: int) -> np.random.RandomState:
    """Give the thread's own random numbers from a seed on, for use at once: to make new ones takes 70 times as long.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.sampling import seeded
    >>> bool(seeded(3).uniform() == np.random.RandomState(3).uniform())
    True
    """
    _OWN.random_state.seed(seed)
    return _OWN.random_state


def lent(seed: int | np.integer | np.random.RandomState | None) -> np.random.RandomState:
    """Give random numbers as scikit-learn does; from a seed on, new ones only where the thread has none to spare.

    To make new ones takes longer than all else that a fit of a small table does before it looks at rows.

    Parameters
    ----------
    seed : int, RandomState or None

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.sampling import given_back, lent
    >>> numbers = lent(3)
    >>> bool(numbers.uniform() == np.random.RandomState(3).uniform())
    True
    >>> given_back(numbers, 3)
    >>> lent(3) is numbers, lent(3) is numbers
    (True, False)
    """
    if not isinstance(seed, int | np.integer) or not _OWN.spare:
        return check_random_state(seed)
    random_state = _OWN.spare.pop()
    random_state.seed(seed)
    return random_state


def given_back(random_state: np.random.RandomState, seed: int | np.integer | np.random.RandomState | None) -> None:
    """Keep what was lent for a seed, which nobody will draw from any more.

    Parameters
    ----------
    random_state : RandomState
    seed : int, RandomState or None
    """
    if isinstance(seed, int | np.integer):
        _OWN.spare.append(random_state)


def drawn_from(source: Source, random_state: np.random.RandomState, n_rows: int) -> IntArray:
    """Give the ascending indices of at most `n_rows` rows.

    Parameters
    ----------
    source : Source
    random_state : RandomState
    n_rows : int

    Returns
    -------
    indices : ndarray of int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.sampling import drawn_from
    >>> from mixfold.sources import ArraySource
    >>> drawn_from(ArraySource(np.zeros((3, 1))), np.random.RandomState(0), 5)
    array([0, 1, 2])
    """
    if source.n_rows <= n_rows:
        return np.arange(source.n_rows)
    # Memory for `n_rows` numbers, however many rows there are to choose from.
    return np.sort(sample_without_replacement(source.n_rows, n_rows, random_state=random_state))


def in_order(drawn: Rows) -> Rows:
    """Give rows that have weight in an order that depends on their values alone.

    So a start that draws by weight does not depend on how rows are ordered or repeated, as long as all are there.

    Parameters
    ----------
    drawn : Rows

    Returns
    -------
    rows : Rows

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.sampling import in_order
    >>> from mixfold.rows import Marks, Rows
    >>> in_order(Rows(np.array([[3.0], [1.0], [2.0]]), Marks(np.array([1.0, 1.0, 0.0])))).values.ravel()
    array([1., 3.])
    """
    has_weight = drawn.weights_or_ones > 0.0
    if not np.all(has_weight):
        at = np.flatnonzero(has_weight)
        drawn = Rows(drawn.values[at], drawn.marks.take(at))
    # Equal rows have equal keys, so they stay together; that is all the order is for.
    factors = np.cos(np.arange(drawn.values.shape[1]))
    key = np.einsum("nd,d->n", drawn.values, factors)
    if np.isnan(key.sum()):
        key = np.nansum(drawn.values * factors, axis=1)  # what is missing counts as nothing
    order = ascending(key)
    return Rows(drawn.values[order], drawn.marks.take(order))


def ascending(keys: FloatArray) -> IntArray:
    """Give the order (n,) in which keys (n,) ascend, equal ones as they come.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.sampling import ascending
    >>> ascending(np.array([2.0, 1.0, 2.0, 0.0]))
    array([3, 1, 0, 2])
    """
    order = np.argsort(keys)  # several times as fast as a stable sort, which only equal keys need
    sorted_keys = keys[order]
    return np.argsort(keys, kind="stable") if np.any(sorted_keys[1:] == sorted_keys[:-1]) else order


def taken(executor: Executor, source: Source, indices: IntArray, *, checks: bool = True) -> Rows:
    """Give the rows at ascending indices with weights, on the host: in one pass if need be, which checks all rows.

    Parameters
    ----------
    executor : Executor
    source : Source
    indices : ndarray of int
    checks : bool
        Whether a pass refuses rows that are not finite, unless they are known to be; else those that are infinite.

    Returns
    -------
    rows : Rows
        Of float64.

    Raises
    ------
    InputError
        Naming the first row that is not finite, and its column.

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
        found = []
        for rows, bad in executor.each(Picked(indices, not source.known.is_finite, gaps=not checks), source):
            refuse(bad, source)
            found.append(rows)
        source.known.is_finite |= checks
        return Rows.join(found)
    is_all = source.is_in_memory and len(indices) == source.n_rows
    rows = in_memory(source).rows if is_all else source.take(indices)
    return Rows(to_numpy(rows.values), _weighted(rows))


@dataclass(frozen=True, slots=True)
class Picked:
    """The rows of a chunk that are among those at ascending indices, as workers are asked for them.

    Attributes
    ----------
    indices : ndarray of int
    checks : bool
        Whether all rows are looked at.
    gaps : bool
        Whether values may be missing.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.sampling import Picked
    >>> from mixfold.rows import Rows
    >>> rows, bad = Picked(np.array([1, 7, 9]), checks=True)(Rows(np.arange(4.0)[:, None], start=6))
    >>> rows.values.ravel(), bad
    (array([1., 3.]), None)
    """

    indices: IntArray
    checks: bool
    gaps: bool = False

    def __call__(self, chunk: Rows) -> tuple[Rows, tuple[int, int] | None]:
        """Give them with weights, on the host, and where the first value is that is not finite."""
        bounds = np.searchsorted(self.indices, (chunk.span.start, chunk.span.stop))
        at = self.indices[slice(*bounds)] - chunk.start
        bad = first_bad(chunk, gaps=self.gaps) if self.checks else None
        return Rows(to_numpy(chunk.values)[at], _weighted(chunk).take(at)), bad


def _weighted(rows: Rows) -> Marks:
    """Give the marks of rows, on the host, with weights."""
    weights = np.ones(rows.n) if rows.weights is None else to_numpy(rows.weights)
    return replace(rows.marks, weights=weights)
