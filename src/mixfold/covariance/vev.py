"""VEV: a volume and an orientation for each component, equal shapes."""

from __future__ import annotations

from mixfold.covariance.decomposed import INNER_ITERATION, Decomposed
from mixfold.covariance.full import Full
from mixfold.covariance.orientation import own_axes, turned
from mixfold.covariance.variances import equal_shape, volumes_of
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda_k D_k A D_k^T with D_k, Omega_k the eigenvectors and -values of W_k.

    Alternates lambda_k = tr(Omega_k A^-1) / (n_k D) and A = sum_k (Omega_k / lambda_k) / n. Celeux & Govaert (1995),
    model [lambda_k D_k A D_k'].
    """
    values, axes = own_axes(scatter)
    begin = None if before is None else volumes_of(own_axes(before)[0])
    return turned(axes, equal_shape(values, counts, begin))


VEV = Decomposed("VEV", Full(), maximize, step_cost=INNER_ITERATION, kernel_letters="VEV")
"""Sigma_k = lambda_k D_k A D_k^T, stored (K, D, D): K + D - 1 + K D (D - 1) / 2 parameters."""
