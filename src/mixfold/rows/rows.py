"""Rows on their way to an engine: chunks of a source, and the parts that other processes get hold of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import array_api_compat
import numpy as np

from mixfold.errors import InputError
from mixfold.typing import Array, FloatArray, IntArray

CHUNK_ROWS = 8192
"""Rows of a chunk, whatever the source, the engine and the number of threads: the bits of a fit depend on it.

Only tensors on an accelerator are cut into larger ones (`usual_chunk_rows`).
"""
DEVICE_CHUNK_BYTES = 1 << 28
"""Bytes of the rows of a chunk on an accelerator."""
DEVICE_CHUNK_ROWS = 1 << 21
"""Rows of it at most: some starts make an array of rows times components."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of rows beside their values: columns with one entry for each row.

    Attributes
    ----------
    weights : array of shape (n,) or None
        None stands for ones.
    strata : ndarray of int of shape (n,) or None
        For each row the number of the observation by which it is seen; None stands for zeros.
    noise : ndarray of shape (n, n_features) or (n, n_features, n_features), or None
        Variances or covariances of the noise that each row was measured with, where each has its own.
    links : ndarray of int of shape (n,) or None
        For each row the number, from 0, of the group whose rows are of one component; -1 where a row is alone.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import Marks
    >>> marks = Marks(np.array([1.0, 2.0, 3.0]))
    >>> Marks.join([marks.cut(slice(1, 3)), marks.take(np.array([0]))])
    Marks(weights=array([2., 3., 1.]), strata=None, noise=None, links=None)
    """

    weights: Array | None = None
    strata: IntArray | None = None
    noise: FloatArray | None = None
    links: IntArray | None = None

    @classmethod
    def of_weights(cls, weights: FloatArray) -> Marks:
        """Give those of rows that have weights alone, left out where all are one: kernels are faster without."""
        return NO_MARKS if np.all(weights == 1.0) else cls(weights)

    @property
    def columns(self) -> tuple[Array | None, ...]:
        """All of them, in the order in which they are given."""
        return self.weights, self.strata, self.noise, self.links

    def cut(self, span: slice) -> Marks:
        """Give those of consecutive rows, without a copy."""
        if all(column is None for column in self.columns):
            return self
        return Marks(*(None if column is None else column[span] for column in self.columns))

    def take(self, indices: IntArray) -> Marks:
        """Give copies of those of some rows."""
        return Marks(*(None if column is None else _taken(column, indices) for column in self.columns))

    @staticmethod
    def join(marks: Sequence[Marks]) -> Marks:
        """Put those of neighbors together; all have the same columns."""
        return Marks(*(_joined(columns) for columns in zip(*(one.columns for one in marks), strict=True)))


NO_MARKS = Marks()
"""Those of rows of which only the values are known."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Consecutive rows of a source: one chunk, or a run of several.

    Attributes
    ----------
    values : array of shape (n, n_features)
    marks : Marks
    start : int
        Index of the first row in the source.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import Marks, Rows
    >>> run = Rows(np.zeros((5, 2)), start=10)
    >>> [chunk.span for chunk in run.chunks(3)]
    [slice(10, 13, None), slice(13, 15, None)]
    >>> rows = Rows(np.arange(3.0)[:, None], Marks(strata=np.array([4, 1, 4])))
    >>> [(stratum, at, part.values.ravel()) for stratum, at, part in rows.by_stratum()]
    [(1, array([1]), array([1.])), (4, array([0, 2]), array([0., 2.]))]
    """

    values: Array
    marks: Marks = NO_MARKS
    start: int = 0

    @property
    def n(self) -> int:
        """How many they are."""
        return int(self.values.shape[0])

    @property
    def weights(self) -> Array | None:
        """Their weights, (n,), or None for ones."""
        return self.marks.weights

    @property
    def weights_or_ones(self) -> Array:
        """Their weights, (n,), also where those are ones."""
        return np.ones(self.n) if self.marks.weights is None else self.marks.weights

    @property
    def span(self) -> slice:
        """Where the rows lie in an array with one entry for each row of the source."""
        return slice(self.start, self.start + self.n)

    def cut(self, span: slice) -> Rows:
        """Give consecutive ones of them, without a copy; `span` counts from the first."""
        return Rows(self.values[span, ...], self.marks.cut(span), self.start + span.start)

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[Rows]:
        """Cut the rows, without a copy, into runs of `n_rows`; the last may have fewer."""
        n = self.n
        for at in range(0, n, n_rows):
            yield self.cut(slice(at, min(at + n_rows, n)))

    def by_stratum(self) -> Iterator[tuple[int, IntArray | slice, Rows]]:
        """Yield the strata that rows have, in the order of their numbers, where the rows of each are, and these.

        Where all are of one stratum, it is where a slice says, and they are not copied.
        """
        strata, others = self.marks.strata, replace(self.marks, strata=None)
        if strata is None or not len(strata) or np.all(strata == strata[0]):
            stratum = 0 if strata is None or not len(strata) else int(strata[0])
            yield stratum, slice(None), Rows(self.values, others, self.start)
            return
        order = np.argsort(strata, kind="stable")
        found, first = np.unique(strata[order], return_index=True)
        for stratum, at in zip(found.tolist(), np.split(order, first[1:]), strict=True):
            yield stratum, at, Rows(_taken(self.values, at), others.take(at))

    @staticmethod
    def join(runs: Sequence[Rows]) -> Rows:
        """Put neighbors together."""
        values = _joined([run.values for run in runs])
        return Rows(values, Marks.join([run.marks for run in runs]), runs[0].start)


def _taken(column: Array, indices: IntArray) -> Array:
    if type(column) is np.ndarray:
        return column.take(indices, axis=0)
    xp = array_api_compat.array_namespace(column)
    return xp.take(column, xp.asarray(indices, device=array_api_compat.device(column)), axis=0)


def _joined(columns: Sequence[Array | None]) -> Array | None:
    if columns[0] is None or len(columns) == 1:
        return columns[0]
    return array_api_compat.array_namespace(columns[0]).concat(columns, axis=0)


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive chunks that another process can get hold of.

    Attributes
    ----------
    start : int
        Index of the first row in the source.
    n_rows : int
    first_chunk : int
        Index of the first chunk in the source.
    load : callable or Dask delayed
        What gives the rows (n_rows, n_features), wherever it is called.
    marks : Marks
    is_delayed : bool
        Whether `load` is a Dask delayed, which a cluster computes where it likes.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import Part
    >>> part = Part(start=8192, n_rows=3, first_chunk=1, load=lambda: np.ones((3, 2)))
    >>> part.run_of(part.load()).span
    slice(8192, 8195, None)
    """

    start: int
    n_rows: int
    first_chunk: int
    load: Any
    marks: Marks = NO_MARKS
    is_delayed: bool = False

    def run_of(self, values: Array) -> Rows:
        """Give the loaded rows with their marks.

        Raises
        ------
        InputError
            If they are not as many as the part has.
        """
        refuse_other_number(int(values.shape[0]), self.n_rows, f"rows {self.start} to {self.start + self.n_rows - 1}")
        return Rows(values, self.marks, self.start)


