"""One diagonal for each component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from mixfold.structures.abstract import Structure
from mixfold.typing import Array, FloatArray


@final
@dataclass(frozen=True, slots=True)
class Diagonal(Structure):
    """Arrays of shape (K, D).

    Examples
    --------
    >>> from mixfold.structures import DIAGONAL
    >>> DIAGONAL.shape(3, 2)
    (3, 2)
    """

    can_extend: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """``diagonal``."""
        return "diagonal"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """K diagonals."""
        return n_components, n_features

    def reduced(self, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give the diagonal."""
        diagonal = np.diagonal(covariance) if covariance.ndim == 2 else np.broadcast_to(covariance, (n_features,))
        return np.array(diagonal)

    def of_equal(
        self, weights: FloatArray, covariance: FloatArray, n_features: int, basis: FloatArray | None = None
    ) -> FloatArray:
        """Give weighted copies of the diagonal."""
        del n_features, basis
        return weights[:, None] * covariance

    def mean_squares(self, whitener: FloatArray, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give the sums of variances over features."""
        del n_features
        return np.asarray(np.sum(covariance * whitener * whitener, axis=1))

    def outer(self, weights: FloatArray, vectors: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give the diagonals of the products."""
        del basis
        return weights[:, None] * vectors * vectors

    def of_scatter(self, scatter: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give their diagonals."""
        del basis
        return np.einsum("kii->ki", scatter)

    def summed(
        self, weighted: Array, difference: Array, products: Callable[[Array, Array], Array], xp: Any, dtype: Any
    ) -> Array:
        """Give the sums of squares of each feature."""
        del products
        weighted *= difference
        return xp.sum(weighted, axis=1, dtype=dtype)

    def whitened(self, difference: Array, whitener: Array, xp: Any) -> Array:
        """Scale each component's differences by its diagonal."""
        del xp
        return difference * whitener[:, None, :]

    def colored(self, noise: FloatArray, whitener: FloatArray, component: int) -> FloatArray:
        """Divide by the component's diagonal."""
        return noise / whitener[component]

    def mapped(self, covariances: FloatArray, linear: FloatArray) -> FloatArray:
        """Give the variances times the squares of scales."""
        return covariances * linear**2

    def extended(self, covariances: FloatArray, linear: FloatArray, variances: FloatArray) -> FloatArray:
        """Give the variances that follow, without the correlations."""
        return np.concatenate([covariances, covariances @ (linear**2).T + variances], axis=-1)

    def smallest_eigenvalue(self, covariances: FloatArray) -> float:
        """Give the smallest variance."""
        return float(np.min(covariances))

    def coordinates(self, whitener: FloatArray, reference: FloatArray) -> FloatArray:
        """Logarithms of ratios."""
        return np.log(whitener * (1.0 / reference)).ravel()

    def from_coordinates(self, coordinates: FloatArray, reference: FloatArray) -> FloatArray:
        """Give the diagonals at coordinates."""
        return np.exp(coordinates).reshape(reference.shape) * reference

    def apply(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Scale each vector by its diagonal."""
        return vectors * whitener

    def solve(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Scale each vector by the reciprocal of its diagonal."""
        return vectors * (1.0 / whitener)
