"""How far Gaussians are from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular

from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture


def divergences(one: Mixture, other: Mixture) -> FloatArray:
    """Give the Kullback-Leibler divergence from each component of a mixture to each of another.

    ``KL(p_k || q_l) = 1/2 [tr(S_l^-1 S_k) + (m_k - m_l)^T S_l^-1 (m_k - m_l) - D + log|S_l| - log|S_k|]`` (Hershey &
    Olsen 2007, eq. 3), of the densities alone: weights take no part.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.

    Returns
    -------
    divergences : ndarray of shape (n_components of one, n_components of other)
        In nats.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import divergences
    >>> one = Mixture([1.0], [[0.0]], [1.0], "spherical")
    >>> divergences(one, Mixture([0.5, 0.5], [[0.0], [2.0]], [1.0, 1.0], "spherical"))
    array([[0., 2.]])
    """
    d = one.n_features
    factors, others = (np.linalg.cholesky(mixture.component_covariances) for mixture in (one, other))
    halves, other_halves = (np.sum(np.log(np.einsum("kii->ki", each)), axis=1) for each in (factors, others))
    result = np.empty((one.n_components, other.n_components))
    for column, (factor, mean) in enumerate(zip(others, other.means, strict=True)):
        steps = one.means - mean  # (k, d)
        columns = np.concatenate([factors.transpose(1, 0, 2).reshape(d, -1), steps.T], axis=1)
        squares = np.sum(solve_triangular(factor, columns, lower=True) ** 2, axis=0)
        k = one.n_components
        result[:, column] = np.sum(squares[:-k].reshape(k, d), axis=1) + squares[-k:]
    return np.maximum(0.5 * (result - d) + other_halves - halves[:, None], 0.0)
