"""What structures of whole matrices (..., D, D) have in common: one for each component, or one for all."""

from __future__ import annotations

import numpy as np

from mixfold.typing import FloatArray


def reduced(covariance: FloatArray, n_features: int) -> FloatArray:
    """Give a covariance, or variances, as a matrix."""
    return covariance if covariance.ndim == 2 else np.diag(np.broadcast_to(covariance, (n_features,)))


def mean_squares(whitener: FloatArray, covariance: FloatArray) -> FloatArray:
    """Give tr(C G^T G)."""
    diagonal = np.diagonal(covariance)
    if np.count_nonzero(covariance) == np.count_nonzero(diagonal):
        return np.asarray(np.sum((whitener * diagonal) * whitener, axis=(-2, -1)))
    return np.asarray(np.sum((whitener @ covariance) * whitener, axis=(-2, -1)))


def mapped(covariances: FloatArray, linear: FloatArray) -> FloatArray:
    """Give the covariances of L x, for L a matrix, a scale for each feature, or one for all."""
    if linear.ndim == 2:
        product = linear @ covariances @ linear.T
        return np.asarray(0.5 * (product + np.swapaxes(product, -1, -2)))
    scales = np.broadcast_to(linear, covariances.shape[-1:])
    return np.asarray(covariances * scales[:, None] * scales)


def extended(covariances: FloatArray, linear: FloatArray, variances: FloatArray) -> FloatArray:
    """Give the covariances of x, L x + e."""
    d = linear.shape[1]
    onto = np.concatenate([np.eye(d), linear])
    whole = onto @ covariances @ onto.T + np.diag(np.concatenate([np.zeros(d), variances]))
    return np.asarray(0.5 * (whole + np.swapaxes(whole, -1, -2)))


def smallest_eigenvalue(covariances: FloatArray) -> float:
    """Give the smallest eigenvalue of all."""
    return float(np.min(np.linalg.eigvalsh(covariances)))


def coordinates(whitener: FloatArray, reference: FloatArray) -> FloatArray:
    """Give the log-diagonal of G reference^-1, and what lies below it, (p,)."""
    relative = whitener @ np.linalg.inv(reference)
    diagonal = np.einsum("...ii->...i", relative)
    below = relative[..., *np.tril_indices(relative.shape[-1], -1)]
    return np.concatenate([np.log(diagonal).ravel(), below.ravel()])


def from_coordinates(values: FloatArray, reference: FloatArray) -> FloatArray:
    """Give the G at coordinates."""
    leading, d = reference.shape[:-2], reference.shape[-1]
    n_diagonal = int(np.prod(leading, dtype=np.intp)) * d
    relative = np.zeros(reference.shape)
    relative[..., *np.tril_indices(d, -1)] = values[n_diagonal:].reshape(*leading, -1)
    relative[..., range(d), range(d)] = np.exp(values[:n_diagonal]).reshape(*leading, d)
    return np.asarray(relative @ reference)
