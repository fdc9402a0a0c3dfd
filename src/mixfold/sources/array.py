"""Rows that lie in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self, final

import array_api_compat

from mixfold.rows import NO_MARKS, IndexedSource, Known, Marks, Rows, Source, usual_chunk_rows
from mixfold.typing import Array, IntArray


@final
@dataclass(frozen=True, slots=True)
class ArraySource(IndexedSource):
    """A two-dimensional array of any library, sliced without a copy.

    Attributes
    ----------
    values : array of shape (n_rows, n_features)
    marks : Marks
    chunk_rows : int
        Rows in a chunk; another number than the default (`usual_chunk_rows`) gives sums other bits.
    is_finite : bool
        Whether all values are known to be numbers; else some may be missing.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.sources import ArraySource
    >>> source = ArraySource(np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
    >>> source.n_rows, source.n_features, source.take(np.array([0, 2])).values.tolist()
    (3, 2, [[0.0, 1.0], [4.0, 5.0]])
    """

    is_in_memory: ClassVar[bool] = True
    values: Array
    marks: Marks = NO_MARKS
    chunk_rows: int = 0
    is_finite: bool = False

    def __post_init__(self) -> None:
        """Choose the size of a chunk."""
        if not self.chunk_rows:
            object.__setattr__(self, "chunk_rows", usual_chunk_rows(self.values, self.n_features))

    @property
    def known(self) -> Known:
        """Whether values are known to be numbers."""
        return Known(self.is_finite)

    @property
    def rows(self) -> Rows:
        """All rows, in one run."""
        return Rows(self.values, self.marks)

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return int(self.values.shape[0])

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return int(self.values.shape[1])

    @property
    def feature_names(self) -> None:
        """Arrays have none."""

    @property
    def first(self) -> Array:
        """The first row."""
        return self.values[:1, ...]

    def chunks(self) -> Iterator[Rows]:
        """Give views of the rows."""
        return self.rows.chunks(self.chunk_rows)

    def runs(self) -> Iterator[Rows]:
        """Give single chunks: whoever wants more rows at once has them all."""
        return self.chunks()

    def take(self, indices: IntArray) -> Rows:
        """Give copies of the rows."""
        xp = array_api_compat.array_namespace(self.values)
        at = xp.asarray(indices, device=array_api_compat.device(self.values))
        return Rows(xp.take(self.values, at, axis=0), self.marks.take(indices))

    def with_marks(self, marks: Marks) -> Self:
        """Give the same rows with other marks."""
        return replace(self, marks=marks)

    def where(self, row: int) -> str:
        """Name the row."""
        return f"row {row}"


def in_memory(source: Source) -> ArraySource:
    """Give the rows of a whole source; they are read where they do not lie in memory already.

    Parameters
    ----------
    source : Source

    Returns
    -------
    rows : ArraySource
        With the marks of the source.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.sources import BlocksSource, in_memory
    >>> in_memory(BlocksSource([np.zeros((3, 2)), np.ones((5, 2))])).values.shape
    (8, 2)
    """
    if isinstance(source, ArraySource):
        return source
    rows = Rows.join(list(source.chunks()))
    return ArraySource(rows.values, source.marks)
