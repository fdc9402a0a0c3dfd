"""Rows on their way to an engine: chunks of a source, the parts that other processes get hold of, and the contract.

A source yields its rows again and again in the same chunks. What else it can do is declared by the class that it is of:
`IndexedSource` gives rows one by one, `DividedSource` gives parts that other processes can read, `PartitionedSource`
has rows that never come here, and computes where they lie. Executors say which of these they need.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, TypeVar

from mixfold.errors import InputError
from mixfold.typing import Array, IntArray

Result = TypeVar("Result")

CHUNK_ROWS = 8192
"""Rows of a chunk, whatever the source, the engine and the number of threads: the bits of a fit depend on it.

Only tensors on an accelerator are cut into larger ones, by `ArraySource`.
"""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of a source: one chunk, or a run of several.

    Attributes
    ----------
    rows : array of shape (n, n_features)
    weights : array of shape (n,) or None
        None stands for ones.
    start : int
        Index of the first row in the source.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import Chunk
    >>> run = Chunk(np.zeros((5, 2)), None, start=10)
    >>> [piece.span for piece in run.chunks(3)]
    [slice(10, 13, None), slice(13, 15, None)]
    """

    rows: Array
    weights: Array | None
    start: int

    @property
    def span(self) -> slice:
        """Where the rows lie in an array with one entry for each row of the source."""
        return slice(self.start, self.start + int(self.rows.shape[0]))

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Cut the rows, without a copy, into runs of `n_rows`; the last may have fewer."""
        n = int(self.rows.shape[0])
        for at in range(0, n, n_rows):
            cut = slice(at, min(at + n_rows, n))
            yield Chunk(self.rows[cut, ...], None if self.weights is None else self.weights[cut], self.start + at)


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
    weights : array of shape (n_rows,) or None

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import Part
    >>> part = Part(start=8192, n_rows=3, first_chunk=1, load=lambda: np.ones((3, 2)), weights=None)
    >>> part.run_of(part.load()).span
    slice(8192, 8195, None)
    """

    start: int
    n_rows: int
    first_chunk: int
    load: Any
    weights: Array | None

    def run_of(self, rows: Array) -> Chunk:
        """Give the loaded rows with their weights.

        Raises
        ------
        InputError
            If they are not as many as the part has.
        """
        refuse_other_number(int(rows.shape[0]), self.n_rows, f"rows {self.start} to {self.start + self.n_rows - 1}")
        return Chunk(rows, self.weights, self.start)


class Source(ABC):
    """Rows that can be walked over as often as needed, always in the same chunks.

    Attributes
    ----------
    place : str or None
        Where the rows lie, if that is a place with an executor of its own; None is this process, or a file.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import Source
    >>> from mixfold.sources import ArraySource
    >>> source: Source = ArraySource(np.zeros((10_000, 2)))
    >>> [chunk.span for chunk in source.chunks()]
    [slice(0, 8192, None), slice(8192, 10000, None)]
    """

    __slots__ = ()
    place: ClassVar[str | None] = None

    @property
    def chunk_rows(self) -> int:
        """Rows of a chunk: a leaf of the tree of sums."""
        return CHUNK_ROWS

    @property
    @abstractmethod
    def weights(self) -> Array | None:
        """Weights of the rows, (N,), or None for ones."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Number of rows N."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Number of features D."""

    @property
    @abstractmethod
    def feature_names(self) -> tuple[str, ...] | None:
        """Names of the features, where the data have any."""

    @property
    @abstractmethod
    def first(self) -> Array:
        """The first row, (1, D): it tells library, dtype, device and where the data lie."""

    @abstractmethod
    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows in order, `chunk_rows` at a time, to this process."""

    @abstractmethod
    def runs(self) -> Iterator[Chunk]:
        """Yield the same rows in runs of as many chunks as come at once."""

    @abstractmethod
    def with_weights(self, weights: Array) -> Self:
        """Give the same rows with weights (N,)."""

    @abstractmethod
    def where(self, row: int) -> str:
        """Say where a row comes from, for a message."""


class IndexedSource(Source, ABC):
    """A source whose rows can be read one by one.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import IndexedSource
    >>> from mixfold.sources import ArraySource
    >>> source: IndexedSource = ArraySource(np.array([[0.0], [1.0], [2.0]]))
    >>> source.take(np.array([0, 2])).rows.tolist()
    [[0.0], [2.0]]
    """

    __slots__ = ()

    @abstractmethod
    def take(self, indices: IntArray) -> Chunk:
        """Give the rows at ascending indices."""


class DividedSource(Source, ABC):
    """A source that other processes can read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.rows import DividedSource
    >>> from mixfold.sources import source_for
    >>> path = Path(tempfile.mkdtemp()) / "rows.npy"
    >>> np.save(path, np.zeros((10_000, 2)))
    >>> source: DividedSource = source_for(path)
    >>> [part.n_rows for part in source.parts(n_threads=2)]
    [8192, 1808]
    """

    __slots__ = ()

    @abstractmethod
    def parts(self, n_threads: int = 1) -> list[Part]:
        """Give all rows in parts, for so many threads to share."""


class CollectedRows(Protocol):
    """Rows in partitions elsewhere, where functions can be sent.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.rows import Chunk, CollectedRows
    >>> class Here:
    ...     def collect(self, function):
    ...         return [function(0, iter([Chunk(np.ones((3, 2)), None, 0)]))]
    >>> rows: CollectedRows = Here()
    >>> rows.collect(lambda first_chunk, runs: sum(len(run.rows) for run in runs))
    [3]
    """

    def collect(self, function: Callable[[int, Iterator[Chunk]], Result]) -> list[Result]:
        """Apply a function to each partition: the index of its first chunk, and its runs; give what came, in order."""


class KeptRows(CollectedRows, Protocol):
    """Rows that are kept for the time of a fit in a form that need not be read again.

    Examples
    --------
    >>> from mixfold.rows import KeptRows
    >>> class Nothing:
    ...     def collect(self, function):
    ...         return []
    ...     def release(self):
    ...         print("released")
    >>> rows: KeptRows = Nothing()
    >>> rows.release()
    released
    """

    def release(self) -> None:
        """Keep them no longer."""


class PartitionedSource(Source, ABC):
    """A source of `CollectedRows`.

    Examples
    --------
    >>> from mixfold.rows import PartitionedSource
    >>> from mixfold.sources import SparkSource
    >>> issubclass(SparkSource, PartitionedSource)
    True
    """

    __slots__ = ()

    @abstractmethod
    def collect(self, function: Callable[[int, Iterator[Chunk]], Result]) -> list[Result]:
        """Apply a function to each partition: the index of its first chunk, and its runs; give what came, in order."""

    @abstractmethod
    def kept(self) -> KeptRows:
        """Give the same rows, kept until they are released."""


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
