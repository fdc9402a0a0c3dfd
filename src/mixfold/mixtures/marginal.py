"""Some of the features of a mixture, the others integrated out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mixfold.validation import feature_indices

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture


def marginal(mixture: Mixture, features: Sequence[int | str]) -> Mixture:
    """Give the mixture of some of the features (Bishop 2006, eq. 2.98); see `Mixture.marginal`.

    Parameters
    ----------
    mixture : Mixture
    features : sequence of int or str
        Indices or names, in the order wanted.

    Returns
    -------
    mixture : Mixture

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures.marginal import marginal
    >>> marginal(Mixture([1.0], [[0.0, 5.0]], [[1.0, 2.0]], "diag"), [1]).means
    array([[5.]])
    """
    at = np.asarray(feature_indices(features, mixture.feature_names, mixture.n_features))
    family = mixture.family
    covariances = family.marginal(mixture.covariances, at)
    names = None if mixture.feature_names is None else [mixture.feature_names[index] for index in at]
    return type(mixture)(mixture.weights, mixture.means[:, at], covariances, family.of_marginals, names)
