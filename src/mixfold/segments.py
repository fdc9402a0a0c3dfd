"""`Segment` and `tree_sum`: how statistics of chunks are added, to the same bits wherever and by whomever."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mixfold.statistics import SufficientStatistics


@dataclass(frozen=True, slots=True)
class Segment:
    """The sums of consecutive chunks, kept so that neighbors join to the same bits in any grouping.

    Chunks are leaves of one binary tree whose shape depends on their number alone: a node of height h sums 2^h chunks
    and begins at a multiple of 2^h. A segment holds the largest whole nodes within it, at most two a height, so that
    joining is associative to the last bit: whoever adds up which part of the data, and wherever, has no say in the sum.

    Attributes
    ----------
    first : int
        Index of the first chunk.
    nodes : tuple of (int, SufficientStatistics)
        Height and sum of each node, in order.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.rows import Rows
    >>> from mixfold.segments import Segment
    >>> from mixfold.structures import DIAGONAL, FULL
    >>> def sums_of(row):
    ...     return ArrayEngine().moments(Rows(np.array([[row]])), np.ones((1, 1)), np.zeros((1, 1)), FULL)
    >>> left, right = Segment.of(0, [sums_of(1.0), sums_of(2.0)]), Segment.of(2, [sums_of(6.0)])
    >>> left.join(right).n_chunks, left.join(right).total.means
    (3, array([[3.]]))
    """

    first: int
    nodes: tuple[tuple[int, SufficientStatistics], ...]

    @classmethod
    def of(cls, first: int, statistics: Iterable[SufficientStatistics]) -> Segment:
        """Add up the statistics of chunks `first`, `first` + 1, ..."""
        return cls(first, ()).followed_by((0, term) for term in statistics)

    @property
    def n_chunks(self) -> int:
        """How many chunks the segment spans."""
        return sum(1 << height for height, _ in self.nodes)

    def join(self, after: Segment) -> Segment:
        """Give the segment of this one and the one that begins where it ends.

        Raises
        ------
        ValueError
            If the other begins elsewhere.
        """
        if after.first != self.first + self.n_chunks:
            message = f"Segments must be neighbors: expected chunk {self.first + self.n_chunks}, got {after.first}."
            raise ValueError(message)
        return self.followed_by(after.nodes)

    @property
    def total(self) -> SufficientStatistics:
        """The sum of everything; incomplete nodes are added from the last to the first.

        Raises
        ------
        ValueError
            If there is nothing to add.
        """
        if not self.nodes:
            message = "A sum needs at least one term, got none. Check that the source yields rows."
            raise ValueError(message)
        *before, (_, total) = self.nodes
        for _, term in reversed(before):
            total = term + total
        return total

    def followed_by(self, nodes: Iterable[tuple[int, SufficientStatistics]]) -> Segment:
        """Give the segment that goes on with nodes (height, sum), added as soon as two make a whole one."""
        pending = list(self.nodes)
        end = self.first + self.n_chunks
        for height, term in nodes:
            end += 1 << height
            total = term
            while pending and pending[-1][0] == height and (end >> height) % 2 == 0:
                total = pending.pop()[1] + total
                height += 1  # noqa: PLW2901
            pending.append((height, total))
        return Segment(self.first, tuple(pending))


def tree_sum(statistics: Iterable[SufficientStatistics]) -> SufficientStatistics:
    """Add statistics pairwise, in an order that depends only on how many there are.

    Neighbors are added first, then neighbors of those sums, and so on: the order that a cluster follows with any
    number of workers (`Segment`), so the result has the same bits wherever it was computed. At most log2(n) partial
    sums exist.

    Parameters
    ----------
    statistics : iterable of SufficientStatistics
        At least one.

    Returns
    -------
    statistics : SufficientStatistics

    Raises
    ------
    ValueError
        If there is nothing to add.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.rows import Rows
    >>> from mixfold.segments import tree_sum
    >>> from mixfold.structures import DIAGONAL, FULL
    >>> chunks = (np.array([[1.0]]), np.array([[2.0]]), np.array([[6.0]]))
    >>> one, center = np.ones((1, 1)), np.zeros((1, 1))
    >>> tree_sum(ArrayEngine().moments(Rows(rows), one, center, FULL) for rows in chunks).means
    array([[3.]])
    """
    return Segment.of(0, statistics).total
