"""One matrix for each component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.linalg import solve_triangular

from mixfold.structures.matrices import Matrices
from mixfold.typing import Array, FloatArray


@final
@dataclass(frozen=True, slots=True)
class Full(Matrices):
    """Arrays of shape (K, D, D).

    Examples
    --------
    >>> from mixfold.structures import FULL
    >>> FULL.shape(3, 2)
    (3, 2, 2)
    """

    @property
    def name(self) -> str:
        """``full``."""
        return "full"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """K matrices."""
        return n_components, n_features, n_features

    def of_equal(
        self, weights: FloatArray, covariance: FloatArray, n_features: int, basis: FloatArray | None = None
    ) -> FloatArray:
        """Give weighted copies of the matrix."""
        del n_features, basis
        return weights[:, None, None] * covariance

    def outer(self, weights: FloatArray, vectors: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give the products themselves."""
        del basis
        return (weights[:, None] * vectors)[:, :, None] * vectors[:, None, :]

    def of_scatter(self, scatter: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give them."""
        del basis
        return scatter

    def summed(
        self, weighted: Array, difference: Array, products: Callable[[Array, Array], Array], xp: Any, dtype: Any
    ) -> Array:
        """Give the sums of the products."""
        del xp, dtype
        return products(weighted, difference)

    def whitened(self, difference: Array, whitener: Array, xp: Any) -> Array:
        """Multiply each component's differences with its matrix."""
        return difference @ xp.matrix_transpose(whitener)

    def colored(self, noise: FloatArray, whitener: FloatArray, component: int) -> FloatArray:
        """Solve with the component's triangle."""
        return np.asarray(solve_triangular(whitener[component], noise.T, lower=True).T)

    def apply(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Multiply each vector with its matrix."""
        return np.asarray(np.einsum("kij,kj->ki", whitener, vectors))
