"""`ChunkSums`: the statistics of many chunks in one array, filled by few calls and added at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self, final

import numpy as np
import numpy.typing as npt

from mixfold.statistics import SufficientStatistics
from mixfold.structure import Structure
from mixfold.typing import FloatArray

N_NUMBERS = 3
"""Log-likelihood, weight and pairs skipped, after the sums of a chunk."""


@final
@dataclass(frozen=True, slots=True)
class ChunkSums:
    """One row for each chunk: count, shift, scatter, log-likelihood, weight and number of pairs skipped.

    Chunks are small, so that Python would be much of their cost if each had statistics of its own.

    Attributes
    ----------
    center : ndarray of shape (n_components, n_features)
    structure : Structure
        Of the scatter.
    values : ndarray of shape (n_chunks, width)
    next_chunk : ndarray of shape (1,), uint64
        The first chunk that no thread has taken yet.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ChunkSums
    >>> from mixfold.structure import Structure
    >>> center = np.zeros((2, 3))
    >>> room = ChunkSums.empty(center, Structure.DIAGONAL, n_chunks=4)
    >>> room.values.shape == (4, ChunkSums.width(center, Structure.DIAGONAL))
    True
    """

    center: FloatArray
    structure: Structure
    values: FloatArray
    next_chunk: npt.NDArray[np.uint64]

    @classmethod
    def empty(cls, center: FloatArray, structure: Structure, n_chunks: int) -> Self:
        """Give room for the sums of some chunks, not yet filled."""
        return cls(center, structure, np.empty((n_chunks, cls.width(center, structure))), np.zeros(1, np.uint64))

    @staticmethod
    def width(center: FloatArray, structure: Structure) -> int:
        """Count the numbers that are kept of a chunk."""
        return len(center) + center.size + math.prod(structure.shape(*center.shape)) + N_NUMBERS

    def total(self, n_rows: int) -> SufficientStatistics:
        """Add everything up, in place and in the order of `tree_sum`: to the same bits.

        Parameters
        ----------
        n_rows : int
            Rows of all chunks.
        """
        values = self.values
        stride = 1
        while stride < len(values):
            right = values[stride :: 2 * stride]
            left = values[:: 2 * stride][: len(right)]
            left += right  # a last one without a neighbor waits for a later round
            stride *= 2
        return self.of_chunk(0, self.center, n_rows)

    def of_chunk(self, index: int, center: FloatArray, n_rows: int) -> SufficientStatistics:
        """Give the statistics in one row, around a center of its own."""
        k, d = center.shape
        sums = self.values[index, :-N_NUMBERS].copy()  # lets go of the other rows
        log_likelihood, weight, n_skipped = self.values[index, -N_NUMBERS:].tolist()
        return SufficientStatistics(
            center,
            sums[:k],
            sums[k : k + k * d].reshape(k, d),
            sums[k + k * d :].reshape(self.structure.shape(k, d)),
            self.structure,
            log_likelihood,
            n_rows,
            weight,
            n_skipped,
        )
