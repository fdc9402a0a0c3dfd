"""VEE: a volume for each component, equal shapes and orientations: one ellipsoid in several sizes."""

from __future__ import annotations

import numpy as np

from mixfold.covariance.decomposed import INNER_ITERATION, Decomposed
from mixfold.covariance.full import Full
from mixfold.covariance.triangular import inverse_of_lower
from mixfold.covariance.variances import SETTLED, Patience
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda_k C, alternating lambda_k = tr(W_k C^-1) / (n_k D) and C = sum_k (W_k / lambda_k) / n.

    Celeux & Govaert (1995), model [lambda_k D A D'], without their normalization of |C|, which the product undoes. The
    problem is convex along the geodesics of positive definite matrices, so there is one minimum.
    """
    d, total = scatter.shape[-1], np.sum(counts)
    volumes = np.einsum("kii->k", scatter) / (d * counts)
    if before is not None:
        volumes = np.exp(np.linalg.slogdet(before)[1] / d)
    for _ in range(Patience.after(before).limit):
        common = np.sum(scatter / volumes[:, None, None], axis=0) / total
        try:
            whitener = inverse_of_lower(np.linalg.cholesky(common))
        except np.linalg.LinAlgError:  # singular: so are the covariances
            break
        better = np.sum(scatter * (whitener.T @ whitener), axis=(1, 2)) / (d * counts)
        # A matrix of condition number c is inverted to c times the precision: what is less than that is rounding.
        condition = np.sum(whitener**2, axis=0) @ np.diag(common)  # in features' own units
        rounding = np.finfo(np.float64).eps * len(common) * condition
        if not np.max(np.abs(better / volumes - 1.0)) > max(SETTLED, rounding):
            break
        volumes = better
    return volumes[:, None, None] * common


VEE = Decomposed("VEE", Full(), maximize, step_cost=INNER_ITERATION, kernel_letters="VEE")
"""Sigma_k = lambda_k D A D^T, stored (K, D, D): K - 1 + D (D + 1) / 2 parameters."""
