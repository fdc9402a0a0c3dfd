"""Rows of a mixture within a box, none of which is thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr, logsumexp, ndtri_exp

from mixfold.errors import InputError, ShapeError
from mixfold.mixtures.sample import Random, n_rows_of, random_of
from mixfold.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

Generator = np.random.RandomState | np.random.Generator
LEAST_POOL = 4096
"""Weighted rows of each component from which chains begin, and which tell its probability in the box."""
POOL = 4
"""And as many for each row that is wanted."""
SWEEPS = 20
"""Of a chain, each of which draws every feature once."""


def truncated_sample(
    mixture: Mixture,
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    n_samples: float = 1,
    random_state: Random | None = None,
) -> tuple[FloatArray, IntArray]:
    """Draw rows of a mixture given that they are in a box, however improbable it is.

    Parameters
    ----------
    mixture : Mixture
    lower, upper : array-like of shape (n_features,)
        Corners; infinite where there is none.
    n_samples : int
    random_state : int, RandomState, Generator or None

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        All of them in the box; the rows of component 0 first, then those of component 1, ...
    labels : ndarray of shape (n_samples,)
        The component that each row was drawn from.

    Raises
    ------
    ShapeError or InputError
        If corners are not of the features, or an upper one is not above the lower one.

    Notes
    -----
    Rows are drawn one feature after the other, each between its bounds given those before (Geweke 1991; Hajivassiliou
    & McFadden 1998). That is exact with one feature, or with covariances that are diagonal. Else rows are chosen from
    four times as many (4096 at least) by what their weights say, and each goes on as a Gibbs sampler of its own for 20
    sweeps: rows are independent but for ties of their starts, and their law differs from the exact one by less than
    their number lets see.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import truncated_sample
    >>> far = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
    >>> rows, _ = truncated_sample(far, [10.0, 10.0], [11.0, float("inf")], 1000, random_state=0)
    >>> rows.shape, bool((rows >= 10.0).all() and (rows[:, 0] <= 11.0).all())
    ((1000, 2), True)
    """
    n, random = n_rows_of(n_samples), random_of(random_state)
    low, high = (np.asarray(corner, dtype=float) for corner in (lower, upper))
    if low.shape != (mixture.n_features,) or high.shape != low.shape:
        message = f"`lower` and `upper` must have shape ({mixture.n_features},), got {low.shape} and {high.shape}."
        raise ShapeError(message)
    if not np.all(low < high):
        message = f"Every corner in `upper` must be above that in `lower`, got {low} and {high}."
        raise InputError(message)
    covariances = mixture.component_covariances
    pools = [
        _in_sequence(low - mean, high - mean, np.linalg.cholesky(covariance), max(LEAST_POOL, POOL * n), random)
        for mean, covariance in zip(mixture.means, covariances, strict=True)
    ]
    with np.errstate(divide="ignore"):
        masses = np.log(mixture.weights) + [logsumexp(logs) - np.log(len(logs)) for _, logs in pools]
    counts = random.multinomial(n, np.exp(masses - logsumexp(masses)))
    rows = []
    for (pool, logs), mean, covariance, count in zip(pools, mixture.means, covariances, counts, strict=True):
        chosen = pool[_systematic(logs, int(count), random)]
        if np.count_nonzero(covariance) > mixture.n_features:
            _sweep(chosen, low - mean, high - mean, np.linalg.inv(covariance), random)
        rows.append(np.clip(mean + chosen, low, high))
    return np.concatenate(rows), np.repeat(np.arange(mixture.n_components), counts)


def _in_sequence(
    low: FloatArray, high: FloatArray, factor: FloatArray, count: int, random: Generator
) -> tuple[FloatArray, FloatArray]:
    """Draw rows (count, D) around zero, each feature in its bounds given those before; and their log weights."""
    noise, logs = np.zeros((count, len(low))), np.zeros(count)
    for i, (least, most) in enumerate(zip(low, high, strict=True)):
        known = noise[:, :i] @ factor[i, :i]
        ends = (least - known) / factor[i, i], (most - known) / factor[i, i]
        noise[:, i], log_width = _between(*ends, random.uniform(size=count))
        logs += log_width
    return noise @ factor.T, logs


def _systematic(logs: FloatArray, count: int, random: Generator) -> IntArray:
    """Choose `count` rows as often as their weights say, in random order (Kitagawa 1996)."""
    ends = np.cumsum(np.exp(logs - logsumexp(logs)))
    places = (np.arange(count) + random.uniform(size=1)) / max(count, 1)
    return np.asarray(random.permutation(np.minimum(np.searchsorted(ends, places), len(logs) - 1)))


def _sweep(rows: FloatArray, low: FloatArray, high: FloatArray, precision: FloatArray, random: Generator) -> None:
    """Draw each feature of rows around zero anew given the others, in place, again and again (Gibbs)."""
    for _ in range(SWEEPS):
        for i, own in enumerate(np.diag(precision)):
            expected = rows[:, i] - rows @ precision[i] / own
            ends = (low[i] - expected) * np.sqrt(own), (high[i] - expected) * np.sqrt(own)
            rows[:, i] = expected + _between(*ends, random.uniform(size=len(rows)))[0] / np.sqrt(own)


def _between(low: FloatArray, high: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the quantiles of standard normals between bounds, and the log of the probability of each interval.

    In logs, and by the lower tail, which loses nothing: intervals on the right are turned around.
    """
    turned = low > 0.0
    a, b = np.where(turned, -high, low), np.where(turned, -low, high)
    log_a, log_b = log_ndtr(a), log_ndtr(b)
    with np.errstate(divide="ignore"):
        found = ndtri_exp(np.logaddexp(log_a + np.log1p(-shares), log_b + np.log(shares)))
        log_width = log_b + np.log1p(-np.exp(np.minimum(log_a - log_b, 0.0)))
    found = np.clip(found, a, b)
    return np.where(turned, -found, found), log_width
