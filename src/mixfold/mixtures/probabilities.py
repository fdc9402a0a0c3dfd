"""Probabilities of boxes, and quantiles of one feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad_vec
from scipy.special import log_ndtr, logsumexp, ndtr, ndtri, ndtri_exp, owens_t
from scipy.stats import qmc

from mixfold.errors import InputError, ShapeError
from mixfold.mixtures.sample import Random, random_of
from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

TOLERANCE = 1e-12
"""Of an integral over one feature: absolute, of a probability."""
REPLICATES = 8
"""Independent shifts of a sequence, whose spread is the standard error."""
BISECTIONS = 128
"""More than halve any interval of doubles to its last bit, or to the smallest number."""
FAR = 39.0
"""Standard deviations beyond which a normal density is no double."""


def box_probabilities(
    mixture: Mixture,
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    n_samples: int = 4096,
    random_state: Random | None = 0,
) -> tuple[FloatArray, FloatArray]:
    """Give the probability of each of several boxes.

    Parameters
    ----------
    mixture : Mixture
    lower, upper : array-like of shape (n_boxes, n_features) or (n_features,)
        Corners; infinite where there is none.
    n_samples : int, default=4096
        Points for each component and box with more than three features.
    random_state : int, RandomState, Generator or None, default=0
        Of their shifts.

    Returns
    -------
    probabilities : ndarray of shape (n_boxes,)
    standard_errors : ndarray of shape (n_boxes,)
        Zero with one and two features, which have closed forms (Owen 1956 for two), and with three, where one integral
        is left, to an absolute 1e-10; with more, of quasi-random integration (Genz 1992).

    Raises
    ------
    ShapeError or InputError
        If corners are not of the features, or an upper one is below a lower one.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import box_probabilities
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
    >>> box_probabilities(mixture, [[-float("inf"), -float("inf")]], [[0.0, 0.0]])[0]  # 1 / 3
    array([0.33333333])
    """
    d = mixture.n_features
    low, high = (np.atleast_2d(np.asarray(corner, dtype=float)) for corner in (lower, upper))
    if low.shape != high.shape or low.ndim != 2 or low.shape[1] != d:
        message = f"`lower` and `upper` must have shape (n_boxes, n_features = {d}), got {low.shape} and {high.shape}."
        raise ShapeError(message)
    if np.any(np.isnan(low) | np.isnan(high)) or np.any(low > high):
        message = "Every corner in `upper` must be at least that in `lower`, and none may be NaN."
        raise InputError(message)
    probabilities, variances = np.zeros(len(low)), np.zeros(len(low))
    random = random_of(random_state)
    for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.component_covariances, strict=True):
        deviations = np.sqrt(np.diag(covariance))
        correlation = covariance / np.outer(deviations, deviations)
        a, b = (low - mean) / deviations, (high - mean) / deviations
        if d == 1:
            part = _interval(a[:, 0], b[:, 0])
        elif d == 2:
            part = _rectangle(a, b, correlation[0, 1])
        elif d == 3:
            part = _cuboid(a, b, correlation)
        else:
            part, error = _by_sequence(a, b, np.linalg.cholesky(correlation), n_samples, random)
            variances += (weight * error) ** 2
        probabilities += weight * part
    return np.clip(probabilities, 0.0, 1.0), np.sqrt(variances)


def cdf(mixture: Mixture, X: npt.ArrayLike, n_samples: int = 4096, random_state: Random | None = 0) -> FloatArray:
    """Give the probability that no feature is above that of a row.

    Parameters
    ----------
    mixture : Mixture
    X : array-like of shape (n_rows, n_features), or (n_rows,) of one feature
    n_samples : int, default=4096
        As in `box_probabilities`, which says how exact it is.
    random_state : int, RandomState, Generator or None, default=0

    Returns
    -------
    probabilities : ndarray of shape (n_rows,)

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import cdf
    >>> cdf(Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical"), [0.0, 4.5, 9.0]).round(6)
    array([0.25, 0.5 , 0.75])
    """
    rows = np.asarray(X, dtype=float)
    rows = rows[:, None] if rows.ndim == 1 and mixture.n_features == 1 else rows
    return box_probabilities(mixture, np.full(rows.shape, -np.inf), rows, n_samples, random_state)[0]


def ppf(mixture: Mixture, q: npt.ArrayLike) -> FloatArray:
    """Give quantiles of a mixture of one feature: where its distribution function is `q`.

    Parameters
    ----------
    mixture : Mixture
        Of one feature; take the ``marginal`` of another.
    q : array-like
        Probabilities from 0 to 1.

    Returns
    -------
    quantiles : ndarray of the shape of `q`
        To the last bits, in the tails too; minus and plus infinity at 0 and 1.

    Raises
    ------
    ShapeError or InputError
        If there are more features, or `q` is no probability.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import ppf
    >>> ppf(Mixture([0.5, 0.5], [[-3.0], [3.0]], [1.0, 1.0], "spherical"), [0.25, 0.75]).round(4)
    array([-3.,  3.])
    """
    given = _probabilities(mixture, q)
    with np.errstate(divide="ignore"):
        below = _quantiles(mixture.weights, mixture.means[:, 0], mixture.deviations[:, 0], np.log(given))
    return np.where(given <= 0.5, below, isf(mixture, 1.0 - given))


def isf(mixture: Mixture, q: npt.ArrayLike) -> FloatArray:
    """Give the values of one feature that are exceeded with probability `q`.

    Parameters
    ----------
    mixture : Mixture
        Of one feature.
    q : array-like
        Probabilities from 0 to 1.

    Returns
    -------
    values : ndarray of the shape of `q`
        To the last bits, however small `q` is.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import isf
    >>> isf(Mixture([1.0], [[0.0]], [1.0], "spherical"), [0.5, 1e-100]).round(4) + 0.0
    array([ 0.    , 21.2735])
    """
    given = _probabilities(mixture, q)
    with np.errstate(divide="ignore"):
        return -_quantiles(mixture.weights, -mixture.means[:, 0], mixture.deviations[:, 0], np.log(given))


def interval(mixture: Mixture, level: float) -> tuple[float, float]:
    """Give the interval of one feature with equal probability on both sides.

    Parameters
    ----------
    mixture : Mixture
        Of one feature.
    level : float
        The probability of the interval.

    Returns
    -------
    ends : tuple of two floats

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import interval
    >>> [round(end, 4) for end in interval(Mixture([1.0], [[0.0]], [1.0], "spherical"), 0.95)]
    [-1.96, 1.96]
    """
    tail = (1.0 - float(_probabilities(mixture, level))) / 2.0
    return float(ppf(mixture, tail)), float(isf(mixture, tail))


def _probabilities(mixture: Mixture, q: npt.ArrayLike) -> FloatArray:
    if mixture.n_features != 1:
        message = (
            f"Quantiles are of one feature, got a mixture of {mixture.n_features}. Take `mixture.marginal([...])`."
        )
        raise ShapeError(message)
    given = np.asarray(q, dtype=float)
    if not np.all((given >= 0.0) & (given <= 1.0)):
        message = f"Probabilities must be from 0 to 1, got {given}."
        raise InputError(message)
    return given


def _quantiles(weights: FloatArray, means: FloatArray, deviations: FloatArray, log_q: FloatArray) -> FloatArray:
    """Find where the log of the distribution function is `log_q`: between the quantiles of the components."""
    used = weights > 0.0
    logs, means, deviations = np.log(weights[used]), means[used], deviations[used]
    own = means + deviations * ndtri_exp(log_q)[..., None]
    low, high = np.min(own, axis=-1), np.max(own, axis=-1)
    with np.errstate(invalid="ignore"):
        for _ in range(BISECTIONS):
            middle = low + (high - low) / 2.0
            log_cdf = logsumexp(logs + log_ndtr((middle[..., None] - means) / deviations), axis=-1)
            low, high = np.where(log_cdf < log_q, middle, low), np.where(log_cdf < log_q, high, middle)
    return np.where(np.isinf(log_q), -np.inf, high)


def _interval(a: FloatArray, b: FloatArray) -> FloatArray:
    """Give the probability between a and b of a standard normal, by the tail that loses nothing."""
    flip = a > 0.0
    return np.asarray(ndtr(np.where(flip, -a, b)) - ndtr(np.where(flip, -b, a)))


def _rectangle(a: FloatArray, b: FloatArray, rho: float | FloatArray) -> FloatArray:
    """Give the probability of rectangles (n, 2) under standard normals of correlation rho."""
    corners = [(b[..., 0], b[..., 1], 1.0), (a[..., 0], b[..., 1], -1.0), (b[..., 0], a[..., 1], -1.0)]
    corners.append((a[..., 0], a[..., 1], 1.0))
    return np.asarray(sum(sign * _quadrant(h, k, rho) for h, k, sign in corners))


def _quadrant(h: FloatArray, k: FloatArray, rho: float | FloatArray) -> FloatArray:
    """Give ``P(x <= h, y <= k)`` of standard normals of correlation rho (Owen 1956, eq. 2.1)."""
    h, k = (np.clip(each, -FAR, FAR) for each in (h, k))
    root = np.sqrt((1.0 - rho) * (1.0 + rho))
    # At zero only the sign of the ratio counts, which a number that is almost zero has, too.
    h, k = (np.where(each == 0.0, np.finfo(float).tiny, each) for each in (h, k))
    with np.errstate(over="ignore"):
        tails = owens_t(h, (k / h - rho) / root) + owens_t(k, (h / k - rho) / root)
    return np.asarray(0.5 * (ndtr(h) + ndtr(k)) - tails - np.where(h * k < 0.0, 0.5, 0.0))


def _cuboid(a: FloatArray, b: FloatArray, correlation: FloatArray) -> FloatArray:
    """Give the probability of boxes (n, 3): an integral of rectangles over the first feature."""
    slopes = correlation[0, 1:]
    roots = np.sqrt((1.0 - slopes) * (1.0 + slopes))
    rho = float(np.clip((correlation[1, 2] - slopes[0] * slopes[1]) / np.prod(roots), -1.0, 1.0))
    low, high = np.clip(a[:, 0], -FAR, FAR), np.clip(b[:, 0], -FAR, FAR)

    def density(share: float) -> FloatArray:
        x = low + share * (high - low)
        lower, upper = ((ends[:, 1:] - x[:, None] * slopes) / roots for ends in (a, b))
        return (high - low) * np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi) * _rectangle(lower, upper, rho)

    # Where the density is, and where a corner is met, so that no peak hides between two points.
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [(np.zeros(len(low)) - low) / (high - low), (np.array([-1.0, 1.0])[:, None] - low) / (high - low)]
        shares += [((ends[:, 1:] / slopes) - low[:, None]) / (high - low)[:, None] for ends in (a, b)]
    points = np.unique(np.concatenate([np.ravel(each) for each in shares]))
    inside = points[(points > 0.0) & (points < 1.0)]
    value = quad_vec(density, 0.0, 1.0, epsabs=TOLERANCE, epsrel=0.0, norm="max", points=inside, limit=10_000)[0]
    return np.asarray(value)


def _by_sequence(
    a: FloatArray,
    b: FloatArray,
    factor: FloatArray,
    n_samples: int,
    random: np.random.RandomState | np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Give the probability of boxes (n, D), one feature after the other, at quasi-random points (Genz 1992)."""
    n, d = a.shape
    count = 1 << max(int(np.ceil(np.log2(max(n_samples, REPLICATES) / REPLICATES))), 0)
    points = qmc.Sobol(d - 1, scramble=False).random(count)
    found = np.empty((REPLICATES, n))
    for replicate in range(REPLICATES):
        shifted = (points + random.uniform(size=d - 1)) % 1.0
        folded = np.abs(2.0 * shifted - 1.0)  # the tent makes what is integrated periodic
        for box in range(n):
            z = np.zeros((count, d - 1))
            total = np.ones(count)
            for i in range(d):
                known = z[:, :i] @ factor[i, :i]
                low, high = ((ends[box, i] - known) / factor[i, i] for ends in (a, b))
                width = _interval(low, high)
                total *= width
                if i < d - 1:
                    z[:, i] = np.clip(ndtri(np.clip(ndtr(low) + folded[:, i] * width, 1e-300, 1.0)), -FAR, FAR)
            found[replicate, box] = np.mean(total)
    return np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(REPLICATES)
