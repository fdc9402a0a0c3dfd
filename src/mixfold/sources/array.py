"""Rows that lie in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self, final

import array_api_compat

from mixfold.rows import CHUNK_ROWS, Chunk, IndexedSource, Source
from mixfold.typing import Array, IntArray

DEVICE_CHUNK_BYTES = 1 << 28
"""Bytes of the rows of a chunk on an accelerator."""
DEVICE_CHUNK_ROWS = 1 << 21
"""Rows of it at most: some starts make an array of rows times components."""


@final
@dataclass(frozen=True, slots=True)
class ArraySource(IndexedSource):
    """A two-dimensional array of any library, sliced without a copy.

    Attributes
    ----------
    rows : array of shape (n_rows, n_features)
    weights : array of shape (n_rows,) or None
    chunk_rows : int
        Rows in a chunk; another number than the default gives sums other bits. The default is `CHUNK_ROWS`, and on an
        accelerator as many whole chunks of that size as have 256 MiB, or two million rows: it is idle unless it has
        much to do at once.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.sources import ArraySource
    >>> source = ArraySource(np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
    >>> source.n_rows, source.n_features, source.take(np.array([0, 2])).rows.tolist()
    (3, 2, [[0.0, 1.0], [4.0, 5.0]])
    """

    rows: Array
    weights: Array | None = None
    chunk_rows: int = 0

    def __post_init__(self) -> None:
        """Choose the size of a chunk."""
        if not self.chunk_rows:
            object.__setattr__(self, "chunk_rows", _usual_chunk_rows(self.rows))

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return int(self.rows.shape[0])

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return int(self.rows.shape[1])

    @property
    def feature_names(self) -> None:
        """Arrays have none."""

    @property
    def first(self) -> Array:
        """The first row."""
        return self.rows[:1, ...]

    def chunks(self) -> Iterator[Chunk]:
        """Give views of the rows."""
        return Chunk(self.rows, self.weights, 0).chunks(self.chunk_rows)

    def runs(self) -> Iterator[Chunk]:
        """Give single chunks: whoever wants more rows at once has them all."""
        return self.chunks()

    def take(self, indices: IntArray) -> Chunk:
        """Give copies of the rows."""
        xp = array_api_compat.array_namespace(self.rows)
        at = xp.asarray(indices, device=array_api_compat.device(self.rows))
        weights = None if self.weights is None else xp.take(self.weights, at)
        return Chunk(xp.take(self.rows, at, axis=0), weights, 0)

    def with_weights(self, weights: Array) -> Self:
        """Give the same rows with weights."""
        return replace(self, weights=weights)

    def where(self, row: int) -> str:
        """Name the row."""
        return f"row {row}"


def _usual_chunk_rows(rows: Array) -> int:
    if array_api_compat.is_numpy_array(rows) or str(array_api_compat.device(rows)) == "cpu":
        return CHUNK_ROWS
    itemsize = 4 if "float32" in str(rows.dtype) else 8
    size = min(DEVICE_CHUNK_ROWS, DEVICE_CHUNK_BYTES // (max(int(rows.shape[1]), 1) * itemsize))
    return max(CHUNK_ROWS, size - size % CHUNK_ROWS)


def in_memory(source: Source) -> ArraySource:
    """Read a whole source.

    Parameters
    ----------
    source : Source

    Returns
    -------
    rows : ArraySource
        With the weights of the source.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.sources import BlocksSource, in_memory
    >>> in_memory(BlocksSource([np.zeros((3, 2)), np.ones((5, 2))])).rows.shape
    (8, 2)
    """
    rows = [chunk.rows for chunk in source.chunks()]
    return ArraySource(array_api_compat.array_namespace(rows[0]).concat(rows, axis=0), source.weights)
