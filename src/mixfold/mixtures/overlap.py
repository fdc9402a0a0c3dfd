"""How much Gaussians lie on each other: integrals of products of their densities, in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mixfold.errors import ShapeError
from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

PAIRS_AT_ONCE = 1 << 20
"""Numbers of the matrices that are factorized together: memory."""
SPLIT_STEPS = 50
"""Alternations by which splits of weights among pairs of components become tight; a bound holds after each."""


def log_overlaps(one: Mixture, other: Mixture, added_variance: float = 0.0) -> FloatArray:
    """Give ``log of the integral of p_k q_l``, for each component of a mixture and each of another.

    It is ``log N(m_k; m_l, S_k + S_l)`` (Hershey & Olsen 2007, section 4; Bishop 2006, eq. 2.115). Weights take no
    part.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.
    added_variance : float, default=0
        In each direction, which makes it the expectation of a Gaussian kernel in place of a product.

    Returns
    -------
    log_overlaps : ndarray of shape (n_components of one, n_components of other)

    Raises
    ------
    ShapeError
        If the numbers of features differ.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import log_overlaps
    >>> one = Mixture([1.0], [[0.0]], [0.5], "spherical")
    >>> np.exp(log_overlaps(one, one)) * np.sqrt(2.0 * np.pi)
    array([[1.]])
    """
    same_features(one, other)
    added = added_variance * np.eye(one.n_features)
    squares, log_determinants = _of_pairs(one, other, one.component_covariances + added, other.component_covariances)
    result: FloatArray = -0.5 * (one.n_features * np.log(2.0 * np.pi) + log_determinants + squares)
    return result


def log_affinities(one: Mixture, other: Mixture) -> FloatArray:
    """Give the log of the Bhattacharyya coefficient ``integral of sqrt(p_k q_l)`` of each component with each other.

    ``log|S_k|/4 + log|S_l|/4 - log|S|/2 - (m_k - m_l)^T S^-1 (m_k - m_l) / 8`` with S the mean of both (Kailath 1967,
    eq. 61). Weights take no part.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.

    Returns
    -------
    log_affinities : ndarray of shape (n_components of one, n_components of other)
        At most zero.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import log_affinities
    >>> one = Mixture([1.0], [[0.0]], [1.0], "spherical")
    >>> log_affinities(one, Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical"))
    array([[ 0., -2.]])
    """
    same_features(one, other)
    halves = [each.component_covariances / 2.0 for each in (one, other)]
    squares, log_determinants = _of_pairs(one, other, *halves)
    own = [0.25 * np.linalg.slogdet(each.component_covariances)[1] for each in (one, other)]
    result: FloatArray = own[0][:, None] + own[1] - 0.5 * log_determinants - 0.125 * squares
    return np.minimum(result, 0.0)


def same_features(one: Mixture, other: Mixture) -> None:
    """Refuse mixtures of different numbers of features.

    Parameters
    ----------
    one, other : Mixture

    Raises
    ------
    ShapeError
        If they are not of as many features.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures.overlap import same_features
    >>> same_features(Mixture([1.0], [[0.0]], [1.0], "spherical"), Mixture([1.0], [[2.0]], [3.0], "spherical"))
    """
    if one.n_features != other.n_features:
        message = f"Both mixtures must have as many features, got {one.n_features} and {other.n_features}."
        raise ShapeError(message)


def _of_pairs(
    one: Mixture, other: Mixture, covariances: FloatArray, others: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give the squared distance of each pair under the sum of both covariances, and that sum's log-determinant."""
    k, m, d = one.n_components, other.n_components, one.n_features
    squares, log_determinants = np.empty((k, m)), np.empty((k, m))
    step = max(1, PAIRS_AT_ONCE // (m * d * d))
    for first in range(0, k, step):
        span = slice(first, first + step)
        factors = np.linalg.cholesky(covariances[span, None] + others)  # (step, m, d, d)
        steps = one.means[span, None] - other.means
        squares[span] = np.sum(np.linalg.solve(factors, steps[..., None])[..., 0] ** 2, axis=-1)
        log_determinants[span] = 2.0 * np.sum(np.log(np.einsum("...ii->...i", factors)), axis=-1)
    return squares, log_determinants
