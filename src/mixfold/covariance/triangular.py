"""Linear algebra that the families with covariance matrices share."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from mixfold.prior import Prior
from mixfold.typing import FloatArray

ROUNDINGS = 8.0 * np.finfo(np.float64).eps
"""What a computed covariance may be wrong by, relative to D times its variances."""
SQUARED = 1e100
"""Products of numbers between its inverse and this neither overflow nor lose digits."""


def above_rounding(covariances: FloatArray) -> FloatArray:
    """Give covariances (..., D, D), in place, whose variances are more by what rounding may have taken.

    A component that holds a row a million deviations away has a smallest eigenvalue below the rounding of its largest.
    """
    d = covariances.shape[-1]
    diagonal = np.einsum("...ii->...i", covariances)
    diagonal *= 1.0 + ROUNDINGS * d
    return covariances


def inverse_of_lower(factors: FloatArray) -> FloatArray:
    """Invert lower-triangular matrices (..., D, D), each by LAPACK's trtri."""
    inverses = np.array(factors, dtype=np.float64, order="C")
    for factor in inverses.reshape(-1, *factors.shape[-2:]):
        # LAPACK reads columns first: a lower factor in C order is an upper one to it. The inverse takes its place.
        lapack.dtrtri(factor.T, lower=0, overwrite_c=1)
    return inverses


def gram(factors: FloatArray) -> FloatArray:
    """Give G^T G of triangular matrices G, (..., D, D).

    Columns are brought to the same size first, so that nothing overflows on the way. What is larger than any number of
    float64 becomes the largest: a precision is the square of an inverse deviation.
    """
    sizes = np.max(np.abs(factors), axis=-2)  # (..., D)
    if np.min(sizes, initial=1.0) > 1.0 / SQUARED and np.max(sizes, initial=1.0) < SQUARED:
        return np.swapaxes(factors, -1, -2) @ factors
    exponents = np.frexp(sizes)[1]
    units = np.ldexp(factors, -exponents[..., None, :])
    products = np.swapaxes(units, -1, -2) @ units
    with np.errstate(over="ignore"):
        grams = np.ldexp(products, exponents[..., :, None] + exponents[..., None, :])
    largest = np.finfo(np.float64).max
    return np.clip(grams, -largest, largest)


def log_diagonal(factors: FloatArray) -> FloatArray:
    """Sum the logarithms of the diagonals of triangular matrices (..., D, D): their log-determinants."""
    return np.asarray(np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(axis=-1))


def largest_log_prior(prior: Prior, n_components: int, n_features: int) -> float:
    """Give the largest value of -1/2 sum_k [tr(scale Sigma^-1) + count log|Sigma|], at Sigma = scale / count."""
    return -0.5 * prior.count * n_components * float(n_features + prior.log_determinant(prior.count))
