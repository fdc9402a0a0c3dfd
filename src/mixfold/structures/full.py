"""One matrix for each component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from scipy.linalg import solve_triangular

from mixfold.structures import matrices
from mixfold.structures.abstract import Structure
from mixfold.typing import Array, FloatArray


@final
@dataclass(frozen=True, slots=True)
class Full(Structure):
    """Arrays of shape (K, D, D).

    Examples
    --------
    >>> from mixfold.structures import FULL
    >>> FULL.shape(3, 2)
    (3, 2, 2)
    """

    is_matrix: ClassVar[bool] = True
    can_extend: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """``full``."""
        return "full"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """K matrices."""
        return n_components, n_features, n_features

    def reduced(self, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give the matrix."""
        return matrices.reduced(covariance, n_features)

    def of_equal(
        self, weights: FloatArray, covariance: FloatArray, n_features: int, basis: FloatArray | None = None
    ) -> FloatArray:
        """Give weighted copies of the matrix."""
        del n_features, basis
        return weights[:, None, None] * covariance

    def mean_squares(self, whitener: FloatArray, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give K traces."""
        del n_features
        return matrices.mean_squares(whitener, covariance)

    def outer(self, weights: FloatArray, vectors: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give the products themselves."""
        del basis
        return (weights[:, None] * vectors)[:, :, None] * vectors[:, None, :]

    def whitened(self, difference: Array, whitener: Array, xp: Any) -> Array:
        """Multiply each component's differences with its matrix."""
        return difference @ xp.matrix_transpose(whitener)

    def colored(self, noise: FloatArray, whitener: FloatArray, component: int) -> FloatArray:
        """Solve with the component's triangle."""
        return np.asarray(solve_triangular(whitener[component], noise.T, lower=True).T)

    def mapped(self, covariances: FloatArray, linear: FloatArray) -> FloatArray:
        """Give L Sigma_k L^T."""
        return matrices.mapped(covariances, linear)

    def extended(self, covariances: FloatArray, linear: FloatArray, variances: FloatArray) -> FloatArray:
        """Give what follows for the further rows and columns."""
        return matrices.extended(covariances, linear, variances)

    def smallest_eigenvalue(self, covariances: FloatArray) -> float:
        """Decompose."""
        return matrices.smallest_eigenvalue(covariances)

    def coordinates(self, whitener: FloatArray, reference: FloatArray) -> FloatArray:
        """Log-diagonals and what lies below them, of each component."""
        return matrices.coordinates(whitener, reference)

    def from_coordinates(self, coordinates: FloatArray, reference: FloatArray) -> FloatArray:
        """Give the matrices at coordinates."""
        return matrices.from_coordinates(coordinates, reference)

    def apply(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Multiply each vector with its matrix."""
        return np.asarray(np.einsum("kij,kj->ki", whitener, vectors))

    def solve(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Multiply each vector with the inverse of its matrix."""
        return self.apply(np.asarray(np.linalg.inv(whitener), np.float64), vectors)
