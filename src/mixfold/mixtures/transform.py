"""Linear maps of mixtures: a linear map of a Gaussian is Gaussian."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture


def transformed(
    mixture: Mixture, linear: FloatArray, origin: FloatArray, feature_names: Sequence[str] | None = None
) -> Mixture:
    """Give the mixture of ``y = linear (x - origin)`` (Bishop 2006, eq. 2.115).

    Parameters
    ----------
    mixture : Mixture
    linear : ndarray of shape (p, n_features)
        Of rank p.
    origin : ndarray of shape (n_features,)
    feature_names : sequence of str, optional
        Of the p results.

    Returns
    -------
    mixture : Mixture
        Of the full family.

    Raises
    ------
    CollapseError
        If `linear` has a smaller rank than p.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import transformed
    >>> sum_of_both = transformed(Mixture([1.0], [[1.0, 2.0]], [[1.0, 4.0]], "diag"), np.ones((1, 2)), np.zeros(2))
    >>> sum_of_both.means, sum_of_both.covariances
    (array([[3.]]), array([[[5.]]]))
    """
    means, covariances = transformed_moments(mixture, linear, origin)
    return type(mixture)(mixture.weights, means, covariances, "full", feature_names)


def transformed_moments(mixture: Mixture, linear: FloatArray, origin: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the means and covariances of ``y = linear (x - origin)``, which may be singular.

    Parameters
    ----------
    mixture : Mixture
    linear : ndarray of shape (n_outputs, n_features)
    origin : ndarray of shape (n_features,)

    Returns
    -------
    means : ndarray of shape (n_components, n_outputs)
    covariances : ndarray of shape (n_components, n_outputs, n_outputs)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import transformed_moments
    >>> transformed_moments(Mixture([1.0], [[1.0]], [4.0], "spherical"), np.ones((2, 1)), np.zeros(1))[1]
    array([[[4., 4.],
            [4., 4.]]])
    """
    covariances = linear @ mixture.component_covariances @ linear.T
    return (mixture.means - origin) @ linear.T, (covariances + np.swapaxes(covariances, 1, 2)) / 2.0
