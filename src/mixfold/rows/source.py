"""The contracts of sources: what each can do is declared by the class that it is of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self, TypeVar

from mixfold.rows.rows import CHUNK_ROWS, Marks, Part, Rows
from mixfold.typing import Array, IntArray

Result = TypeVar("Result")


@dataclass(slots=True)
class Known:
    """What a pass over all rows has found, so that no other need look for it.

    Attributes
    ----------
    is_finite : bool
        Whether all values are known to be numbers.
    digest : str or None
        A fingerprint of the rows.

    Examples
    --------
    >>> from mixfold.rows import Known
    >>> Known()
    Known(is_finite=False, digest=None)
    """

    is_finite: bool = False
    digest: str | None = None


class Source(ABC):
    """Rows that can be walked over as often as needed, always in the same chunks.

    Attributes
    ----------
    place : str or None
        Where the rows lie, if that is a place with an executor of its own; None is this process, or a file.
    is_in_memory : bool
        Whether all rows are at hand at once, as a view: `sources.in_memory` costs nothing then.

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
    is_in_memory: ClassVar[bool] = False

    @property
    def origin(self) -> Source:
        """The same rows where they come from: itself, unless an executor brings them elsewhere."""
        return self

    @property
    def chunk_rows(self) -> int:
        """Rows of a chunk: a leaf of the tree of sums."""
        return CHUNK_ROWS

    @property
    @abstractmethod
    def marks(self) -> Marks:
        """What is known of the rows beside their values."""

    @property
    def weights(self) -> Array | None:
        """Weights of the rows, (N,), or None for ones."""
        return self.marks.weights

    @property
    def known(self) -> Known:
        """What passes found and the next ones may rely on: nothing, but of rows that are noticed when they change."""
        return Known()

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
    def chunks(self) -> Iterator[Rows]:
        """Yield the rows in order, `chunk_rows` at a time, to this process."""

    @abstractmethod
    def runs(self) -> Iterator[Rows]:
        """Yield the same rows in runs of as many chunks as come at once."""

    @abstractmethod
    def with_marks(self, marks: Marks) -> Self:
        """Give the same rows with other marks."""

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
    >>> source.take(np.array([0, 2])).values.tolist()
    [[0.0], [2.0]]
    """

    __slots__ = ()

    @abstractmethod
    def take(self, indices: IntArray) -> Rows:
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
    >>> from mixfold.rows import CollectedRows, Rows
    >>> class Here:
    ...     def collect(self, function):
    ...         return [function(0, iter([Rows(np.ones((3, 2)))]))]
    >>> rows: CollectedRows = Here()
    >>> rows.collect(lambda first_chunk, runs: sum(run.n for run in runs))
    [3]
    """

    def collect(self, function: Callable[[int, Iterator[Rows]], Result]) -> list[Result]:
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
    def collect(self, function: Callable[[int, Iterator[Rows]], Result]) -> list[Result]:
        """Apply a function to each partition: the index of its first chunk, and its runs; give what came, in order."""

    @abstractmethod
    def kept(self) -> KeptRows:
        """Give the same rows, kept until they are released."""
