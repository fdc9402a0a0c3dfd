"""`Pieces`: components by their shapes, and which of them go on in another along a curve or on a surface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, final

import numpy as np
import numpy.typing as npt

from mixfold.search.unimodality import NOTHING
from mixfold.typing import FloatArray, IntArray

IMBALANCE = 4
"""Rows of the larger of two clusters for each of the smaller; and of pieces of a curve, for each unit of length."""
TURN = np.cos(np.radians(50.0))
"""Cosine of the angle between the longest axis of a piece and the line to the next: of a ring of four pieces, 45
degrees."""
ELONGATION = 1.5
"""Standard deviation along the longest axis of a piece, for one along the next."""
FLATNESS = ELONGATION**2
"""The same of the second axis of a piece of a surface, for one along the third; any clusters may be half as flat."""
FARTHEST = 7.0
"""Mahalanobis distance of two pieces that follow each other."""
TWIST = np.radians(5.0)
"""Angle between two pieces of a surface that is not that by which it bends from one to the other."""


@final
@dataclass(frozen=True, slots=True)
class Pieces:
    """Components that may be pieces of something.

    Attributes
    ----------
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)
    counts : ndarray of shape (n_components,)
        Rows of each.
    variances, axes : ndarray
        Eigenvalues (K, D) and eigenvectors (K, D, D) of the covariances, rising.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.pieces import Pieces
    >>> along = np.linspace(0.0, 40.0, 400)
    >>> rows, shares = np.column_stack([along, np.sin(along / 9.0)]), np.eye(4)[np.repeat(np.arange(4), 100)]
    >>> Pieces.of(rows, shares, shares.T @ rows / 100.0).end_to_end().astype(int)
    array([[0, 1, 1, 0],
           [1, 0, 1, 0],
           [1, 1, 0, 1],
           [0, 0, 1, 0]])
    """

    means: FloatArray
    covariances: FloatArray
    counts: FloatArray
    variances: FloatArray
    axes: FloatArray

    @classmethod
    def of(cls, rows: FloatArray, shares: FloatArray, means: FloatArray) -> Self:
        """Take the covariances of rows (n, D) around means (K, D), shared out (n, K) among components."""
        counts = np.sum(shares, axis=0)
        weights = shares / np.maximum(counts, np.finfo(float).tiny)
        steps = (rows - mean for mean in means)
        covariances = np.stack([(one.T * weight) @ one for one, weight in zip(steps, weights.T, strict=True)])
        variances, axes = np.linalg.eigh(covariances)
        return cls(means, covariances, counts, np.maximum(variances, 0.0), axes)

    def end_to_end(self) -> npt.NDArray[np.bool_]:
        """Tell which follow each other along a curve, (K, K).

        The line between leaves both about along their longest axes. Neither has far more rows for each unit of length,
        and the line is not long.
        """
        return self._follow(1, ELONGATION)

    def side_by_side(self) -> npt.NDArray[np.bool_]:
        """Tell which lie beside each other on a surface in three features, (K, K).

        The line between leaves both about along their planes, which are as far from being parallel as it leaves them to
        different sides: a surface bends from one piece to the next, and has no twist. Flat clusters have any.
        """
        k, d = self.means.shape
        if d != 3:
            return np.zeros((k, k), dtype=bool)
        follow, normals = self._follow(2, FLATNESS), self.axes[:, :, 0]
        for i, j in pairs_of(follow):
            line = self.means[j] - self.means[i]
            one, other = (np.arcsin(np.clip(normals[at] @ line / np.linalg.norm(line), -1.0, 1.0)) for at in (i, j))
            apart = np.arccos(np.clip(normals[i] @ normals[j], -1.0, 1.0))
            twist = min(apart - abs(one - other), np.pi - apart - abs(one + other))  # a normal may point to either side
            follow[i, j] = follow[j, i] = twist <= TWIST
        return follow

    def are_bent(self, members: IntArray) -> bool:
        """Whether two of these are at more than 45 degrees: flat clusters of one orientation have no twist, either."""
        normals = self.axes[members, :, 0]
        return bool(np.min(np.abs(normals @ normals.T)) < np.sqrt(0.5))

    def _follow(self, n_axes: int, ratio: float) -> npt.NDArray[np.bool_]:
        d, eps = self.means.shape[1], np.finfo(float).eps
        if d <= n_axes:
            return np.zeros((len(self.means), len(self.means)), dtype=bool)
        own = self.axes[:, :, -n_axes:]
        is_long = self.variances[:, -n_axes] > ratio**2 * self.variances[:, -n_axes - 1]
        sizes = np.prod(np.sqrt(self.variances[:, -n_axes:]), axis=1)
        densities = self.counts / np.maximum(sizes, eps)
        lines = self.means - self.means[:, None]  # (K, K, D), of the first to the second
        lengths = np.linalg.norm(lines, axis=2)
        along = np.linalg.norm(np.einsum("ijd,ida->ija", lines, own), axis=2)
        follow = is_long & is_long[:, None] & (lengths > 0.0) & (np.minimum(along, along.T) >= TURN * lengths)
        # A few rows between two clusters are no part of a curve.
        follow &= np.maximum(densities, densities[:, None]) <= IMBALANCE * np.minimum(densities, densities[:, None])
        for i, j in pairs_of(follow):
            within = 0.5 * (self.covariances[i] + self.covariances[j])
            ridge = NOTHING * np.trace(within) * np.eye(d)
            line = lines[i, j]
            follow[i, j] = follow[j, i] = line @ np.linalg.solve(within + ridge, line) < FARTHEST**2
        return follow


def pairs_of(are: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Give the pairs (i, j), i < j, of which something is so.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.pieces import pairs_of
    >>> pairs_of(np.ones((3, 3), dtype=bool))
    [(0, 1), (0, 2), (1, 2)]
    """
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(are, 1))]
