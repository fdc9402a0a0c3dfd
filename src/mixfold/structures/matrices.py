"""What structures of whole matrices (..., D, D) have in common: one for each component, or one for all."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

import numpy as np

from mixfold.structures.abstract import Structure
from mixfold.typing import FloatArray


def of_variances(variances: FloatArray, n_features: int) -> FloatArray:
    """Give the matrix (D, D) that has these variances (D,), or one for all: `np.diag`, for a tenth of its cost.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.structures.matrices import of_variances
    >>> of_variances(np.array([2.0, 3.0]), 2)
    array([[2., 0.],
           [0., 3.]])
    """
    matrix = np.zeros((n_features, n_features))
    matrix.flat[:: n_features + 1] = variances
    return matrix


class Matrices(Structure, ABC):
    """A structure whose covariances are whole matrices; how many there are is for each that has them to say."""

    __slots__ = ()
    is_matrix: ClassVar[bool] = True
    correlates: ClassVar[bool] = True
    can_extend: ClassVar[bool] = True

    def reduced(self, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give the matrix."""
        return covariance if covariance.ndim == 2 else of_variances(covariance, n_features)

    def mean_squares(self, whitener: FloatArray, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give the traces of C G^T G."""
        del n_features
        colored = whitener @ covariance if covariance.ndim == 2 else whitener * covariance
        return np.asarray((colored * whitener).sum(axis=(-2, -1)))

    def mapped(self, covariances: FloatArray, linear: FloatArray) -> FloatArray:
        """Give L Sigma L^T."""
        if linear.ndim == 2:
            product = linear @ covariances @ linear.T
            return 0.5 * (product + product.swapaxes(-1, -2))
        scales = np.broadcast_to(linear, covariances.shape[-1:])
        return np.asarray(covariances * scales[:, None] * scales)

    def extended(self, covariances: FloatArray, linear: FloatArray, variances: FloatArray) -> FloatArray:
        """Give what follows for the further rows and columns."""
        d = linear.shape[1]
        onto = np.concatenate([np.eye(d), linear])
        whole = onto @ covariances @ onto.T + np.diag(np.concatenate([np.zeros(d), variances]))
        return np.asarray(0.5 * (whole + np.swapaxes(whole, -1, -2)))

    def smallest_eigenvalue(self, covariances: FloatArray) -> float:
        """Decompose."""
        return float(np.min(np.linalg.eigvalsh(covariances)))

    def coordinates(self, whitener: FloatArray, reference: FloatArray) -> FloatArray:
        """Give the log-diagonals of G reference^-1, and what lies below them."""
        relative = whitener @ np.linalg.inv(reference)
        diagonal = np.einsum("...ii->...i", relative)
        below = relative[..., *np.tril_indices(relative.shape[-1], -1)]
        return np.concatenate([np.log(diagonal).ravel(), below.ravel()])

    def from_coordinates(self, coordinates: FloatArray, reference: FloatArray) -> FloatArray:
        """Give the matrices at coordinates."""
        leading, d = reference.shape[:-2], reference.shape[-1]
        n_diagonal = int(np.prod(leading, dtype=np.intp)) * d
        relative = np.zeros(reference.shape)
        relative[..., *np.tril_indices(d, -1)] = coordinates[n_diagonal:].reshape(*leading, -1)
        relative[..., range(d), range(d)] = np.exp(coordinates[:n_diagonal]).reshape(*leading, d)
        return np.asarray(relative @ reference)

    def solve(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Apply the inverses."""
        return self.apply(np.asarray(np.linalg.inv(whitener), np.float64), vectors)
