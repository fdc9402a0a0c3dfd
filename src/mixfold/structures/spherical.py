"""One number for each component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from mixfold.structures.abstract import Structure
from mixfold.typing import Array, FloatArray


@final
@dataclass(frozen=True, slots=True)
class Spherical(Structure):
    """Arrays of shape (K,): a whitener is the reciprocal of a deviation, a scatter is a trace.

    Examples
    --------
    >>> from mixfold.structures import SPHERICAL
    >>> SPHERICAL.shape(3, 2)
    (3,)
    """

    has_shape: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """``spherical``."""
        return "spherical"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """K numbers."""
        del n_features
        return (n_components,)

    def reduced(self, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give the mean of the diagonal."""
        diagonal = np.diagonal(covariance) if covariance.ndim == 2 else np.broadcast_to(covariance, (n_features,))
        return np.asarray(np.mean(diagonal))

    def of_equal(
        self, weights: FloatArray, covariance: FloatArray, n_features: int, basis: FloatArray | None = None
    ) -> FloatArray:
        """Give weighted traces."""
        del basis
        return weights * (covariance * n_features)

    def mean_squares(self, whitener: FloatArray, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give D times the variance, in units of each component's."""
        return n_features * covariance * whitener * whitener

    def outer(self, weights: FloatArray, vectors: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give the traces of the products."""
        del basis
        return np.asarray(np.sum(weights[:, None] * vectors * vectors, axis=1))

    def of_scatter(self, scatter: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give their traces."""
        del basis
        return np.einsum("kii->k", scatter)

    def summed(
        self, weighted: Array, difference: Array, products: Callable[[Array, Array], Array], xp: Any, dtype: Any
    ) -> Array:
        """Give the sums of squares of all features."""
        del products
        weighted *= difference
        return xp.sum(weighted, axis=(1, 2), dtype=dtype)

    def whitened(self, difference: Array, whitener: Array, xp: Any) -> Array:
        """Scale each component's differences by its number."""
        del xp
        return difference * whitener[:, None, None]

    def colored(self, noise: FloatArray, whitener: FloatArray, component: int) -> FloatArray:
        """Divide by the component's number."""
        return noise / whitener[component]

    def mapped(self, covariances: FloatArray, linear: FloatArray) -> FloatArray:
        """Give the variances times the square of a scale, which a rotation (D, D) may come with."""
        return covariances * (np.sum(linear**2) / len(linear) if linear.ndim == 2 else linear**2)

    def smallest_eigenvalue(self, covariances: FloatArray) -> float:
        """Give the smallest variance."""
        return float(np.min(covariances))

    def coordinates(self, whitener: FloatArray, reference: FloatArray) -> FloatArray:
        """Logarithms of ratios."""
        return np.log(whitener * (1.0 / reference))

    def from_coordinates(self, coordinates: FloatArray, reference: FloatArray) -> FloatArray:
        """Give the numbers at coordinates."""
        return np.exp(coordinates) * reference

    def apply(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Scale each vector by its number."""
        return vectors * whitener[:, None]

    def solve(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Scale each vector by the reciprocal of its number."""
        return vectors * (1.0 / whitener)[:, None]
