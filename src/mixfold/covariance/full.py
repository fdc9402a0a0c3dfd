"""Each component has a covariance matrix of its own."""

from __future__ import annotations

from typing import final

import numpy as np

from mixfold.covariance.abstract import CovarianceFamily, Equivariance, cholesky, positive_definite
from mixfold.covariance.triangular import above_rounding, gram, inverse_of_lower, largest_log_prior, log_diagonal
from mixfold.prior import Prior
from mixfold.structures import FULL, Scatter
from mixfold.typing import FloatArray, IntArray


@final
class Full(CovarianceFamily):
    """Unrestricted covariances, stored (K, D, D).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Full
    >>> family = Full()
    >>> family.shape(n_components=3, n_features=2), family.n_parameters(n_components=3, n_features=2)
    ((3, 2, 2), 9)
    >>> whitener = family.whiten(np.array([[[4.0, 0.0], [0.0, 1.0]]]))
    >>> whitener[0].T @ whitener[0]  # the precision
    array([[0.25, 0.  ],
           [0.  , 1.  ]])
    """

    has_plain_step = True
    letters = "VVV"
    name = "full"
    structure = FULL

    @property
    def equivariance(self) -> Equivariance:
        """Every invertible matrix."""
        return Equivariance.AFFINE

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """K D (D + 1) / 2."""
        return n_components * n_features * (n_features + 1) // 2

    def rows_needed(self, n_features: int) -> int:
        """D + 1."""
        return n_features + 1

    def maximize_sized(
        self, scatter: Scatter, counts: FloatArray, prior: Prior, before: FloatArray | None = None
    ) -> FloatArray:
        """Give (W_k + scale) / (n_k + count); Bishop (2006), eq. 9.25, with the prior."""
        del before
        rows = np.maximum(counts + prior.count, np.finfo(np.float64).tiny)
        covariances = (scatter.values + prior.scale) / rows[:, None, None]
        return above_rounding(covariances) if prior.is_density else covariances

    def scale(self, scatter: Scatter, weight: float, mean: FloatArray) -> FloatArray:
        """Give the ridged covariance, (D, D)."""
        return positive_definite(scatter.values[0] / weight, mean)

    def whiten(self, covariances: FloatArray) -> FloatArray:
        """Invert the Cholesky factors."""
        return inverse_of_lower(cholesky(covariances, "covariance"))

    def half_log_precision(self, whitener: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Sum the logarithms of the diagonal."""
        del n_components, n_features
        return log_diagonal(whitener)

    def largest_log_prior(self, prior: Prior, n_components: int, n_features: int) -> float:
        """Give the value at Sigma = scale / count."""
        return largest_log_prior(prior, n_components, n_features)

    def prior_share(self, whitener: FloatArray, prior: Prior, counts: FloatArray) -> FloatArray:
        """Give the largest eigenvalues of G (scale / (n_k + count) + jitter) G^T."""
        added = np.broadcast_to(prior.scale, whitener.shape) / prior.beside(counts)[:, None, None]
        added = added + prior.spread(self.structure, whitener.shape[-1])
        eigenvalues = np.linalg.eigvalsh(whitener @ added @ np.swapaxes(whitener, -1, -2))
        return np.asarray(eigenvalues[:, -1], dtype=np.float64)

    def precisions(self, whitener: FloatArray) -> FloatArray:
        """Multiply the whitener with itself."""
        return gram(whitener)

    def from_precisions(self, precisions: FloatArray) -> FloatArray:
        """Invert through a Cholesky factor."""
        inverse = inverse_of_lower(cholesky(precisions, "precision"))
        return np.swapaxes(inverse, -1, -2) @ inverse

    def dense(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Return them as they are."""
        del n_components, n_features
        return covariances

    def marginal(self, covariances: FloatArray, features: IntArray) -> FloatArray:
        """Take the rows and columns of the features."""
        return covariances[:, features][:, :, features]
