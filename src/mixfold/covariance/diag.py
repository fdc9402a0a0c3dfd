"""Each component has a variance for each feature, and no correlations."""

from __future__ import annotations

from typing import final

import numpy as np

from mixfold.covariance.abstract import CovarianceFamily, Equivariance, positive_roots, positive_variances
from mixfold.prior import Prior
from mixfold.structures import DIAGONAL, Scatter
from mixfold.typing import FloatArray, IntArray


@final
class Diag(CovarianceFamily):
    """Diagonal covariances, stored (K, D).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Diag
    >>> family = Diag()
    >>> family.shape(n_components=3, n_features=2), family.n_parameters(n_components=3, n_features=2)
    ((3, 2), 6)
    >>> family.whiten(np.array([[4.0, 1.0]]))
    array([[0.5, 1. ]])
    """

    has_plain_step = True
    letters = "VVI"
    name = "diag"
    structure = DIAGONAL

    @property
    def equivariance(self) -> Equivariance:
        """Units of the features."""
        return Equivariance.SCALES

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """K D."""
        return n_components * n_features

    def rows_needed(self, n_features: int) -> int:
        """Two."""
        del n_features
        return 2

    def maximize_sized(
        self, scatter: Scatter, counts: FloatArray, prior: Prior, before: FloatArray | None = None
    ) -> FloatArray:
        """Give the diagonal of what the full family would."""
        del before
        rows = np.maximum(counts + prior.count, np.finfo(np.float64).tiny)
        # Rounding can leave the scatter about the means a hair below zero where a feature is constant.
        return (np.maximum(scatter.values, 0.0) + prior.scale) / rows[:, None]

    def scale(self, scatter: Scatter, weight: float, mean: FloatArray) -> FloatArray:
        """Give the variances, (D,)."""
        return positive_variances(scatter.values[0] / weight, mean)

    def whiten(self, covariances: FloatArray) -> FloatArray:
        """Give the inverse standard deviations."""
        return 1.0 / positive_roots(covariances, "variance")

    def half_log_precision(self, whitener: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Sum the logarithms."""
        del n_components, n_features
        return np.sum(np.log(whitener), axis=1)

    def largest_log_prior(self, prior: Prior, n_components: int, n_features: int) -> float:
        """Give the value at variances scale / count."""
        mode = n_features + float(np.sum(np.log(prior.scale / prior.count)))
        return -0.5 * prior.count * n_components * mode

    def prior_share(self, whitener: FloatArray, prior: Prior, counts: FloatArray) -> FloatArray:
        """Give the largest ratio of what is added to the variance."""
        added = prior.scale / prior.beside(counts)[:, None] + prior.spread(self.structure, whitener.shape[1])
        return np.max(added * whitener * whitener, axis=1)

    def precisions(self, whitener: FloatArray) -> FloatArray:
        """Square the whitener: infinite, in silence, where a variance is so small that its reciprocal is no number."""
        with np.errstate(over="ignore"):
            return np.square(whitener)

    def from_precisions(self, precisions: FloatArray) -> FloatArray:
        """Give the reciprocals."""
        return 1.0 / positive_roots(precisions, "precision") ** 2

    def dense(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Put the variances on diagonals."""
        del n_components
        return covariances[:, :, None] * np.eye(n_features)

    def marginal(self, covariances: FloatArray, features: IntArray) -> FloatArray:
        """Take the features' variances."""
        return covariances[:, features]
