"""EII: equal volumes; spheres of one size."""

from __future__ import annotations

from mixfold.covariance.decomposed import Decomposed
from mixfold.covariance.spherical import Spherical
from mixfold.covariance.variances import equal
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda I with lambda = sum_k tr(W_k) / (n D).

    Celeux & Govaert (1995), model [lambda I].
    """
    del before
    return equal(scatter, counts)


EII = Decomposed("EII", Spherical(), maximize, kernel_letters="EII")
"""Sigma_k = lambda I, stored (K,): one parameter."""
