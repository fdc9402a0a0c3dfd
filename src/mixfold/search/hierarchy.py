"""`Hierarchy`: rows joined by Ward's criterion, which can be cut into any number of clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.spatial.distance import pdist

from mixfold.engines.ward import joined_by_ward
from mixfold.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Rows in an order in which every cluster of theirs is a span, and the two parts of each cluster.

    Attributes
    ----------
    order : ndarray of int of shape (n,)
    parts : list of list of int
        The first and the second part of the n-th, (n + 1)-th, ... cluster, which come after the rows by themselves.
    sizes : list of int
        How many rows each of these clusters has.
    """

    order: IntArray
    parts: list[list[int]]
    sizes: list[int]

    @classmethod
    def of(cls, rows: FloatArray) -> Self:
        """Join rows (n, d) and then clusters of them, the two by which the scatter within clusters grows least.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.search.hierarchy import Hierarchy
        >>> [each.tolist() for each in Hierarchy.of(np.array([[0.0], [5.0], [0.1], [5.2], [9.0]])).cut(3)]
        [[0, 2], [4], [1, 3]]
        """
        if len(rows) < 2:
            return cls(np.arange(len(rows)), [], [])
        parts, sizes, order = joined_by_ward(rows) or _joined(rows)
        return cls(order, parts.tolist(), sizes.tolist())

    def cut(self, n_clusters: int) -> list[IntArray]:
        """Give the rows of each of so many clusters, or of as many as there are rows; those before the last merges."""
        n = len(self.order)
        first_cut = 2 * n - min(n_clusters, n)  # clusters from this number on are cut
        spans, at, left = [], 0, [2 * n - 2]
        while left:
            cluster = left.pop()
            if cluster >= first_cut:
                left += reversed(self.parts[cluster - n])
                continue
            size = 1 if cluster < n else self.sizes[cluster - n]
            spans.append(self.order[at : at + size])
            at += size
        return spans


def _joined(rows: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Join rows where there are no kernels."""
    from scipy.cluster.hierarchy import leaves_list, linkage  # noqa: PLC0415  (a twentieth of all that importing takes)

    tree = linkage(pdist(rows), "ward")
    return tree[:, :2].astype(np.intp), tree[:, 3].astype(np.intp), leaves_list(tree)
