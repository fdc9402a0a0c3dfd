"""The contract of a source: rows, in chunks whose boundaries never change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mixfold.typing import Array, IntArray

CHUNK_ROWS = 8192
"""Rows of a chunk, whatever the source, the engine and the number of threads: the bits of a fit depend on it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of a source.

    Attributes
    ----------
    rows : array of shape (n, n_features)
    weights : array of shape (n,) or None
        None stands for ones.
    start : int
        Index of the first row in the source.
    """

    rows: Array
    weights: Array | None
    start: int

    @property
    def span(self) -> slice:
        """Where the rows lie in an array with one entry for each row of the source."""
        return slice(self.start, self.start + int(self.rows.shape[0]))


class Source(Protocol):
    """Rows that can be walked over as often as needed, always in the same chunks."""

    @property
    def weights(self) -> Array | None:
        """Weights of the rows, (N,), or None for ones."""

    @property
    def n_rows(self) -> int:
        """Number of rows N."""

    @property
    def n_features(self) -> int:
        """Number of features D."""

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows in order, `CHUNK_ROWS` at a time."""

    def take(self, indices: IntArray) -> Chunk:
        """Give the rows at ascending indices, and their weights, in one piece."""
