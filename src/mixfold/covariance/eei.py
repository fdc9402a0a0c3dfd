"""EEI: equal volumes and shapes along the features; one diagonal for all components."""

from __future__ import annotations

from mixfold.covariance.decomposed import Decomposed
from mixfold.covariance.diag import Diag
from mixfold.covariance.variances import equal
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda A = diag(sum_k W_k) / n.

    Celeux & Govaert (1995), model [lambda B].
    """
    del before
    return equal(scatter, counts)


EEI = Decomposed("EEI", Diag(), maximize, kernel_letters="EEI")
"""Sigma_k = lambda A, stored (K, D): D parameters."""
