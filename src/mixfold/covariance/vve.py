"""VVE: a volume and a shape for each component, equal orientations: common principal components (Flury 1984)."""

from __future__ import annotations

from mixfold.covariance.decomposed import INNER_ITERATION, Decomposed
from mixfold.covariance.full import Full
from mixfold.covariance.orientation import with_common_axes
from mixfold.covariance.variances import own
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda_k D A_k D^T: variances along the axes as in VVI, axes as in `with_common_axes`.

    Browne & McNicholas (2014), model VVE; Celeux & Govaert (1995), model [lambda_k D A_k D'].
    """
    return with_common_axes(scatter, counts, before, own)


VVE = Decomposed("VVE", Full(), maximize, step_cost=INNER_ITERATION, kernel_letters="VVE", turns_axes=True)
"""Sigma_k = lambda_k D A_k D^T, stored (K, D, D): K D + D (D - 1) / 2 parameters."""
