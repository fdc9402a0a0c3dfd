"""The pilots of a prior in one call of the kernels: clusters, EM from each of them, and what tells components apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixfold.engines import kernels
from mixfold.engines.em_loop import StoppingRule
from mixfold.engines.kernels import numbers_of, same_type
from mixfold.prior import Prior
from mixfold.structures import POOLED
from mixfold.typing import FloatArray, IntArray

NOTHING, ALIKE, APART = 0, 1, 2
"""What is told: no component, or those of equal covariance, or how far the rows of each are from that as well."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """A start of pilots: rows belong to the nearest center of k-means.

    Attributes
    ----------
    space : ndarray of shape (n, n_features_of_it)
        In which distance is measured.
    lloyd_steps : int
        At most; none leaves the centers where k-means++ has them.
    tolerance : float
        Share of the inertia by which an iteration must lower it for another one to follow.
    uniforms : ndarray of shape (kmeans_draws(K),)
        In [0, 1).
    fewest : int
        Rows of each component without which the end of this start is no answer.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.pilot_fits import Clusters
    >>> Clusters(np.zeros((9, 2)), lloyd_steps=10, tolerance=1e-5, uniforms=np.array([0.5])).fewest
    0
    """

    space: FloatArray
    lloyd_steps: int
    tolerance: float
    uniforms: FloatArray
    fewest: int = 0


@dataclass(frozen=True, slots=True)
class PilotRules:
    """How long pilots climb.

    Attributes
    ----------
    n_first : int
        Starts that are made before the others, which follow where not all of these come to the same height.
    apart : float
        Nats a row by which their ends may differ then.
    n_steps : int
        EM steps from each start, at most.
    n_polishing : int
        And from the best of their ends.
    stopping : StoppingRule
        At every look a start is left that is predicted to gain less than `gain`, or would not come up to the best of
        them though it gained `optimism` times as much as is predicted.

    Examples
    --------
    >>> from mixfold.engines import StoppingRule
    >>> from mixfold.engines.pilot_fits import PilotRules
    >>> PilotRules(3, 1e-4, 50, 0, StoppingRule(10, 1e-6, optimism=3.0)).n_steps
    50
    """

    n_first: int
    apart: float
    n_steps: int
    n_polishing: int
    stopping: StoppingRule


@dataclass(frozen=True, slots=True)
class FreePrior:
    """The prior of components whose covariances are free, after those of equal covariance S.

    Attributes
    ----------
    scale, count, likeness : float
        Of a `Prior` whose scale is `scale` times S.
    standard_errors : float
        By how many their likelihood must be ahead to be told from that of equal ones (Vuong 1989, section 5).
    n_steps : int
        EM steps, at most.

    Examples
    --------
    >>> from mixfold.engines.pilot_fits import FreePrior
    >>> FreePrior(0.1, 1.0, 3.0, standard_errors=3.0, n_steps=50).count
    1.0
    """

    scale: float
    count: float
    likeness: float
    standard_errors: float
    n_steps: int


@dataclass(frozen=True, slots=True)
class PilotFit:
    """What `pilot_fit` finds.

    Attributes
    ----------
    weights, means, covariance : ndarray of shape (K,), (K, D), (D, D)
        Of components of equal covariance.
    labels : ndarray of int of shape (n,)
    counts, scatters : ndarray of shape (K,), (K, D, D), or None
        Of the rows of each component about their mean, with their jitter; None where they are not asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.pilot_fits import PilotFit
    >>> PilotFit(np.ones(1), np.zeros((1, 2)), np.eye(2), np.zeros(9, np.int64), None, None).counts is None
    True
    """

    weights: FloatArray
    means: FloatArray
    covariance: FloatArray
    labels: IntArray
    counts: FloatArray | None
    scatters: FloatArray | None


def pilot_fit(
    rows: FloatArray,
    weights: FloatArray | None,
    starts: Sequence[Clusters],
    n_components: int,
    prior: Prior,
    free: FreePrior | None,
    rules: PilotRules,
) -> PilotFit | None:
    """Fit components of equal covariance from several starts, and tell how far the rows of each are from that.

    The same as `mixfold.fitting.pilots` does step by step, to rounding. Only where the kernels are built.

    Parameters
    ----------
    rows : ndarray of shape (n, D)
    weights : ndarray of shape (n,) or None
        None stands for ones.
    starts : sequence of Clusters
    n_components : int
    prior : Prior
        Of the equal covariance, a matrix.
    free : FreePrior or None
        With which free covariances are looked for; None where they are not.
    rules : PilotRules

    Returns
    -------
    fit : PilotFit or None
        None where no start has a density.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import StoppingRule
    >>> from mixfold.engines.kernels import NATIVE_AVAILABLE
    >>> from mixfold.engines.pilot_fits import Clusters, PilotRules, pilot_fit
    >>> from mixfold.engines.small_fits import kmeans_draws
    >>> from mixfold.prior import Prior
    >>> rows = np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]])
    >>> start = Clusters(rows, 10, 1e-5, np.full(kmeans_draws(2), 0.5))
    >>> prior, rules = Prior.from_rows(0.01, np.eye(1)), PilotRules(1, 0.0, 50, 0, StoppingRule(10, 1e-6, optimism=3.0))
    >>> if NATIVE_AVAILABLE:
    ...     fit = pilot_fit(rows, np.ones(6), [start], 2, prior, None, rules)
    ...     assert sorted(fit.means.ravel().round(2)) == [1.0, 9.0]
    """
    (n, d), k = rows.shape, n_components
    spaces = {id(rows): rows} | {id(start.space): start.space for start in starts}
    place = {name: at for at, name in enumerate(spaces)}
    plan = [[place[id(start.space)], start.lloyd_steps, start.fewest] for start in starts]
    mixture_weights, means, covariance, labels = np.empty(k), np.empty((k, d)), np.empty((d, d)), np.empty(n, np.int64)
    counts, scatters = np.empty(k), np.empty((k, d, d))
    told = kernels.compiled.pilot(
        tuple(spaces.values()),
        same_type(weights, rows),
        np.array(plan, np.int64),
        np.array([start.uniforms for start in starts]),
        np.array([start.tolerance for start in starts]),
        *numbers_of(prior, POOLED, d)[:3],
        rules.n_first,
        rules.apart,
        rules.n_steps,
        rules.n_polishing,
        rules.stopping.interval,
        rules.stopping.gain,
        rules.stopping.optimism,
        rules.stopping.resolution,
        free is not None,
        *((free.scale, free.count, free.likeness, free.standard_errors) if free else (0.0, 0.0, 0.0, 0.0)),
        free.n_steps if free else 0,
        mixture_weights,
        means,
        covariance,
        labels,
        counts,
        scatters,
    )
    if told == NOTHING:
        return None
    beside = (counts, scatters) if told == APART else (None, None)
    return PilotFit(mixture_weights, means, covariance, labels, *beside)
