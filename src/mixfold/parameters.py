"""The parameters that EM moves, and the potentials that are their density."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.errors import InputError, RoundedWeightsWarning
from mixfold.potentials import Potentials
from mixfold.structures import Structure
from mixfold.typing import FloatArray, IntArray

UNNOTICED, MOST_ROUNDED = 1e-6, 1e-3
"""What sums of weights may be off by without a word, and with a warning."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Weights, means and covariances of a mixture, as EM computes them; unchecked, float64.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray
        In the shape of the family.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.parameters import Parameters
    >>> parameters = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[1.0], [4.0]]))
    >>> parameters.potentials(family_for("diag")).whitener.ravel()
    array([1. , 0.5])
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """All that there is, as arrays under names, of which `Model.parameters_of` makes it again."""
        return {"weights": self.weights, "means": self.means, "covariances": self.covariances}

    @staticmethod
    def of_arrays(arrays: Mapping[str, FloatArray]) -> Parameters:
        """Give the parameters whose `arrays` these are, where they are no more than weights, means and covariances."""
        return Parameters(arrays["weights"], arrays["means"], arrays["covariances"])

    def reordered(self, order: IntArray, structure: Structure) -> Parameters:
        """Give the same mixture with its components in another order."""
        covariances = structure.take(self.covariances, order)
        return Parameters(self.weights[order], self.means[order], covariances)

    def potentials(self, family: CovarianceFamily) -> Potentials:
        """Give log weight_k + log N(x | mean_k, Sigma_k) as potentials.

        Raises
        ------
        CollapseError
            If a covariance is not positive definite.
        """
        k, d = self.means.shape
        whitener = family.whiten(self.covariances)
        with np.errstate(divide="ignore"):  # a component of weight zero scores minus infinity
            log_weights = np.log(self.weights)
        offset = log_weights - 0.5 * d * np.log(2.0 * np.pi) + family.half_log_precision(whitener, k, d)
        return Potentials(offset, self.means, whitener, family.structure, log_weights=log_weights)


def n_free_parameters(family: CovarianceFamily, n_components: int, n_features: int) -> int:
    """Count what is free in a mixture: K - 1 weights, K D means, and the covariances.

    Parameters
    ----------
    family : CovarianceFamily
    n_components, n_features : int

    Returns
    -------
    n_parameters : int

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> from mixfold.parameters import n_free_parameters
    >>> n_free_parameters(family_for("spherical"), n_components=3, n_features=2)
    11
    """
    covariances = family.n_parameters(n_components, n_features)
    return n_components - 1 + n_components * n_features + covariances


def n_own_parameters(family: CovarianceFamily, n_features: int) -> int:
    """Count what a component has for itself: its mean, and what of its covariance no other shares.

    Parameters
    ----------
    family : CovarianceFamily
    n_features : int

    Returns
    -------
    n_parameters : int

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> from mixfold.parameters import n_own_parameters
    >>> [n_own_parameters(family_for(name), n_features=4) for name in ("full", "VVE", "tied")]
    [14, 8, 4]
    """
    one, two = (n_free_parameters(family, k, n_features) for k in (1, 2))
    return two - one - 1


def normalized_weights(weights: FloatArray, name: str) -> FloatArray:
    """Give mixture weights that sum to one, or refuse what is no distribution.

    Weights that do to rounding come back as they are, so that a saved mixture loads equal. Those that somebody rounded
    to a few digits are divided by their sum.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
    name : str
        What the caller calls them, for the message.

    Returns
    -------
    weights : ndarray of shape (n_components,)

    Raises
    ------
    InputError
        If one is negative, or they do not sum to one by more than a thousandth.

    Warns
    -----
    RoundedWeightsWarning
        If they do not sum to one by more than a millionth.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.parameters import normalized_weights
    >>> normalized_weights(np.array([0.25, 0.75]), "`weights`")
    array([0.25, 0.75])
    """
    total = float(np.sum(weights))
    if np.any(weights < 0.0) or not abs(total - 1.0) <= MOST_ROUNDED:
        message = (
            f"`{name}` must be at least zero and sum to one, got values from {np.min(weights):g} to "
            f"{np.max(weights):g} with sum {total:g}. Divide them by their sum."
        )
        raise InputError(message)
    if abs(total - 1.0) > UNNOTICED:
        message = f"`{name}` should sum to one, but sum to {total:g}, as if they were rounded: divided by their sum."
        warnings.warn(message, RoundedWeightsWarning, stacklevel=2)
    return weights if abs(total - 1.0) <= len(weights) * np.finfo(np.float64).eps else weights / total
