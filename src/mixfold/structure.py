"""The shapes that second moments take.

The same serve both directions of the narrow waist: the whitener of `Potentials` and the scatter of
`SufficientStatistics`. They are shapes of arrays, not covariance families: a family picks one shape for what it needs
from the data, and several families share a shape.
"""

from __future__ import annotations

import re
from enum import Enum

import numpy as np

from mixfold.errors import InputError
from mixfold.typing import FloatArray


class Structure(Enum):
    """The shape of a whitener or of a scatter, for K components in D dimensions.

    Four are members; those of `factors`, one for each rank, are made when they are asked for.

    Examples
    --------
    >>> from mixfold.structure import Structure
    >>> [structure.shape(3, 2) for structure in Structure if structure.rank == 0]
    [(3, 2, 2), (2, 2), (3, 2), (3,)]
    >>> Structure.factors(4).rank
    4
    """

    FULL = "full"
    """One matrix for each component, (K, D, D)."""
    POOLED = "pooled"
    """One matrix for all components, (D, D)."""
    DIAGONAL = "diagonal"
    """One diagonal for each component, (K, D)."""
    SPHERICAL = "spherical"
    """One number for each component, (K,)."""

    @classmethod
    def factors(cls, rank: int) -> Structure:
        """Give the structure of diagonals and `rank` vectors for each component, (K, D, 1 + rank).

        A whitener [w | V] stands for ``(I - V V^T) diag(w)``. A scatter has the diagonals of the whole scatter S_k, and
        its products S_k B_k with a `basis` (D, rank), which is as much of it as the rank has room for.

        Examples
        --------
        >>> Structure.factors(8).shape(10, 784)
        (10, 784, 9)
        """
        return cls(f"factors:{rank}")

    @classmethod
    def _missing_(cls, value: object) -> Structure | None:
        if not isinstance(value, str) or not re.fullmatch(r"factors:[1-9]\d*", value):
            return None
        structure = object.__new__(cls)
        structure._name_ = structure._value_ = value
        # The first of each rank is kept, so that structures can be compared by identity, from any thread.
        kept: Structure = cls._value2member_map_.setdefault(value, structure)  # type: ignore[assignment]
        return kept

    @property
    def is_streamable(self) -> bool:
        """Whether scatters taken under different potentials can be added once they are around the same centers."""
        return not self.rank

    @property
    def is_matrix(self) -> bool:
        """Whether a covariance is a whole matrix (D, D): full or pooled."""
        return self in {Structure.FULL, Structure.POOLED}

    @property
    def rank(self) -> int:
        """The number of vectors for each component of `factors`; zero of the four others."""
        return int(self.value.partition(":")[2] or 0)

    def projection(self, n_features: int) -> FloatArray:
        """Give the basis (D, rank) of a scatter that is asked for without potentials of the same structure.

        Orthonormal, at random but always the same: what is large in a scatter shows through it (Halko, Martinsson &
        Tropp 2011).

        Raises
        ------
        InputError
            If there are fewer features than vectors.
        """
        if self.rank > n_features:
            message = (
                f"The rank of a factor-analytic covariance must be at most n_features = {n_features}, got {self.rank}. "
                "Lower the rank, or use covariance_type='full'."
            )
            raise InputError(message)
        random = np.random.default_rng(0).normal(size=(n_features, self.rank))
        return np.asarray(np.linalg.qr(random)[0], dtype=np.float64)

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """Give the shape of an array of this structure."""
        k, d = n_components, n_features
        if self is Structure.FULL:
            return k, d, d
        if self is Structure.POOLED:
            return d, d
        if self is Structure.DIAGONAL:
            return k, d
        return (k,) if self is Structure.SPHERICAL else (k, d, 1 + self.rank)

    def reduced(self, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give a covariance in the shape of one component of this structure, as `Prior.scale` has it.

        Parameters
        ----------
        covariance : ndarray of shape (n_features, n_features), (n_features,) or ()
            A matrix, the diagonal of one, or a variance that all features have.
        n_features : int

        Returns
        -------
        reduced : ndarray
            The matrix (full, pooled), its diagonal (diagonal, factors) or the mean of its diagonal (spherical).

        Examples
        --------
        >>> import numpy as np
        >>> Structure.SPHERICAL.reduced(np.array([1.0, 3.0]), 2), Structure.FULL.reduced(np.array(2.0), 2)
        (array(2.), array([[2., 0.],
               [0., 2.]]))
        """
        if self.is_matrix:
            return covariance if covariance.ndim == 2 else np.diag(np.broadcast_to(covariance, (n_features,)))
        diagonal = np.diagonal(covariance) if covariance.ndim == 2 else np.broadcast_to(covariance, (n_features,))
        return np.asarray(np.mean(diagonal)) if self is Structure.SPHERICAL else np.array(diagonal)

    def of_equal(self, weights: FloatArray, covariance: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give the scatter of components of weights (K,) that all have one covariance, in the shape of `reduced`."""
        if self is Structure.POOLED:
            return np.sum(weights) * covariance
        if basis is not None:
            products = np.concatenate([np.ones((*basis.shape[:2], 1)), basis], axis=2)  # (k, d, 1 + r)
            return weights[:, None, None] * covariance[:, None] * products
        if self is Structure.FULL:
            return weights[:, None, None] * covariance
        return weights[:, None] * covariance if self is Structure.DIAGONAL else weights * covariance

    def mean_squares(self, whitener: FloatArray, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give tr(C G_k^T G_k), the mean of ||G_k e||^2 over noise e of covariance C, for each (K,) or once for all.

        Parameters
        ----------
        whitener : ndarray of shape ``self.shape(n_components, n_features)``
        covariance : ndarray
            C in the shape of `reduced`.
        n_features : int
        """
        if self.rank:
            vectors = whitener[:, :, 1:]
            twice = 2.0 * vectors - vectors @ (np.swapaxes(vectors, 1, 2) @ vectors)
            diagonal = whitener[:, :, 0] ** 2 * np.maximum(1.0 - np.sum(vectors * twice, axis=2), 0.0)
            return np.sum(covariance * diagonal, axis=1)
        if self.is_matrix:
            return np.sum((whitener @ covariance) * whitener, axis=(-2, -1))
        if self is Structure.DIAGONAL:
            return np.sum(covariance * whitener**2, axis=1)
        return n_features * covariance * whitener**2

    def outer(self, weights: FloatArray, vectors: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give the weighted outer products w_k v_k v_k^T, reduced to this structure.

        Parameters
        ----------
        weights : ndarray of shape (n_components,)
        vectors : ndarray of shape (n_components, n_features)
        basis : ndarray of shape (n_components, n_features, rank), optional
            That of `factors`.

        Returns
        -------
        outer : ndarray of shape ``self.shape(n_components, n_features)``
            The products themselves (full), their sum over components (pooled), their diagonals (diagonal), their
            traces (spherical), or their diagonals and their products with the basis (factors).

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
        if basis is not None:
            projected = np.einsum("kd,kdr->kr", vectors, basis)
            return np.concatenate([diagonal[:, :, None], weighted[:, :, None] * projected[:, None, :]], axis=2)
        return diagonal if self is Structure.DIAGONAL else np.sum(diagonal, axis=1)
