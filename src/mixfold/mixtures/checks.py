"""What callers pass as a mixture, checked once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mixfold.covariance import CovarianceFamily
from mixfold.errors import ShapeError
from mixfold.parameters import Parameters, normalized_weights
from mixfold.validation import array_of_shape


def checked_parameters(
    weights: npt.ArrayLike, means: npt.ArrayLike, covariances: npt.ArrayLike, family: CovarianceFamily
) -> Parameters:
    """Give the parameters that a caller passed, as float64 arrays whose shapes fit each other.

    Parameters
    ----------
    weights, means, covariances : array-like
    family : CovarianceFamily
        In whose shape the covariances are. Whether they are positive definite is seen when they are factorized.

    Returns
    -------
    parameters : Parameters

    Raises
    ------
    ShapeError
        If a shape is another.
    InputError
        If the weights are no distribution, or something is no finite number.

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> from mixfold.mixtures.checks import checked_parameters
    >>> checked_parameters([1], [[0, 0]], [4], family_for("spherical")).means
    array([[0., 0.]])
    """
    try:
        shape = np.shape(means)
    except ValueError as error:
        message = "`means` must have rows of equal length: shape (n_components, n_features)."
        raise ShapeError(message) from error
    if len(shape) != 2 or 0 in shape:
        message = f"`means` must have shape (n_components, n_features), both at least one, got {shape}."
        raise ShapeError(message)
    k, d = int(shape[0]), int(shape[1])
    expected = family.shape(k, d)
    return Parameters(
        normalized_weights(array_of_shape(weights, (k,), "weights", "(n_components,)"), "weights"),
        array_of_shape(means, (k, d), "means", "(n_components, n_features)"),
        array_of_shape(covariances, expected, "covariances", f"that of covariance_type={family.name!r}"),
    )
