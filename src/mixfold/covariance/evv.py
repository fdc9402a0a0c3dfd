"""EVV: equal volumes, a shape and an orientation for each component."""

from __future__ import annotations

import numpy as np

from mixfold.covariance.decomposed import Decomposed
from mixfold.covariance.full import Full
from mixfold.typing import FloatArray


def maximize(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give Sigma_k = lambda C_k with C_k = W_k / |W_k|^(1/D) and lambda = sum_k |W_k|^(1/D) / n.

    Celeux & Govaert (1995), model [lambda D_k A_k D_k'].
    """
    del before
    volumes = np.exp(np.linalg.slogdet(scatter)[1] / scatter.shape[-1])  # (k,)
    return scatter / volumes[:, None, None] * (np.sum(volumes) / np.sum(counts))


EVV = Decomposed("EVV", Full(), maximize, kernel_letters="EVV")
"""Sigma_k = lambda D_k A_k D_k^T, stored (K, D, D): 1 + K (D (D + 1) / 2 - 1) parameters."""
