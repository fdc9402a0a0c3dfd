"""Volumes and shapes of covariances whose axes are known.

Along its axes a component has the scatter ``omega_k`` = diag(D_k^T W_k D_k), and the M step minimizes

    sum_k sum_j [n_k log v_kj + omega_kj / v_kj],    v_kj = lambda_k a_kj,    prod_j a_kj = 1

where the volumes lambda_k, the shapes a_k, both or none are equal for all components.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixfold.typing import FloatArray

MAX_INNER = 500
"""Alternations of an inner iteration that begins nowhere."""
MAX_INNER_WARM = 3
"""Of one that begins at the previous covariances: whatever it leaves undone, the next step of EM goes on with."""
SETTLED = 1e-12
"""An inner iteration ends when nothing that it moves changes by more than this share of itself."""


LARGEST = np.finfo(np.float64).max / 4.0
"""No variance is larger."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an inner iteration may go on."""

    limit: int

    @classmethod
    def after(cls, before: FloatArray | None) -> Patience:
        """Go to the end from nowhere, and only some way from where the last M step was."""
        return cls(MAX_INNER if before is None else MAX_INNER_WARM)


def equal(scatter: FloatArray, counts: FloatArray) -> FloatArray:
    """Give equal volumes and shapes: v_j = sum_k omega_kj / n; (K, ...) of any structure."""
    pooled = np.sum(scatter, axis=0) / np.sum(counts)
    return np.broadcast_to(pooled, scatter.shape)


def equal_volume(scatter: FloatArray, counts: FloatArray) -> FloatArray:
    """Give equal volumes and shapes of their own, (K, D).

    a_k = omega_k / g_k with g_k the geometric mean of omega_k, and lambda = sum_k g_k / n.
    """
    logs = np.mean(np.log(scatter), axis=1, keepdims=True)  # (k, 1), of the means
    # Volumes by each other before the scatter, which may be near the largest number that there is.
    ratios = np.sum(np.exp(logs.T - logs), axis=1, keepdims=True)  # (k, 1), of the summed volumes to its own
    return np.minimum(scatter * (ratios / np.sum(counts)), LARGEST)


def own(scatter: FloatArray, counts: FloatArray) -> FloatArray:
    """Give volumes and shapes of each component's own: v_kj = omega_kj / n_k, (K, D)."""
    return scatter / counts[:, None]


def equal_shape(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
    """Give equal shapes and volumes of each component's own, (K, D).

    Alternates lambda_k = mean_j(omega_kj / a_j) / n_k and a_j = sum_k (omega_kj / lambda_k) / n. In the logarithms of
    lambda and a the problem is convex, so there is one minimum, and each half step goes down to the lowest point along
    its coordinates.

    Parameters
    ----------
    scatter : ndarray of shape (n_components, n_features)
    counts : ndarray of shape (n_components,)
    before : ndarray of shape (n_components,) or None
        Volumes to begin at.
    """
    total = np.sum(counts)
    size = np.max(scatter, axis=0)  # features' own units: what follows must not leave the range of numbers
    scatter = scatter / size
    volumes = np.mean(scatter, axis=1) / counts if before is None else before / np.max(before)
    for _ in range(Patience.after(before).limit):
        shape = np.sum(scatter / volumes[:, None], axis=0) / total
        previous, volumes = volumes, np.mean(scatter / shape, axis=1) / counts
        if not np.max(np.abs(volumes / previous - 1.0)) > SETTLED:
            break
    return volumes[:, None] * shape * size


def volumes_of(variances: FloatArray) -> FloatArray:
    """Give the geometric means of variances (K, D): the volumes lambda_k, (K,)."""
    means: FloatArray = np.exp(np.mean(np.log(variances), axis=1))
    return means
