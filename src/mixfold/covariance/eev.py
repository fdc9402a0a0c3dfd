"""EEV: equal volumes and shapes, an orientation for each component: one ellipsoid, turned."""

from __future__ import annotations

from mixfold.covariance.decomposed import Decomposed
from mixfold.covariance.full import Full
from mixfold.covariance.orientation import own_axes, turned
from mixfold.covariance.variances import equal
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda D_k A D_k^T with D_k, Omega_k the eigenvectors and -values of W_k.

    lambda A = sum_k Omega_k / n, the largest eigenvalues with the largest. Celeux & Govaert (1995), model
    [lambda D_k A D_k'].
    """
    del before
    values, axes = own_axes(scatter)
    return turned(axes, equal(values, counts))


EEV = Decomposed("EEV", Full(), maximize, kernel_letters="EEV")
"""Sigma_k = lambda D_k A D_k^T, stored (K, D, D): D + K D (D - 1) / 2 parameters."""
