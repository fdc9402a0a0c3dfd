"""A diagonal and some vectors for each component: in time and memory linear in the number of features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from mixfold.errors import InputError
from mixfold.structures.abstract import Structure
from mixfold.typing import Array, FloatArray

RESIDUAL_SHARE, SMALLEST_SHARE = 1e-6, 1e-10
"""Of what a feature varies around those that it follows from, and of a unique variance: what is left of the unique
variance where others follow from the feature, and no factor explains."""


@final
@dataclass(frozen=True, slots=True)
class Factors(Structure):
    """Arrays of shape (K, D, 1 + rank).

    A whitener [w | V] stands for ``(I - V V^T) diag(w)``. A scatter has the diagonals of the whole scatter S_k, and its
    products S_k B_k with a `basis` (D, rank), which is as much of it as the rank has room for. A covariance [v | L]
    stands for ``diag(v) + L L^T``.

    Parameters
    ----------
    rank : int

    Examples
    --------
    >>> from mixfold.structures import Factors
    >>> Factors(8).shape(10, 784)
    (10, 784, 9)
    """

    rank: int
    correlates: ClassVar[bool] = True
    can_extend: ClassVar[bool] = True
    is_streamable: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """``factors:`` and the rank."""
        return f"factors:{self.rank}"

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

    def basis(self, n_components: int, n_features: int, whitener: FloatArray | None = None) -> FloatArray | None:
        """Give the whitener's ``diag(w) V``, which span what a factor analyzer's E step asks for, or projections."""
        if whitener is not None:
            return whitener[:, :, :1] * whitener[:, :, 1:]
        return np.repeat(self.projection(n_features)[None], n_components, axis=0)

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """Give a column for the diagonal and one for each vector."""
        return n_components, n_features, 1 + self.rank

    def reduced(self, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give the diagonal."""
        diagonal = np.diagonal(covariance) if covariance.ndim == 2 else np.broadcast_to(covariance, (n_features,))
        return np.array(diagonal)

    def of_equal(
        self, weights: FloatArray, covariance: FloatArray, n_features: int, basis: FloatArray | None = None
    ) -> FloatArray:
        """Give weighted copies of the diagonal, and of its products with the basis."""
        del n_features
        assert basis is not None  # noqa: S101  (a scatter of factors has one)
        products = np.concatenate([np.ones((*basis.shape[:2], 1)), basis], axis=2)  # (k, d, 1 + r)
        return np.asarray(weights[:, None, None] * covariance[:, None] * products)

    def mean_squares(self, whitener: FloatArray, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give the sums of variances times the diagonals of G^T G."""
        del n_features
        return np.asarray(np.sum(precision_diagonal(whitener, covariance), axis=1))

    def outer(self, weights: FloatArray, vectors: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give the diagonals of the products, and their products with the basis."""
        assert basis is not None  # noqa: S101  (a scatter of factors has one)
        weighted = weights[:, None] * vectors
        diagonal, projected = weighted * vectors, np.einsum("kd,kdr->kr", vectors, basis)
        return np.concatenate([diagonal[:, :, None], weighted[:, :, None] * projected[:, None, :]], axis=2)

    def of_scatter(self, scatter: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give their diagonals, and their products with the basis."""
        assert basis is not None  # noqa: S101  (a scatter of factors has one)
        return np.concatenate([np.einsum("kii->ki", scatter)[:, :, None], scatter @ basis], axis=2)

    def summed(
        self, weighted: Array, difference: Array, products: Callable[[Array, Array], Array], xp: Any, dtype: Any
    ) -> Array:
        """Refuse: what is summed of factors are products with a basis, which engines make in matrix products."""
        raise NotImplementedError(self.name)

    def whitened(self, difference: Array, whitener: Array, xp: Any) -> Array:
        """Scale, and take out what lies along the vectors."""
        scaled, vectors = difference * whitener[:, None, :, 0], whitener[:, :, 1:]
        scaled -= (scaled @ vectors) @ xp.matrix_transpose(vectors)
        return scaled

    def colored(self, noise: FloatArray, whitener: FloatArray, component: int) -> FloatArray:
        """Use (I - V V^T)^-1 = I + V (I - V^T V)^-1 V^T (Woodbury 1950)."""
        scale, vectors = whitener[component, :, 0], whitener[component, :, 1:]
        inner = np.linalg.inv(np.eye(vectors.shape[1]) - vectors.T @ vectors)
        return np.asarray((noise + noise @ vectors @ inner @ vectors.T) / scale)

    def mapped(self, covariances: FloatArray, linear: FloatArray) -> FloatArray:
        """Scale loadings, and unique variances twice."""
        scales = np.broadcast_to(linear, covariances.shape[1:2])[:, None]
        return np.concatenate([covariances[:, :, :1] * scales**2, covariances[:, :, 1:] * scales], axis=2)

    def extended(self, covariances: FloatArray, linear: FloatArray, variances: FloatArray) -> FloatArray:
        """Give the loadings that follow, and of each feature that others are made of its unique variance as a factor.

        So there are as many vectors more, and at least `rank`. Diagonals (D,) follow without the correlations.
        """
        squares = linear**2
        if covariances.ndim == 1:
            return np.concatenate([covariances, squares @ covariances + variances])
        made_of = np.flatnonzero(np.any(linear != 0.0, axis=0))
        with np.errstate(divide="ignore"):
            least = RESIDUAL_SHARE * np.min(variances[:, None] / squares[:, made_of], axis=0)
        unique = covariances[:, :, 0].copy()  # (K, D)
        own = unique[:, made_of]
        left = np.minimum(own, np.maximum(least, SMALLEST_SHARE * own))
        unique[:, made_of] = left
        loadings = np.zeros((*unique.shape, len(made_of)))
        loadings[:, made_of, np.arange(len(made_of))] = np.sqrt(own - left)
        loadings = np.concatenate([covariances[:, :, 1:], loadings], axis=2)
        unique = np.concatenate([unique, unique @ squares.T + variances], axis=1)
        loadings = np.concatenate([loadings, linear @ loadings], axis=1)
        n_missing = max(0, self.rank - loadings.shape[2])
        return np.concatenate([unique[:, :, None], np.pad(loadings, ((0, 0), (0, 0), (0, n_missing)))], axis=2)

    def smallest_eigenvalue(self, covariances: FloatArray) -> float:
        """Give the smallest unique variance, which no eigenvalue is below."""
        return float(np.min(covariances[:, :, 0]))

    def coordinates(self, whitener: FloatArray, reference: FloatArray) -> FloatArray:
        """Logarithms of the scales' ratios, and the differences of the vectors."""
        ratios = np.log(whitener[:, :, 0] / reference[:, :, 0])
        return np.concatenate([ratios.ravel(), (whitener[:, :, 1:] - reference[:, :, 1:]).ravel()])

    def from_coordinates(self, coordinates: FloatArray, reference: FloatArray) -> FloatArray:
        """Give the scales and vectors at coordinates; vectors longer than one are no whitener."""
        k, d, _ = reference.shape
        scales = np.exp(coordinates[: k * d]).reshape(k, d, 1) * reference[:, :, :1]
        return np.concatenate([scales, coordinates[k * d :].reshape(k, d, -1) + reference[:, :, 1:]], axis=2)

    def apply(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Scale each vector, and take out what lies along its component's."""
        return np.asarray(self.whitened(vectors[:, None, :], whitener, np)[:, 0])

    def solve(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Color each vector by its component."""
        return np.stack([self.colored(vector[None], whitener, k)[0] for k, vector in enumerate(vectors)])


def precision_diagonal(whitener: FloatArray, variances: FloatArray) -> FloatArray:
    """Give the diagonals (K, D) of G^T G times variances, (K, D) or what broadcasts; alone, they might overflow."""
    vectors = whitener[:, :, 1:]
    twice = 2.0 * vectors - vectors @ (np.swapaxes(vectors, 1, 2) @ vectors)
    scale, left = whitener[:, :, 0], np.maximum(1.0 - np.sum(vectors * twice, axis=2), 0.0)
    return np.asarray(variances * scale * scale * left)
