"""Each component has one variance, the same in every direction."""

from __future__ import annotations

from typing import final

import numpy as np

from mixfold.covariance.abstract import CovarianceFamily, Equivariance, positive_roots, positive_variances
from mixfold.prior import Prior
from mixfold.structures import SPHERICAL, Scatter
from mixfold.typing import FloatArray, IntArray


@final
class Spherical(CovarianceFamily):
    """Multiples of the identity, stored (K,).

    The statistics' scatter, and the prior's scale, are traces: sums over the D features.

    Examples
    --------
    >>> from mixfold.covariance import Spherical
    >>> family = Spherical()
    >>> family.shape(n_components=3, n_features=2), family.n_parameters(n_components=3, n_features=2)
    ((3,), 3)
    """

    has_plain_step = True
    letters = "VII"
    name = "spherical"
    structure = SPHERICAL

    @property
    def equivariance(self) -> Equivariance:
        """One unit for all."""
        return Equivariance.SIMILARITY

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """K."""
        del n_features
        return n_components

    def rows_needed(self, n_features: int) -> int:
        """Two."""
        del n_features
        return 2

    def maximize_sized(
        self, scatter: Scatter, counts: FloatArray, prior: Prior, before: FloatArray | None = None
    ) -> FloatArray:
        """Give the mean over features of what the diagonal family would."""
        del before
        rows = np.maximum(counts + prior.count, np.finfo(np.float64).tiny)
        traces, n_features = np.maximum(scatter.values, 0.0), scatter.n_features
        return (traces + n_features * prior.scale) / (n_features * rows)

    def scale(self, scatter: Scatter, weight: float, mean: FloatArray) -> FloatArray:
        """Give the mean variance, ()."""
        variance = scatter.values[0] / (weight * scatter.n_features)
        # A trace does not tell which features vary. It is rounding if it may be that of every feature: a constant one
        # of large values has none, and must not hide what is small beside it.
        smallest = np.min(np.abs(mean))
        if variance > (np.finfo(np.float64).eps * smallest) ** 2:
            return variance
        return positive_variances(np.zeros(1), np.sqrt(np.mean(mean[None] ** 2, axis=1)))[0]

    def whiten(self, covariances: FloatArray) -> FloatArray:
        """Give the inverse standard deviations."""
        return 1.0 / positive_roots(covariances, "variance")

    def half_log_precision(self, whitener: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Give D times the logarithm."""
        del n_components
        return n_features * np.log(whitener)

    def largest_log_prior(self, prior: Prior, n_components: int, n_features: int) -> float:
        """Give the value at variance scale / count."""
        mode = 1.0 + float(np.log(prior.scale / prior.count))
        return -0.5 * n_features * prior.count * n_components * mode

    def prior_share(self, whitener: FloatArray, prior: Prior, counts: FloatArray) -> FloatArray:
        """Give the ratio of what is added to the variance."""
        added = prior.scale / prior.beside(counts) + prior.spread(self.structure, prior.jitter.size)
        return added * whitener * whitener

    def precisions(self, whitener: FloatArray) -> FloatArray:
        """Square the whitener: infinite, in silence, where a variance is so small that its reciprocal is no number."""
        with np.errstate(over="ignore"):
            return np.square(whitener)

    def from_precisions(self, precisions: FloatArray) -> FloatArray:
        """Give the reciprocals."""
        return 1.0 / positive_roots(precisions, "precision") ** 2

    def dense(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Multiply identities."""
        del n_components
        return covariances[:, None, None] * np.eye(n_features)

    def marginal(self, covariances: FloatArray, features: IntArray) -> FloatArray:
        """Return them as they are."""
        del features
        return covariances
