"""EVI: equal volumes, a shape for each component along the features."""

from __future__ import annotations

from mixfold.covariance.decomposed import Decomposed
from mixfold.covariance.diag import Diag
from mixfold.covariance.variances import equal_volume
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda A_k with A_k = diag(W_k) / |diag(W_k)|^(1/D) and lambda = sum_k |diag(W_k)|^(1/D) / n.

    Celeux & Govaert (1995), model [lambda B_k].
    """
    del before
    return equal_volume(scatter, counts)


EVI = Decomposed("EVI", Diag(), maximize, kernel_letters="EVI")
"""Sigma_k = lambda A_k, stored (K, D): 1 + K (D - 1) parameters."""
