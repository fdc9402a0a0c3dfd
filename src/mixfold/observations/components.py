"""`Components`: the weighted normal densities that potentials are, in the terms in which observations are computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import gammaln

from mixfold.covariance.abstract import cholesky
from mixfold.covariance.triangular import inverse_of_lower
from mixfold.errors import InputError
from mixfold.potentials import Potentials
from mixfold.structures import FULL
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Components:
    """Weights, means and covariances of what rows are observations of.

    Heavy tails have scale matrices for covariances: part of such a row, and a linear map of it, has the same degrees of
    freedom (Kotz & Nadarajah 2004, section 1.10).

    Attributes
    ----------
    log_weights : ndarray of shape (n_components,)
        Of any sum: what a prior takes off the score of a component is in them.
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)
    potentials : Potentials
        The same, as complete rows are scored.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.observations import Components
    >>> from mixfold.parameters import Parameters
    >>> parameters = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[1.0], [4.0]]))
    >>> components = Components.of(parameters.potentials(family_for("diag")))
    >>> np.exp(components.log_weights).round(12), components.covariances.ravel()
    (array([0.5, 0.5]), array([1., 4.]))
    """

    log_weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    potentials: Potentials

    @classmethod
    def of(cls, potentials: Potentials) -> Self:
        """Give the components of potentials of any structure."""
        k, d = potentials.center.shape
        colors = np.stack([potentials.structure.colored(np.eye(d), potentials.whitener, one) for one in range(k)])
        covariances = np.swapaxes(colors, 1, 2) @ colors  # row i of `colors` is column i of G^-1
        log_determinants = np.linalg.slogdet(covariances)[1]
        log_weights = potentials.offset + 0.5 * log_determinants - log_norm(potentials.degrees, d)
        return cls(log_weights, potentials.center, covariances, potentials)

    @property
    def normal(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Log weights, means and covariances."""
        return self.log_weights, self.means, self.covariances

    @property
    def dense(self) -> Potentials:
        """The potentials with whole matrices."""
        whitener = inverse_of_lower(cholesky(self.covariances, "covariance of an observation"))
        return Potentials(
            self.potentials.offset,
            self.means,
            whitener,
            FULL,
            self.potentials.background,
            self.potentials.degrees,
            self.potentials.log_sides,
        )


def log_norm(degrees: FloatArray | None, n_seen: int) -> FloatArray | float:
    """Give the logarithm of the density, at its mean, of a component whose covariance is one: of heavy tails, (K,).

    Parameters
    ----------
    degrees : ndarray of shape (n_components,) or None
    n_seen : int
        Values of a row.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations.components import log_norm
    >>> round(np.exp(log_norm(None, 1)), 4), np.exp(log_norm(np.array([1.0]), 1)).round(4)  # normal, Cauchy
    (np.float64(0.3989), array([0.3183]))
    """
    if degrees is None:
        return -0.5 * n_seen * np.log(2.0 * np.pi)
    return np.asarray(
        gammaln(0.5 * (degrees + n_seen)) - gammaln(0.5 * degrees) - 0.5 * n_seen * np.log(degrees * np.pi)
    )


def refuse_other_than_normal(potentials: Potentials, *, has_noise: bool = False) -> None:
    """Refuse a background of unknown sides, and heavy tails with noise: what they say of a row is not known.

    Parameters
    ----------
    potentials : Potentials
    has_noise : bool
        A sum of heavy tails and noise has the density of neither.

    Raises
    ------
    InputError
        If it is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations.components import refuse_other_than_normal
    >>> from mixfold.potentials import Potentials
    >>> refuse_other_than_normal(Potentials.nearest(np.zeros((2, 1))))
    """
    if has_noise and potentials.degrees is not None:
        message = "Rows that have noise need normal components, got degrees of freedom. Fit a `GaussianMixture`."
        raise InputError(message)
    if potentials.has_background and potentials.log_sides is None:
        message = "Rows that lack values need a background whose sides are known, got another. Pass complete rows."
        raise InputError(message)
