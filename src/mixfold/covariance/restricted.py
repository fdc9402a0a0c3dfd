"""`Restricted`: a family inside another, which adds an M step of its own and inherits everything else.

`Full`, `Diag` and `Spherical` say how covariances are stored, whitened, inverted and counted as likely by a prior. What
a smaller family adds is which of them it admits, and that is its M step: the rest of the contract of a family follows.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from mixfold.covariance.abstract import CovarianceFamily, Equivariance
from mixfold.covariance.orientation import is_graded
from mixfold.covariance.triangular import ROUNDINGS
from mixfold.prior import Prior
from mixfold.structures import Scatter
from mixfold.typing import FloatArray, IntArray

SAME = 1e-6
"""Of deviations: what an inner iteration may leave of the way to the covariances that are nearest."""


class Restricted(CovarianceFamily):
    """A family whose covariances are some of those of another.

    A class says its `name`, which family it is inside of (`like`), whose `structure` it has, its `step`, and counts its
    parameters; and where that is not so of the other family, too, which linear maps leave it as it is
    (`equivariance`), and how many rows a component needs.

    Attributes
    ----------
    like : CovarianceFamily
        ``Full()``, ``Diag()`` or ``Spherical()``: the smallest of them that contains this family.

    Examples
    --------
    Covariances in which all features vary alike, and all correlations are zero: what 'spherical' is, stored by feature.

    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> from mixfold.covariance import Diag, Equivariance, Restricted
    >>> class Balls(Restricted):
    ...     name, like = "balls", Diag()
    ...     structure = like.structure
    ...     equivariance = Equivariance.SIMILARITY
    ...     def n_parameters(self, n_components, n_features):
    ...         return n_components
    ...     def step(self, scatter, counts, before):
    ...         return np.repeat(scatter.mean(axis=1, keepdims=True), scatter.shape[1], axis=1) / counts[:, None]
    >>> X = np.random.default_rng(0).normal(size=(300, 2)) + np.repeat([[0.0], [9.0]], 150, axis=0)
    >>> balls, spherical = (
    ...     GaussianMixture(2, covariance_type=family, random_state=0).fit(X) for family in (Balls(), "spherical")
    ... )
    >>> bool(np.allclose(balls.covariances_, spherical.covariances_[:, None], rtol=0.1))
    True
    """

    like: CovarianceFamily

    @abstractmethod
    def step(self, scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
        """Minimize ``sum_k [n_k log|Sigma_k| + tr(W_k Sigma_k^-1)]`` over the family.

        Parameters
        ----------
        scatter : ndarray
            W_k in the family's structure: matrices (K, D, D), diagonals (K, D), or means over the features (K,).
        counts : ndarray of shape (n_components,)
            n_k, positive.
        before : ndarray or None
            Covariances where an inner iteration begins.

        Returns
        -------
        covariances : ndarray
            In the shape of `scatter`. Where the scatter leaves them undefined they are singular or NaN: whoever
            whitens them refuses them.
        """

    @property
    def of_marginals(self) -> CovarianceFamily:
        """That of the containing family: what is restricted together may not be so apart."""
        return self.like.of_marginals

    @property
    def equivariance(self) -> Equivariance:
        """Those of the containing family."""
        return self.like.equivariance

    def rows_needed(self, n_features: int) -> int:
        """Count those of the containing family."""
        return self.like.rows_needed(n_features)

    def prior_share(self, whitener: FloatArray, prior: Prior, counts: FloatArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.prior_share(whitener, prior, counts)

    def maximize_sized(
        self, scatter: Scatter, counts: FloatArray, prior: Prior, before: FloatArray | None = None
    ) -> FloatArray:
        """Take the M step with the prior's rows and their scatter in every component.

        The prior is one term more in every n_k and W_k, so what maximizes with it is what maximizes without.
        """
        counts = np.maximum(counts + prior.count, np.finfo(np.float64).tiny)
        values = scatter.values
        if not self.structure.is_matrix:
            # Rounding can leave the scatter about the means a hair below zero where a feature is constant.
            values = np.maximum(values, 0.0)
        if not self.structure.has_shape:  # traces
            values = values / scatter.n_features
        values = values + prior.scale
        if self.structure.is_matrix and prior.is_density:
            # What is taken apart along axes, and put together again, is exact to rounding of its largest variance. That
            # may be more than the smallest, which the prior guarantees: nothing may become indefinite by it.
            diagonal = np.einsum("kii->ki", values)
            # An eigendecomposition may be wrong by that, but where it was made for units that are far apart.
            is_turned = self.equivariance not in {Equivariance.AFFINE, Equivariance.SCALES} and not is_graded(values)
            size = np.sum(diagonal, axis=1, keepdims=True) if is_turned else diagonal.shape[1] * diagonal
            diagonal += ROUNDINGS * diagonal.shape[1] * size
        with np.errstate(all="ignore"):  # a component without variance is for `whiten` to refuse
            if self.equivariance is not Equivariance.AFFINE:
                return np.array(self.step(values, counts, before))
            # In units of the features, or squares of one would lie beyond the numbers beside those of another.
            units = _units(values, counts)
            covariances = self.step(values / units / units[:, None], counts, _in_units(before, 1.0 / units))
            return np.asarray(_in_units(covariances, units))

    def nearest(self, covariances: FloatArray, n_features: int) -> FloatArray:
        """Give those whose components have the least divergence from components with these, Kullback & Leibler's.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.covariance import family_for
        >>> family_for("EEI").nearest(np.array([[1.0, 4.0], [3.0, 4.0]]), n_features=2)
        array([[2., 4.],
               [2., 4.]])
        """
        scatter = covariances if self.structure.has_shape else covariances * n_features
        ones = np.ones(len(covariances))
        nearest = self.maximize_sized(Scatter(scatter, n_features), ones, Prior.from_ridge(0.0), covariances)
        deviations = np.sqrt(self.variances(covariances, len(covariances), n_features))
        sizes = deviations[:, :, None] * deviations[:, None, :]
        moved = self.dense(nearest - covariances, len(covariances), n_features)
        return covariances if np.all(np.abs(moved) <= SAME * sizes) else nearest

    def scale(self, scatter: Scatter, weight: float, mean: FloatArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.scale(scatter, weight, mean)

    def whiten(self, covariances: FloatArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.whiten(covariances)

    def half_log_precision(self, whitener: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Give that of the containing family."""
        return self.like.half_log_precision(whitener, n_components, n_features)

    def largest_log_prior(self, prior: Prior, n_components: int, n_features: int) -> float:
        """Give that of the containing family."""
        return self.like.largest_log_prior(prior, n_components, n_features)

    def precisions(self, whitener: FloatArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.precisions(whitener)

    def from_precisions(self, precisions: FloatArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.from_precisions(precisions)

    def dense(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Give that of the containing family."""
        return self.like.dense(covariances, n_components, n_features)

    def marginal(self, covariances: FloatArray, features: IntArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.marginal(covariances, features)


def _units(scatter: FloatArray, counts: FloatArray) -> FloatArray:
    """Give the deviation of each feature within components to the next power of two: such units change no digit."""
    deviations = np.sqrt(np.einsum("kii->i", scatter / np.sum(counts)))
    return np.where(deviations > 0.0, np.exp2(np.round(np.log2(deviations))), 1.0)


def _in_units(covariances: FloatArray | None, units: FloatArray) -> FloatArray | None:
    return None if covariances is None else covariances * units * units[:, None]
