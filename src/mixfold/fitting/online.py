"""Stepwise EM: parameters move after every batch of rows (Cappe & Moulines 2009), for streams and for a quick start.

The statistics of one row, averaged over the past, follow each batch by a step g_t that shrinks:

    s_t = (1 - g_t) s_(t-1) + g_t * mean statistics of batch t under the last parameters    (Cappe & Moulines, eq. 14)
    g_t = max((t + 1)^-exponent, 1 - forgetting)

An exponent in (0.5, 1] makes the sequence converge; a forgetting factor below one keeps the steps from vanishing, so
that a mixture that drifts is followed. Statistics are moved to the new centers first, so that nothing cancels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from mixfold.fold import Fold
from mixfold.mixtures import Mixture, divergences
from mixfold.models import Model
from mixfold.parameters import Parameters
from mixfold.statistics import SufficientStatistics
from mixfold.typing import IntArray


@dataclass(frozen=True, slots=True)
class Stream:
    """What a mixture remembers of the rows that have gone by.

    Attributes
    ----------
    statistics : SufficientStatistics
        Scaled to the rows that have been seen.
    n_batches : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import Stream
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> model = Penalized(family_for("diag"), Prior.from_ridge(1e-6))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[4.0], [4.0]]))
    >>> stream = Stream(fold.statistics(model.potentials(start), model.structure))
    >>> stream.followed_by(stream.statistics, exponent=0.6, forgetting=1.0).n_batches
    2
    """

    statistics: SufficientStatistics
    n_batches: int = 1

    @classmethod
    def of_fit(cls, statistics: SufficientStatistics) -> Stream:
        """Remember the rows of a whole fit, from the statistics around the means that it ended with.

        First moments are then what a further step would move the means by, next to nothing: they are kept to single
        precision, in which they take half the room in a file.
        """
        shift = statistics.shift
        with np.errstate(over="ignore", under="ignore"):
            single = shift.astype(np.float32)
        is_normal = np.isfinite(single) & (np.abs(single) >= np.finfo(np.float32).tiny)
        return cls(replace(statistics, shift=np.where(is_normal, single, shift)))

    @property
    def mean_log_likelihood(self) -> float:
        """Of the rows so far, each under the parameters of its time, in nats per unit of weight."""
        return self.statistics.log_likelihood / self.statistics.weight

    def followed_by(self, batch: SufficientStatistics, exponent: float, forgetting: float) -> Stream:
        """Take a step towards a batch, whose statistics are those under the last parameters."""
        step = max((self.n_batches + 1.0) ** -exponent, 1.0 - forgetting)
        before = self.statistics.around(batch.center)
        weight = before.weight + batch.weight
        mean = before.scaled((1.0 - step) * weight / before.weight) + batch.scaled(step * weight / batch.weight)
        seen = replace(mean, n_rows=before.n_rows + batch.n_rows, weight=weight)
        return Stream(seen, self.n_batches + 1)


def stepwise(
    batches: Iterable[Fold],
    start: Parameters,
    model: Model,
    *,
    exponent: float,
    forgetting: float,
) -> Parameters:
    """Walk over batches once, moving the parameters after each.

    Parameters
    ----------
    batches : iterable of Fold
    start : Parameters
    model : Model
    exponent, forgetting : float

    Returns
    -------
    parameters : Parameters

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import stepwise
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> model = Penalized(family_for("diag"), Prior.from_ridge(1e-6))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[4.0], [4.0]]))
    >>> stepwise([fold, fold], start, model, exponent=0.6, forgetting=1.0).means.round(1).ravel()
    array([1., 9.])
    """
    parameters, stream = start, None
    for fold in batches:
        batch = fold.statistics(model.potentials(parameters), model.structure)
        stream = Stream(batch) if stream is None else stream.followed_by(batch, exponent, forgetting)
        parameters = model.maximize(stream.statistics, parameters)
    return parameters


def matched(one: Mixture, other: Mixture) -> IntArray:
    """Give for each component of one mixture the component of another that it is closest to, each taken once.

    Closest by the symmetrized Kullback-Leibler divergence of the normal densities, its sum over all pairs being least.

    Parameters
    ----------
    one, other : Mixture
        Of as many components.

    Returns
    -------
    order : ndarray of int of shape (n_components,)

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.fitting import matched
    >>> one = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> other = Mixture([0.3, 0.7], [[9.2], [0.1]], [1.0, 1.0], "spherical")
    >>> matched(one, other)
    array([1, 0])
    """
    distance = divergences(one, other) + divergences(other, one).T
    return np.asarray(linear_sum_assignment(distance)[1], dtype=np.intp)


def merged(one: SufficientStatistics, other: SufficientStatistics, order: IntArray) -> SufficientStatistics:
    """Add the statistics of two shards, the components of the other in a given order.

    Parameters
    ----------
    one, other : SufficientStatistics
        Of the same structure and as many components.
    order : ndarray of int of shape (n_components,)
        As `matched` gives it.

    Returns
    -------
    statistics : SufficientStatistics
        Around the centers of `one`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import merged
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> model = Penalized(family_for("diag"), Prior.from_ridge(1e-6))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[4.0], [4.0]]))
    >>> sums = fold.statistics(model.potentials(start), model.structure)
    >>> merged(sums, sums, np.array([0, 1])).n_rows
    12
    """
    return one + other.take(order).around(one.center)
