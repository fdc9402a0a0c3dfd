"""`Components`: the weighted normal densities that potentials are, in the terms in which observations are computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixfold.covariance.abstract import cholesky
from mixfold.covariance.triangular import inverse_of_lower
from mixfold.errors import InputError
from mixfold.potentials import Potentials
from mixfold.structures import FULL
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Components:
    """Weights, means and covariances of what rows are observations of.

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
        """Give the components of potentials of any structure.

        Raises
        ------
        InputError
            If they have heavy tails: a sum with noise, and a part of a row, has other ones.
        """
        if potentials.degrees is not None:
            refuse_other_than_normal(potentials)
        k, d = potentials.center.shape
        colors = np.stack([potentials.structure.colored(np.eye(d), potentials.whitener, one) for one in range(k)])
        covariances = np.swapaxes(colors, 1, 2) @ colors  # row i of `colors` is column i of G^-1
        log_determinants = np.linalg.slogdet(covariances)[1]
        log_weights = potentials.offset + 0.5 * (d * np.log(2.0 * np.pi) + log_determinants)
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
            log_sides=self.potentials.log_sides,
        )


def refuse_other_than_normal(potentials: Potentials) -> None:
    """Refuse potentials of heavy tails, or with a background of unknown sides: what they say of part of a row.

    Parameters
    ----------
    potentials : Potentials

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
    if potentials.degrees is not None or (potentials.has_background and potentials.log_sides is None):
        what = "degrees of freedom" if potentials.degrees is not None else "a background whose sides are not known"
        message = f"Rows that lack values, or have noise, need normal components, got {what}. Pass complete rows."
        raise InputError(message)
