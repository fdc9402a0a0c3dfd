"""The four shapes that second moments take.

The same four serve both directions of the narrow waist: the whitener of `Potentials` and the scatter of
`SufficientStatistics`. They are shapes of arrays, not covariance families: a family picks one shape for what it needs
from the data, and several families share a shape.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from mixfold.typing import FloatArray


class Structure(Enum):
    """The shape of a whitener or of a scatter, for K components in D dimensions."""

    FULL = "full"
    """One matrix for each component, (K, D, D)."""
    POOLED = "pooled"
    """One matrix for all components, (D, D)."""
    DIAGONAL = "diagonal"
    """One diagonal for each component, (K, D)."""
    SPHERICAL = "spherical"
    """One number for each component, (K,)."""

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """Give the shape of an array of this structure."""
        k, d = n_components, n_features
        return {
            Structure.FULL: (k, d, d),
            Structure.POOLED: (d, d),
            Structure.DIAGONAL: (k, d),
            Structure.SPHERICAL: (k,),
        }[self]

    def outer(self, weights: FloatArray, vectors: FloatArray) -> FloatArray:
        """Give the weighted outer products w_k v_k v_k^T, reduced to this structure.

        Parameters
        ----------
        weights : ndarray of shape (n_components,)
        vectors : ndarray of shape (n_components, n_features)

        Returns
        -------
        outer : ndarray of shape ``self.shape(n_components, n_features)``
            The products themselves (full), their sum over components (pooled), their diagonals (diagonal) or
            their traces (spherical).

        Examples
        --------
        >>> import numpy as np
        >>> Structure.SPHERICAL.outer(np.array([1.0, 2.0]), np.array([[3.0, 4.0], [1.0, 0.0]]))
        array([25.,  2.])
        """
        weighted = weights[:, None] * vectors
        if self is Structure.FULL:
            return weighted[:, :, None] * vectors[:, None, :]
        if self is Structure.POOLED:
            return weighted.T @ vectors
        diagonal: FloatArray = weighted * vectors
        return diagonal if self is Structure.DIAGONAL else np.sum(diagonal, axis=1)
