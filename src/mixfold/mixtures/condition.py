"""What is known of some features of a mixture once others are: a linear regression for each component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import logsumexp

from mixfold.errors import InputError
from mixfold.typing import FloatArray
from mixfold.validation import array_of_shape, feature_indices

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture


def conditional(mixture: Mixture, given: Mapping[int | str, float]) -> Mixture:
    """Give the mixture of the remaining features when some are known; see `Mixture.conditional`.

    Parameters
    ----------
    mixture : Mixture
    given : mapping of feature (index or name) to its value

    Returns
    -------
    mixture : Mixture
        Of the full family, over the features not given, in their order.

    Raises
    ------
    InputError
        If a feature is unknown, a value is not finite, or no feature is left.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures.condition import conditional
    >>> joint = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
    >>> conditional(joint, {0: 2.0}).means
    array([[1.]])
    """
    known = feature_indices(list(given), mixture.feature_names, mixture.n_features)
    values = array_of_shape(list(given.values()), (len(known),), "given", "(number of given features,)")
    if len(known) == mixture.n_features:
        message = f"`given` must leave at least one of the {mixture.n_features} features free, got all of them."
        raise InputError(message)
    return Regressions.of(mixture, known).at(values)


@dataclass(frozen=True, slots=True)
class Regressions:
    """What every component of a mixture says of its free features given the known ones (Bishop 2006, section 2.3.1).

    Attributes
    ----------
    known : Mixture
        Of the d known features alone; its responsibilities mix the regressions.
    means : ndarray of shape (n_components, t)
        Of the t free features.
    gains : ndarray of shape (n_components, d, t)
        ``Sigma_xx^-1 Sigma_xy`` (eq. 2.81 transposed).
    covariances : ndarray of shape (n_components, t, t)
        Of the free features given the known ones (eq. 2.82).
    feature_names : tuple of str or None
        Of the free features.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import Regressions
    >>> joint = Mixture([0.5, 0.5], [[0.0, 0.0], [9.0, 1.0]], [[[1.0, 0.5], [0.5, 1.0]]] * 2)
    >>> regressions = Regressions.of(joint, [0])
    >>> regressions.expected(np.array([[2.0]])).round(2)
    array([[[ 1. ],
            [-2.5]]])
    >>> regressions.at(np.array([2.0])).mean.round(2)
    array([1.])
    """

    known: Mixture
    means: FloatArray
    gains: FloatArray
    covariances: FloatArray
    feature_names: tuple[str, ...] | None

    @classmethod
    def of(cls, mixture: Mixture, known: Sequence[int], least_variance: float = 0.0) -> Regressions:
        """Regress the other features, in their order, on those at some indices.

        Along directions in which the known features, standardized, have at most `least_variance`, they tell nothing:
        where they are collinear but for a prior, covariances are rounding errors, and their ratio would be noise.
        """
        free = [index for index in range(mixture.n_features) if index not in set(known)]
        gains, covariances = [], []
        for covariance in mixture.component_covariances:
            xx, xy = covariance[np.ix_(known, known)], covariance[np.ix_(known, free)]
            gain = _gain(xx, xy, least_variance)
            rest = covariance[np.ix_(free, free)] - xy.T @ gain
            gains.append(gain)
            covariances.append((rest + rest.T) / 2.0)
        names = None if mixture.feature_names is None else tuple(mixture.feature_names[index] for index in free)
        return cls(mixture.marginal(known), mixture.means[:, free], np.array(gains), np.array(covariances), names)

    def expected(self, rows: FloatArray) -> FloatArray:
        """Give what every component expects beside every row of known features (n, d): (n, n_components, t)."""
        centered = rows[:, None, :] - self.known.means  # (n, k, d)
        return self.means + np.einsum("nkd,kdt->nkt", centered, self.gains)

    def at(self, values: FloatArray) -> Mixture:
        """Give the mixture of the free features, where the known ones are `values` (d,)."""
        row = values[None, :]
        means, weights = self.expected(row)[0], self.known.responsibilities(row)[0]
        return type(self.known)(weights, means, self.covariances, "full", self.feature_names)

    def log_density(self, shares: FloatArray, expected: FloatArray, values: FloatArray) -> FloatArray:
        """Give the log density of values (n, t) of the free features, (n,).

        Parameters
        ----------
        shares : ndarray of shape (n, n_components)
            The responsibilities that the known features have.
        expected : ndarray of shape (n, n_components, t)
        values : ndarray of shape (n, t)
        """
        with np.errstate(divide="ignore"):
            scores = np.log(shares)  # (n, k)
        for component, covariance in enumerate(self.covariances):
            factor = np.linalg.cholesky(covariance)
            whitened = solve_triangular(factor, (values - expected[:, component]).T, lower=True)
            scores[:, component] -= 0.5 * np.sum(whitened**2, axis=0) + np.sum(np.log(np.diag(factor)))
        return np.asarray(logsumexp(scores, axis=1) - 0.5 * values.shape[1] * np.log(2.0 * np.pi))


def pull_and_precision(covariance: FloatArray, deltas: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give what each feature says of itself given all others: ``Omega delta`` and the diagonal of ``Omega``.

    A feature at ``x = mu + delta`` is expected at ``x_j - (Omega delta)_j / Omega_jj`` by the others, with variance
    ``1 / Omega_jj`` (Bishop 2006, eqs. 2.73 and 2.75).

    Parameters
    ----------
    covariance : ndarray of shape (n_features, n_features)
        The inverse of Omega.
    deltas : ndarray of shape (n_rows, n_features)

    Returns
    -------
    pulls : ndarray of shape (n_rows, n_features)
    precisions : ndarray of shape (n_features,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.mixtures import pull_and_precision
    >>> pull_and_precision(np.diag([2.0, 4.0]), np.array([[2.0, 2.0]]))
    (array([[1. , 0.5]]), array([0.5 , 0.25]))
    """
    factor = cho_factor(covariance, lower=True)
    return cho_solve(factor, deltas.T).T, np.diagonal(cho_solve(factor, np.eye(len(covariance))))


def _gain(xx: FloatArray, xy: FloatArray, least_variance: float) -> FloatArray:
    """Give ``Sigma_xx^-1 Sigma_xy``, but zero along directions of too little variance."""
    if not least_variance:
        gain: FloatArray = cho_solve(cho_factor(xx, lower=True), xy)
        return gain
    scale = np.sqrt(np.diag(xx))
    variances, directions = np.linalg.eigh(xx / np.outer(scale, scale))
    kept = directions[:, variances > least_variance]
    inverse = (kept / variances[variances > least_variance]) @ kept.T
    return inverse @ (xy / scale[:, None]) / scale[:, None]
