"""All components share one covariance matrix."""

from __future__ import annotations

from typing import final

import numpy as np

from mixfold.covariance.abstract import CovarianceFamily, Equivariance, cholesky, positive_definite
from mixfold.covariance.triangular import above_rounding, gram, inverse_of_lower, largest_log_prior, log_diagonal
from mixfold.prior import Prior
from mixfold.structures import POOLED, Scatter
from mixfold.typing import FloatArray, IntArray


@final
class Tied(CovarianceFamily):
    """One covariance for all components, stored (D, D).

    Examples
    --------
    >>> from mixfold.covariance import Tied
    >>> family = Tied()
    >>> family.shape(n_components=3, n_features=2), family.n_parameters(n_components=3, n_features=2)
    ((2, 2), 3)
    """

    has_plain_step = True
    letters = "EEE"
    name = "tied"
    structure = POOLED

    @property
    def equivariance(self) -> Equivariance:
        """Every invertible matrix."""
        return Equivariance.AFFINE

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """D (D + 1) / 2."""
        del n_components
        return n_features * (n_features + 1) // 2

    def rows_needed(self, n_features: int) -> int:
        """None of its own: the covariance is learned from all rows."""
        del n_features
        return 1

    def maximize_sized(
        self, scatter: Scatter, counts: FloatArray, prior: Prior, before: FloatArray | None = None
    ) -> FloatArray:
        """Give (sum_k W_k + K scale) / (sum_k n_k + K count)."""
        del before
        k = len(counts)
        rows = float(np.sum(counts)) + k * prior.count
        covariance = (scatter.values + k * prior.scale) / rows
        return above_rounding(covariance) if prior.is_density else covariance

    def scale(self, scatter: Scatter, weight: float, mean: FloatArray) -> FloatArray:
        """Give the ridged covariance, (D, D)."""
        return positive_definite(scatter.values / weight, mean)

    def whiten(self, covariances: FloatArray) -> FloatArray:
        """Invert the Cholesky factor."""
        return inverse_of_lower(cholesky(covariances, "covariance"))

    def half_log_precision(self, whitener: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Sum the logarithms of the diagonal, the same for every component."""
        del n_features
        return np.full(n_components, log_diagonal(whitener))

    def largest_log_prior(self, prior: Prior, n_components: int, n_features: int) -> float:
        """Give the value at Sigma = scale / count."""
        return largest_log_prior(prior, n_components, n_features)

    def prior_share(self, whitener: FloatArray, prior: Prior, counts: FloatArray) -> FloatArray:
        """Give zero: what the prior adds to the one covariance belongs to no component."""
        del whitener, prior
        return np.zeros(len(counts))

    def precisions(self, whitener: FloatArray) -> FloatArray:
        """Multiply the whitener with itself."""
        return gram(whitener)

    def from_precisions(self, precisions: FloatArray) -> FloatArray:
        """Invert through a Cholesky factor."""
        inverse = inverse_of_lower(cholesky(precisions, "precision"))
        return inverse.T @ inverse

    def dense(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Repeat the one matrix."""
        return np.broadcast_to(covariances, (n_components, n_features, n_features)).copy()

    def marginal(self, covariances: FloatArray, features: IntArray) -> FloatArray:
        """Take the rows and columns of the features."""
        return covariances[features][:, features]
