"""Components together as one Gaussian: the one that keeps their mean and covariance."""

from __future__ import annotations

import numpy as np

from mixfold.typing import FloatArray


def merged_moments(shares: FloatArray, means: FloatArray, covariances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the mean and covariance of each of p groups of m Gaussians: what lies within them plus what lies between.

    Of all Gaussians the one with these moments is the nearest to the group in Kullback-Leibler divergence (Runnalls
    2007, section II).

    Parameters
    ----------
    shares : ndarray of shape (p, m)
        Rows sum to one.
    means : ndarray of shape (p, m, n_features)
    covariances : ndarray of shape (p, m, n_features, n_features), or (p, m, n_features) the diagonals

    Returns
    -------
    means : ndarray of shape (p, n_features)
    covariances : ndarray of shape (p, n_features, n_features) or (p, n_features)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.mixtures import merged_moments
    >>> merged_moments(np.array([[0.5, 0.5]]), np.array([[[-1.0], [1.0]]]), np.array([[[0.25], [0.75]]]))
    (array([[0.]]), array([[1.5]]))
    """
    together = _mixed(shares, means)
    offsets = means - together[:, None]  # (p, m, d)
    if covariances.ndim == 4:
        between = np.swapaxes(shares[:, :, None] * offsets, 1, 2) @ offsets
    else:
        between = _mixed(shares, offsets**2)
    return together, _mixed(shares, covariances) + between


def _mixed(shares: FloatArray, of_members: FloatArray) -> FloatArray:
    """Give the means (p, ...) over the members of groups (p, m, ...)."""
    p, m, *rest = of_members.shape
    mixed: FloatArray = (shares[:, None, :] @ of_members.reshape(p, m, -1))[:, 0].reshape(p, *rest)
    return mixed
