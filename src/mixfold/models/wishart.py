"""The norm of Wishart distributions."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from mixfold.typing import FloatArray


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
    gammas = np.sum(gammaln(0.5 * (degrees - np.arange(d).reshape(-1, *[1] * degrees.ndim))), axis=0)
    return np.asarray(-0.5 * degrees * (log_scale + d * np.log(2.0)) - 0.25 * d * (d - 1) * np.log(np.pi) - gammas)
