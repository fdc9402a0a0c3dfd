"""The norm of Wishart distributions."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from mixfold.typing import FloatArray

LOG_2, LOG_PI = float(np.log(2.0)), float(np.log(np.pi))


def log_wishart_norm(log_scale: FloatArray, degrees: FloatArray, n_features: int) -> FloatArray:
    """Give log B(W, nu) from log|W| (Bishop 2006, eq. B.79).

    Parameters
    ----------
    log_scale, degrees : ndarray
        Of any shape.
    n_features : int

    Returns
    -------
    log_norm : ndarray
        Of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models.wishart import log_wishart_norm
    >>> log_wishart_norm(np.array(0.0), np.array(2.0), 1).round(4)  # an exponential distribution of rate 1/2
    np.float64(-0.6931)
    """
    d = n_features
    linear = -0.5 * degrees * (log_scale + d * LOG_2) - log_gammas(degrees, d)
    return np.asarray(linear)


def log_gammas(degrees: FloatArray | float, n_features: int) -> FloatArray:
    """Give the logarithm of the multivariate Gamma function at nu / 2, of the shape of the degrees of freedom nu."""
    each = gammaln(0.5 * (np.asarray(degrees)[..., None] - np.arange(n_features)))
    return np.asarray(each.sum(axis=-1) + 0.25 * n_features * (n_features - 1) * LOG_PI)
