"""Products of mixtures: Bayes' rule, powers, and sums of what is independent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from mixfold.errors import CollapseError, InputError
from mixfold.mixtures.overlap import log_overlaps, same_features
from mixfold.typing import FloatArray
from mixfold.validation import array_of_shape

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture


def product(one: Mixture, other: Mixture) -> tuple[Mixture, float]:
    """Give the product of two densities, which is a mixture but for a constant.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.

    Returns
    -------
    mixture : Mixture
        ``p q`` over its integral, of the full family, with a component for each pair that has weight.
    log_integral : float
        The log of the integral of ``p q``.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import product
    >>> one, other = (Mixture([1.0], [[at]], [1.0], "spherical") for at in (0.0, 2.0))
    >>> together, log_integral = product(one, other)
    >>> together.means, together.covariances
    (array([[1.]]), array([[[0.5]]]))
    """
    same_features(one, other)
    spread, others = one.component_covariances[:, None], other.component_covariances
    # A product is a measurement of x by x + e, where e has the other's covariance.
    gains = _gains(spread, spread + others)
    means = one.means[:, None] + (gains @ (other.means - one.means[:, None])[..., None])[..., 0]
    remaining = _after(spread, gains, np.eye(one.n_features), others)
    with np.errstate(divide="ignore"):
        logs = np.log(one.weights)[:, None] + np.log(other.weights) + log_overlaps(one, other)
    return _normalized(one, logs.ravel(), means.reshape(-1, one.n_features), remaining)


def power(mixture: Mixture, exponent: int) -> tuple[Mixture, float]:
    """Give a whole power of a density, which is a mixture but for a constant.

    Parameters
    ----------
    mixture : Mixture
    exponent : int
        At least 1. There are up to ``n_components ** exponent`` components.

    Returns
    -------
    mixture : Mixture
        ``p^exponent`` over its integral.
    log_integral : float

    Raises
    ------
    InputError
        If `exponent` is no whole number of at least 1.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import power
    >>> power(Mixture([1.0], [[3.0]], [1.0], "spherical"), 4)[0].covariances
    array([[[0.25]]])
    """
    if exponent < 1 or exponent % 1:
        message = f"`exponent` must be a whole number of at least 1, got {exponent!r}."
        raise InputError(message)
    result, total = mixture, 0.0
    for _ in range(int(exponent) - 1):
        result, log_integral = product(result, mixture)
        total += log_integral
    return result, total


def posterior(
    mixture: Mixture, observed: npt.ArrayLike, matrix: npt.ArrayLike, noise: npt.ArrayLike
) -> tuple[Mixture, float]:
    """Give what is known of x, of which a mixture is the prior, after ``y = matrix x + e`` was observed.

    Parameters
    ----------
    mixture : Mixture
        The prior of x.
    observed : array-like of shape (n_outputs,)
        y.
    matrix : array-like of shape (n_outputs, n_features)
    noise : array-like of shape (n_outputs, n_outputs)
        The covariance of e, which has mean zero.

    Returns
    -------
    mixture : Mixture
        Of x given y, of the full family (Bishop 2006, eq. 2.116, for each component).
    log_evidence : float
        The log density of y (eq. 2.115).

    Raises
    ------
    CollapseError
        If `noise` is not positive definite where `matrix` tells nothing.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import posterior
    >>> prior = Mixture([0.5, 0.5], [[0.0, 0.0], [8.0, 1.0]], [1.0, 1.0], "spherical")
    >>> after, _ = posterior(prior, [6.0], [[1.0, 0.0]], [[1.0]])
    >>> after.means
    array([[3., 0.],
           [7., 1.]])
    >>> after.weights.round(2)
    array([0., 1.])
    """
    y = np.asarray(observed, dtype=float)
    y = array_of_shape(y, (y.size,), "observed", "(n_outputs,)")
    linear = array_of_shape(matrix, (y.size, mixture.n_features), "matrix", "(n_outputs, n_features)")
    errors = array_of_shape(noise, (y.size, y.size), "noise", "(n_outputs, n_outputs)")
    spread = mixture.component_covariances
    predicted = linear @ spread @ linear.T + errors
    try:
        factors = np.linalg.cholesky(predicted)
    except np.linalg.LinAlgError as error:
        message = (
            "The covariance of what is observed must be positive definite, but `matrix` and `noise` leave a direction "
            "without variance. Add noise to it."
        )
        raise CollapseError(message) from error
    gains = _gains(spread @ linear.T, predicted)
    steps = y - mixture.means @ linear.T
    means = mixture.means + (gains @ steps[..., None])[..., 0]
    squares = np.sum(np.linalg.solve(factors, steps[..., None])[..., 0] ** 2, axis=-1)
    halves = np.sum(np.log(np.einsum("...ii->...i", factors)), axis=-1)
    with np.errstate(divide="ignore"):
        logs = np.log(mixture.weights) - 0.5 * squares - halves - 0.5 * y.size * np.log(2.0 * np.pi)
    return _normalized(mixture, logs, means, _after(spread, gains, linear, errors))


def convolved(one: Mixture, other: Mixture) -> Mixture:
    """Give the mixture of the sum of two independent rows, whose density is the convolution of both.

    Parameters
    ----------
    one, other : Mixture
        Of as many features. Of a difference, the second one ``transformed`` by minus the identity.

    Returns
    -------
    mixture : Mixture
        Of the full family, with a component for each pair.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import convolved
    >>> one = Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical")
    >>> convolved(one, Mixture([1.0], [[1.0]], [2.0], "spherical")).means.ravel()
    array([1., 5.])
    """
    same_features(one, other)
    d = one.n_features
    weights = np.outer(one.weights, other.weights).ravel()
    means = (one.means[:, None] + other.means).reshape(-1, d)
    covariances = (one.component_covariances[:, None] + other.component_covariances).reshape(-1, d, d)
    return type(one)(weights / np.sum(weights), means, covariances, "full", one.feature_names)


def _gains(cross: FloatArray, predicted: FloatArray) -> FloatArray:
    """Give ``cross predicted^-1``: how far a prediction goes with what is measured (Kalman 1960)."""
    return np.swapaxes(np.linalg.solve(predicted, np.swapaxes(cross, -1, -2)), -1, -2)


def _after(spread: FloatArray, gains: FloatArray, linear: FloatArray, noise: FloatArray) -> FloatArray:
    """Give the covariances that remain, as a sum of squares, which rounding leaves positive (Bucy & Joseph 1968)."""
    d = spread.shape[-1]
    kept = np.eye(d) - gains @ linear
    remaining = kept @ spread @ np.swapaxes(kept, -1, -2) + gains @ noise @ np.swapaxes(gains, -1, -2)
    return ((remaining + np.swapaxes(remaining, -1, -2)) / 2.0).reshape(-1, d, d)


def _normalized(like: Mixture, logs: FloatArray, means: FloatArray, covariances: FloatArray) -> tuple[Mixture, float]:
    total = float(logsumexp(logs))
    weights = np.exp(logs - total)
    met = weights > 0.0
    mixture = type(like)(weights[met] / np.sum(weights[met]), means[met], covariances[met], "full", like.feature_names)
    return mixture, total
