"""Diagonal covariances with their squares multiplied out, where nothing is lost: products of matrices in float64.

Differences of all rows from all centers are n K D numbers, which an accelerator writes and reads several times. With
y = x - c, c the middle of the centers, a_k = m_k - c, and w_k the whitener,

    ||w_k (x - m_k)||^2 = y^2 . w_k^2 - 2 y . (w_k^2 a_k) + ||w_k a_k||^2
    shift_k             = sum_n r_nk y_n - count_k a_k
    scatter_k           = sum_n r_nk y_n^2 - 2 a_k sum_n r_nk y_n + count_k a_k^2

need n D of them. What these sums leave may be smaller than their terms: a squared distance is wrong by about
1e-16 (||w y||^2 + ||w a||^2), and a scatter by 1e-16 count a^2. So they are made only where no center is farther from
the middle than `FARTHEST` allows; then a squared distance near a center is exact to 1e-9.
"""

from __future__ import annotations

from typing import Any, Self, final

from mixfold.structures import DIAGONAL, SPHERICAL, Structure
from mixfold.typing import Array

MULTIPLIED_OUT = (DIAGONAL, SPHERICAL)
"""Structures of which squares are."""
FARTHEST = 1e6
"""Squared distance of a center from the middle of all, as its component's whitener measures it."""


@final
class Squares:
    """What is made of centers and whiteners before rows are looked at, in float64.

    Parameters
    ----------
    middle : array of shape (1, n_features)
    away : array of shape (n_components, n_features)
        Of the centers from it.
    whitener : array of shape (n_components, n_features)
    xp : namespace

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.squares import Squares
    >>> from mixfold.structures import DIAGONAL
    >>> squares = Squares.of(np.array([[0.0, 1.0], [2.0, 1.0]]), np.ones((2, 2)), DIAGONAL, np)
    >>> squares.distance(squares.difference(np.array([[2.0, 0.0]]))).ravel()
    array([5., 1.])
    """

    def __init__(self, middle: Array, away: Array, whitener: Array, xp: Any) -> None:
        self.xp, self.middle, self.away = xp, middle, away
        self.precisions = whitener * whitener  # (k, d)
        self.pulled = self.precisions * away
        self.constant = xp.sum(self.pulled * away, axis=1)  # (k,)

    @classmethod
    def of(cls, centers: Array, whitener: Array, structure: Structure, xp: Any) -> Self | None:
        """Give them of float64 arrays beside the rows; None where a structure is another, or something would be lost.

        Whether it would is one number that the host waits for.
        """
        if structure not in MULTIPLIED_OUT:
            return None
        if whitener.ndim == 1:
            whitener = whitener[:, None]
        middle = xp.mean(centers, axis=0, keepdims=True)
        found = cls(middle, centers - middle, whitener * xp.ones_like(centers), xp)
        return found if bool(xp.max(found.constant) <= FARTHEST) else None

    def difference(self, rows: Array) -> Array:
        """Give y, (n, D)."""
        return self.xp.astype(rows, self.middle.dtype) - self.middle

    def distance(self, difference: Array) -> Array:
        """Give the squared distances, (K, n)."""
        xp = self.xp
        squares = self.precisions @ xp.matrix_transpose(difference * difference)
        crossed = self.pulled @ xp.matrix_transpose(difference)
        return xp.clip(squares - 2.0 * crossed + self.constant[:, None], min=0.0)

    def moments(self, difference: Array, shares: Array, structure: Structure) -> tuple[Array, Array]:
        """Give shift, and scatter of a diagonal or spherical structure, under shares (K, n)."""
        xp = self.xp
        shares = xp.astype(shares, difference.dtype)
        count, sums = xp.sum(shares, axis=1)[:, None], shares @ difference
        shift = sums - count * self.away
        squares = shares @ (difference * difference) - self.away * (sums + shift)
        scatter = xp.clip(squares, min=0.0)
        return shift, scatter if structure.has_shape else xp.sum(scatter, axis=1)
