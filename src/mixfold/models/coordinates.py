"""Coordinates without constraints of the parameters of a model, in which steps can be extrapolated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray


class Coordinates(Protocol):
    """Parameters to numbers, any of which are parameters again.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.models import Coordinates, Penalized
    >>> from mixfold.parameters import Parameters
    >>> parameters = Parameters(np.ones(1), np.array([[5.0]]), np.array([[4.0]]))
    >>> there: Coordinates = Penalized(family_for("diag"), Prior.from_rows(1.0, np.ones(1))).coordinates(parameters)
    >>> there.parameters(there.of(parameters)).means
    array([[5.]])
    """

    def of(self, parameters: Parameters) -> FloatArray:
        """Give the coordinates of parameters, (p,)."""
        ...

    def parameters(self, coordinates: FloatArray) -> Parameters:
        """Give the parameters at coordinates."""
        ...


@dataclass(frozen=True, slots=True, init=False)
class UnconstrainedCoordinates:
    """Coordinates without constraints, around a reference point.

    Weights are exp of the first K coordinates, divided by their sum; mean_k = m_k + G_k^-1 u_k; the whitener is H_k G_k
    with H_k lower-triangular and the logarithms of its diagonal as coordinates. At the reference all but the first K
    are zero, and no coordinate depends on the units of the data.

    Parameters
    ----------
    family : CovarianceFamily
    reference : Parameters

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.models import UnconstrainedCoordinates
    >>> from mixfold.parameters import Parameters
    >>> parameters = Parameters(np.ones(1), np.array([[5.0]]), np.array([[4.0]]))
    >>> UnconstrainedCoordinates(family_for("diag"), parameters).of(parameters)
    array([0., 0., 0.])
    """

    family: CovarianceFamily
    means: FloatArray
    whitener: FloatArray

    def __init__(self, family: CovarianceFamily, reference: Parameters) -> None:
        whitener = reference.potentials(family).whitener
        for name, value in {"family": family, "means": reference.means, "whitener": whitener}.items():
            object.__setattr__(self, name, value)

    def of(self, parameters: Parameters) -> FloatArray:
        """Give the coordinates of parameters, (p,)."""
        family, tiny = self.family, np.finfo(np.float64).tiny
        log_weights = np.log(np.maximum(parameters.weights, tiny))
        shift = family.structure.apply(self.whitener, parameters.means - self.means)
        whitener = parameters.potentials(family).whitener
        return np.concatenate([log_weights, shift.ravel(), family.structure.coordinates(whitener, self.whitener)])

    def parameters(self, coordinates: FloatArray) -> Parameters:
        """Give the parameters at coordinates."""
        (k, d), family = self.means.shape, self.family
        log_weights, shift, rest = np.split(coordinates, [k, k + k * d])
        weights = np.exp(log_weights - np.max(log_weights))
        means = self.means + family.structure.solve(self.whitener, shift.reshape(k, d))
        whitener = family.structure.from_coordinates(rest, self.whitener)
        covariances = family.from_precisions_cholesky(family.precisions_cholesky(whitener))
        return Parameters(weights / np.sum(weights), means, covariances)
