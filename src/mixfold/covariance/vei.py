"""VEI: a volume for each component, equal shapes along the features."""

from __future__ import annotations

from mixfold.covariance.decomposed import INNER_ITERATION, Decomposed
from mixfold.covariance.diag import Diag
from mixfold.covariance.variances import equal_shape, volumes_of
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda_k A, alternating lambda_k = tr(W_k A^-1) / (n_k D) and A = diag(sum_k W_k / lambda_k) / n.

    Celeux & Govaert (1995), model [lambda_k B], without their normalization of |A|, which the product undoes.
    """
    return equal_shape(scatter, counts, None if before is None else volumes_of(before))


VEI = Decomposed("VEI", Diag(), maximize, step_cost=INNER_ITERATION, kernel_letters="VEI")
"""Sigma_k = lambda_k A, stored (K, D): K + D - 1 parameters."""
