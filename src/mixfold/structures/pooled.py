"""One matrix for all components."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from scipy.linalg import solve_triangular

from mixfold.structures.matrices import Matrices
from mixfold.typing import Array, FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True)
class Pooled(Matrices):
    """Arrays of shape (D, D).

    Examples
    --------
    >>> from mixfold.structures import POOLED
    >>> POOLED.shape(3, 2)
    (2, 2)
    """

    is_shared: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """``pooled``."""
        return "pooled"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """One matrix."""
        del n_components
        return n_features, n_features

    def of_equal(
        self, weights: FloatArray, covariance: FloatArray, n_features: int, basis: FloatArray | None = None
    ) -> FloatArray:
        """Give the matrix with the weight of all."""
        del n_features, basis
        return np.sum(weights) * covariance

    def outer(self, weights: FloatArray, vectors: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give the sum of the products."""
        del basis
        return (weights[:, None] * vectors).T @ vectors

    def of_scatter(self, scatter: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give their sum."""
        del basis
        return np.asarray(np.sum(scatter, axis=0))

    def summed(
        self, weighted: Array, difference: Array, products: Callable[[Array, Array], Array], xp: Any, dtype: Any
    ) -> Array:
        """Give the sums of the products, of all components together."""
        del dtype
        return xp.sum(products(weighted, difference), axis=0)

    def whitened(self, difference: Array, whitener: Array, xp: Any) -> Array:
        """Multiply all differences with the matrix."""
        return difference @ xp.matrix_transpose(whitener)[None, :, :]

    def colored(self, noise: FloatArray, whitener: FloatArray, component: int) -> FloatArray:
        """Solve with the triangle of all."""
        del component
        return np.asarray(solve_triangular(whitener, noise.T, lower=True).T)

    def take(self, array: FloatArray, components: IntArray | slice) -> FloatArray:
        """Give the matrix: it is that of any of them."""
        del components
        return array

    def apply(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Multiply all vectors with the matrix."""
        return vectors @ whitener.T
