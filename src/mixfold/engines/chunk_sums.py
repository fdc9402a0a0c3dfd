"""`ChunkSums`: the statistics of many chunks in one array, filled by few calls and added at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self, final

import numpy as np

from mixfold.engines.tasks import Counter, abandon, none_taken
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.sums import Place, places
from mixfold.typing import FloatArray


@final
@dataclass(frozen=True, slots=True)
class ChunkSums:
    """One row for each chunk, laid out as the table of sums has it (`mixfold.sums`).

    Chunks are small, so that Python would be much of their cost if each had statistics of its own.

    Attributes
    ----------
    center : ndarray of shape (n_components, n_features)
    structure : Structure
        Of the scatter.
    values : ndarray of shape (n_chunks, width)
    next_chunk : ndarray of shape (1,), uint64
        The first chunk that no thread has taken yet.
    with_degrees : bool
        Whether the potentials have degrees of freedom.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ChunkSums
    >>> from mixfold.structures import DIAGONAL
    >>> center = np.zeros((2, 3))
    >>> room = ChunkSums.empty(center, DIAGONAL, n_chunks=4)
    >>> room.values.shape == (4, ChunkSums.width(center, DIAGONAL))
    True
    """

    center: FloatArray
    structure: Structure
    values: FloatArray
    next_chunk: Counter
    with_degrees: bool = False

    @classmethod
    def empty(cls, center: FloatArray, structure: Structure, n_chunks: int, *, with_degrees: bool = False) -> Self:
        """Give room for the sums of some chunks, not yet filled."""
        width = cls.width(center, structure, with_degrees=with_degrees)
        return cls(center, structure, np.empty((n_chunks, width)), none_taken(), with_degrees)

    @classmethod
    def of(cls, statistics: Sequence[SufficientStatistics]) -> Self:
        """Give what an M step takes of some statistics of one kind, a row for each: single numbers are not filled."""
        one, n = statistics[0], len(statistics)
        sums = cls.empty(one.center, one.structure, n, with_degrees=one.mass is not None)
        for place in _places(*one.center.shape, one.structure, sums.with_degrees):
            if place.shape:
                arrays = [getattr(each, place.name) for each in statistics]
                sums.values[:, place.at] = np.array(arrays, np.float64).reshape(n, -1)
        return sums

    @classmethod
    def copied(cls, rows: Sequence[tuple[Self, int]]) -> Self:
        """Give some rows of sums of one kind: those of an index each."""
        one = rows[0][0]
        values = np.array([sums.values[index] for sums, index in rows])
        return cls(one.center, one.structure, values, none_taken(), one.with_degrees)

    def abandon(self) -> None:
        """Let no thread take a chunk any more: those in a call that fills these end, by `KeyboardInterrupt`."""
        abandon(self.next_chunk)

    @staticmethod
    def width(center: FloatArray, structure: Structure, *, with_degrees: bool = False) -> int:
        """Count the numbers that are kept of a chunk."""
        last: int = _places(*center.shape, structure, with_degrees)[-1].at.stop
        return last

    def segment(self, first_chunk: int, n_rows: int, chunk_rows: int) -> Segment:
        """Add neighbors up, in place: the same nodes as `Segment.of`, to the bit.

        Parameters
        ----------
        first_chunk : int
            Index of the first one in the source.
        n_rows, chunk_rows : int
            Rows of all chunks together, and of each but the last.
        """
        values, n_chunks = self.values, len(self.values)
        width = 1  # of a node, in chunks
        while 2 * width <= n_chunks:
            begin = -first_chunk % (2 * width)
            right = values[begin + width : n_chunks - width + 1 : 2 * width]
            left = values[begin :: 2 * width][: len(right)]
            left += right
            width *= 2
        nodes, at = [], 0
        while at < n_chunks:
            height = 0
            while (first_chunk + at) % (2 << height) == 0 and at + (2 << height) <= n_chunks:
                height += 1
            rows_in_node = min(chunk_rows << height, n_rows - at * chunk_rows)
            nodes.append((height, self.of_chunk(at, self.center, rows_in_node)))
            at += 1 << height
        return Segment(first_chunk, tuple(nodes))

    @property
    def weights(self) -> list[float]:
        """The weight of the rows in each row."""
        at = _column_of_weight(*self.center.shape, self.structure, self.with_degrees)
        weights: list[float] = self.values[:, at].tolist()
        return weights

    def of_chunk(self, index: int, center: FloatArray, n_rows: int) -> SufficientStatistics:
        """Give the statistics in one row, around a center of its own."""
        # A row of several lets go of the others.
        row = self.values[index] if len(self.values) == 1 else self.values[index].copy()
        sums: dict[str, Any] = {}
        for place in _places(*center.shape, self.structure, self.with_degrees):
            sums[place.name] = row[place.at].reshape(place.shape) if place.shape else row.item(place.at.start)
        return SufficientStatistics(center=center, structure=self.structure, n_rows=n_rows, **sums)

    def joined(self, centers: FloatArray) -> SufficientStatistics:
        """Give all rows, each around its own centers (n, K, D), as if their components were those of one mixture.

        For structures that give each component a scatter of its own.
        """
        n, k, d = centers.shape
        sums: dict[str, Any] = {}
        for place in _places(k, d, self.structure, self.with_degrees):
            values = self.values[:, place.at]
            sums[place.name] = values.reshape(n * k, *place.shape[1:]) if place.shape else float(np.sum(values))
        return SufficientStatistics(center=centers.reshape(n * k, d), structure=self.structure, n_rows=n, **sums)


@lru_cache(maxsize=64)
def _column_of_weight(n_components: int, n_features: int, structure: Structure, with_degrees: bool) -> int:
    kept = _places(n_components, n_features, structure, with_degrees)
    column: int = next(place.at.start for place in kept if place.name == "weight")
    return column


@lru_cache(maxsize=64)
def _places(n_components: int, n_features: int, structure: Structure, with_degrees: bool) -> tuple[Place, ...]:
    return places(n_components, n_features, structure.shape(n_components, n_features), with_degrees=with_degrees)
