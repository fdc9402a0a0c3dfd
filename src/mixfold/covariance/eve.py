"""EVE: equal volumes and orientations, a shape for each component."""

from __future__ import annotations

from mixfold.covariance.decomposed import INNER_ITERATION, Decomposed
from mixfold.covariance.full import Full
from mixfold.covariance.orientation import with_common_axes
from mixfold.covariance.variances import equal_volume
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda D A_k D^T: variances along the axes as in EVI, axes as in `with_common_axes`.

    Browne & McNicholas (2014), model EVE; Celeux & Govaert (1995), model [lambda D A_k D'].
    """
    return with_common_axes(scatter, counts, before, equal_volume)


EVE = Decomposed("EVE", Full(), maximize, step_cost=INNER_ITERATION, kernel_letters="EVE", turns_axes=True)
"""Sigma_k = lambda D A_k D^T, stored (K, D, D): 1 + K (D - 1) + D (D - 1) / 2 parameters."""