def refuse_other_number(n_rows: int, expected: int, what: str) -> None:
    """Refuse data that gave another number of rows than when they were opened.

    Parameters
    ----------
    n_rows : int
        How many came.
    expected : int
    what : str
        Which data.

    Raises
    ------
    InputError
        If the numbers differ.

    Examples
    --------
    >>> from mixfold.rows import refuse_other_number
    >>> refuse_other_number(3, 3, "rows 0 to 2")
    """
    if n_rows != expected:
        message = (
            f"Data must not change while they are used, but {what} gave {n_rows} rows where it had {expected}. "
            "Fit again when nothing writes to them."
        )
        raise InputError(message)


def usual_chunk_rows(values: Array, n_features: int) -> int:
    """Give how many rows a chunk has.

    Parameters
    ----------
    values : array of shape (n, n_features)
        Of the library, the dtype and the device of the rows.
    n_features : int

    Returns
    -------
    chunk_rows : int
        `CHUNK_ROWS`, and on an accelerator as many whole chunks of that size as have 256 MiB, or two million rows: it
        is idle unless it has much to do at once.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import usual_chunk_rows
    >>> usual_chunk_rows(np.zeros((1, 2)), 2)
    8192
    """
    if array_api_compat.is_numpy_array(values) or str(array_api_compat.device(values)) == "cpu":
        return CHUNK_ROWS
    itemsize = 4 if is_single(values) else 8
    size = min(DEVICE_CHUNK_ROWS, DEVICE_CHUNK_BYTES // (max(n_features, 1) * itemsize))
    return max(CHUNK_ROWS, size - size % CHUNK_ROWS)


def is_single(values: Array) -> bool:
    """Whether floats, of whatever library, are of single precision.

    Parameters
    ----------
    values : array

    Returns
    -------
    is_single : bool

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import is_single
    >>> is_single(np.zeros(3)), is_single(np.zeros(3, np.float32))
    (False, True)
    """
    if isinstance(values, np.ndarray):  # whose types take as long to name as some EM steps
        return values.dtype == np.float32
    return "float32" in str(values.dtype)
