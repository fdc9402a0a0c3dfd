"""MAP adaptation: a mixture that knows much, and a few rows that it should also know.

Reynolds, Quatieri & Dunn (2000), Speaker verification using adapted Gaussian mixture models, Digital Signal Processing
10, 19-41. One fold of the rows under the mixture's own potentials, then an M step whose prior is the mixture itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from mixfold.engines import engine_for
from mixfold.errors import InputError
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.mixtures import Mixture
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.structures import SPHERICAL
from mixfold.validation import rows_of, weights_of

ADAPTABLE = ("weights", "means")


def adapt(
    mixture: Mixture,
    X: Any,
    *,
    relevance_factor: float = 16.0,
    parameters: Collection[str] = ("means",),
    sample_weight: npt.ArrayLike | None = None,
) -> Mixture:
    """Give the mixture moved towards some rows, each component as far as it has rows to tell of (Reynolds 2000).

    With n_k the responsibilities of component k summed over the rows (eq. 8), E_k their weighted mean (eq. 9) and r the
    relevance factor, a component trusts its rows by ``a_k = n_k / (n_k + r)`` (eq. 14):

        mean_k   <-  a_k E_k + (1 - a_k) mean_k                          (eq. 12)
        weight_k <-  [a_k n_k / n + (1 - a_k) weight_k] / sum of these   (eq. 11)

    The new means are the exact M step under a normal prior around the old ones with covariance ``Sigma_k / r``: the old
    mean counts as r rows.

    Parameters
    ----------
    mixture : Mixture
        Of any family; its covariances stay.
    X : array-like, data frame or tensor of shape (n_rows, n_features)
    relevance_factor : float, default=16.0
        Rows that the old parameters of a component count for; zero forgets them.
    parameters : collection of {'means', 'weights'}, default=('means',)
        What to adapt.
    sample_weight : array-like of shape (n_rows,), optional
        A row of weight 2 counts as two rows.

    Returns
    -------
    adapted : Mixture
        Components in the same order, so that component k of one is component k of the other.

    Raises
    ------
    InputError
        If the relevance factor is negative or not finite, or `parameters` names something else.
    ValueError
        If `X` or `sample_weight` cannot be used.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.fitting import adapt
    >>> background = Mixture([0.5, 0.5], [[0.0], [100.0]], [1.0, 1.0], "spherical")
    >>> adapt(background, [[2.0], [2.0]], relevance_factor=2.0).means
    array([[  1.],
           [100.]])
    """
    if not 0.0 <= relevance_factor < float("inf"):
        message = f"`relevance_factor` must be a finite number of at least zero, got {relevance_factor!r}."
        raise InputError(message)
    if not parameters or isinstance(parameters, str) or not set(parameters) <= set(ADAPTABLE):
        message = f"`parameters` must be a collection of some of {list(ADAPTABLE)}, got {parameters!r}."
        raise InputError(message)
    rows = rows_of(X, n_features=mixture.n_features)
    with LocalExecutor() as executor:
        fold = Fold(ArraySource(rows, Marks(weights_of(sample_weight, rows))), engine_for(rows), executor)
        # The family's covariances stay, so the smallest scatter will do.
        statistics = fold.statistics(mixture.potentials, SPHERICAL)
    count = statistics.count
    trusted = np.maximum(count + relevance_factor, np.finfo(np.float64).tiny)
    weights, means = mixture.weights, mixture.means
    if "means" in parameters:
        means = means + statistics.shift / trusted[:, None]  # a_k (E_k - mean_k), as shift = n_k (E_k - mean_k)
    if "weights" in parameters:
        share = count / trusted
        weights = share * count / statistics.weight + (1.0 - share) * weights
        weights = weights / np.sum(weights)
    return Mixture.from_parameters(
        Parameters(weights, means, mixture.covariances), mixture.family, mixture.feature_names
    )
