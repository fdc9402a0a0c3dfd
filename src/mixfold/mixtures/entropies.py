"""Entropy of a mixture and the divergence from another: bounds that hold, and an estimate with its standard error."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from mixfold.errors import InputError
from mixfold.mixtures.divergence import divergences
from mixfold.mixtures.overlap import SPLIT_STEPS, log_affinities, log_overlaps, same_features
from mixfold.mixtures.sample import Random, random_of
from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

LEAST_ROWS = 2
"""Of each component, so that its values have a variance."""
TEMPERINGS = (-1.0, 0.0, 0.5, 0.75)
"""Powers of a component that are taken off before Jensen's inequality; each bounds, and the least counts."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that has no closed form: a Monte Carlo estimate, within bounds that are certain.

    Attributes
    ----------
    value : float
        An unbiased estimate, moved into the bounds if it is outside of them.
    standard_error : float
        Of the estimate.
    lower, upper : float
        The exact number is between them, but for rounding.

    Examples
    --------
    >>> from mixfold.mixtures import Estimate
    >>> float(Estimate(value=1.5, standard_error=0.1, lower=1.0, upper=2.0))
    1.5
    """

    value: float
    standard_error: float
    lower: float
    upper: float

    def __float__(self) -> float:
        """Give the value."""
        return self.value


def entropy(mixture: Mixture, n_samples: int = 10_000, random_state: Random | None = 0) -> Estimate:
    """Give the differential entropy of a mixture, ``-E log p``.

    Parameters
    ----------
    mixture : Mixture
    n_samples : int, default=10_000
        Rows drawn for the estimate, in proportion to the weights, at least two a component.
    random_state : int, RandomState, Generator or None, default=0

    Returns
    -------
    entropy : Estimate
        In nats. Bounds are those of Kolchinsky & Tracey (2017, eqs. 4 and 10, with Bhattacharyya and Kullback-Leibler
        distances), of Huber et al. (2008, theorem 2) and of one Gaussian with the same covariance.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import entropy
    >>> found = entropy(Mixture([0.5, 0.5], [[0.0], [40.0]], [1.0, 1.0], "spherical"))
    >>> [round(each, 4) for each in (found.lower, found.value, found.upper)]  # 1/2 log(2 pi e) + log 2
    [2.1121, 2.1121, 2.1121]
    """
    lower, upper = _information_bounds(mixture)
    value, error = _expected(mixture, lambda rows: -_log_density(mixture, rows), n_samples, random_state)
    return Estimate(min(max(value, -upper), -lower), error, -upper, -lower)


def kullback_leibler(
    one: Mixture, other: Mixture, n_samples: int = 10_000, random_state: Random | None = 0
) -> Estimate:
    """Give the Kullback-Leibler divergence ``E_p log(p / q)`` from a mixture p to a mixture q.

    Parameters
    ----------
    one, other : Mixture
        p and q, of as many features.
    n_samples : int, default=10_000
        Rows drawn from `one` for the estimate, in proportion to its weights, at least two a component. The divergence
        of each component from the nearest of the other, which is known, is a control variate.
    random_state : int, RandomState, Generator or None, default=0

    Returns
    -------
    divergence : Estimate
        In nats. Bounds are those of Durrieu, Thiran & Kelly (2012), and the convex upper bound of Hershey & Olsen
        (2007, eqs. 21 to 26).

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import kullback_leibler
    >>> one = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> found = kullback_leibler(one, Mixture([0.2, 0.8], [[0.0], [9.0]], [1.0, 1.0], "spherical"))
    >>> bool(found.lower <= found.value <= found.upper), round(found.value, 2)  # log(0.5 / 0.4)
    (True, 0.22)
    """
    same_features(one, other)
    between = divergences(one, other)
    own = _information_bounds(one)
    cross = _cross_bounds(one, other, between)
    lower = max(own[0] - cross[1], 0.0)
    upper = max(min(own[1] - cross[0], _convex_bound(one, other, between)), lower)
    nearest = np.argmin(between, axis=1)
    parts = [component_of(other, int(index)) for index in range(other.n_components)]
    own_parts = [component_of(one, int(index)) for index in range(one.n_components)]

    def ratio(rows: FloatArray) -> FloatArray:
        return _log_density(one, rows) - _log_density(other, rows)

    def control(rows: FloatArray, k: int) -> FloatArray:
        near = parts[int(nearest[k])]
        return _log_density(own_parts[k], rows) - _log_density(near, rows) - between[k, nearest[k]]

    value, error = _expected(one, ratio, n_samples, random_state, control)
    return Estimate(min(max(value, lower), upper), error, lower, upper)


def jensen_shannon(one: Mixture, other: Mixture, n_samples: int = 10_000, random_state: Random | None = 0) -> Estimate:
    """Give the Jensen-Shannon divergence: the mean divergence of both from the even mixture of both.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.
    n_samples : int, default=10_000
        Rows drawn from each for the estimate.
    random_state : int, RandomState, Generator or None, default=0

    Returns
    -------
    divergence : Estimate
        In nats, from zero to log 2 (Lin 1991, eqs. 4.1 and 3.10).

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import jensen_shannon
    >>> one, other = (Mixture([1.0], [[at]], [1.0], "spherical") for at in (0.0, 30.0))
    >>> round(jensen_shannon(one, other).value, 4)  # log 2
    0.6931
    """
    same_features(one, other)
    both = mixed(one, other)
    random = random_of(random_state)
    found = [kullback_leibler(each, both, n_samples, random) for each in (one, other)]
    lower = max(float(np.mean([each.lower for each in found])), 0.0)
    upper = min(float(np.mean([each.upper for each in found])), float(np.log(2.0)))
    error = 0.5 * math.hypot(*(each.standard_error for each in found))
    value = float(np.mean([each.value for each in found]))
    return Estimate(min(max(value, lower), upper), error, lower, upper)


def mixed(one: Mixture, other: Mixture, share: float = 0.5) -> Mixture:
    """Give a mixture of two mixtures.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.
    share : float, default=0.5
        The probability that a row is of `one`.

    Returns
    -------
    mixture : Mixture
        Of the full family, with the components of both.

    Raises
    ------
    InputError
        If `share` is no probability.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import mixed
    >>> one, other = (Mixture([1.0], [[at]], [1.0], "spherical") for at in (0.0, 3.0))
    >>> mixed(one, other, 0.25).weights
    array([0.25, 0.75])
    """
    same_features(one, other)
    if not 0.0 <= share <= 1.0:
        message = f"`share` must be a probability from 0 to 1, got {share!r}."
        raise InputError(message)
    weights = np.concatenate([share * one.weights, (1.0 - share) * other.weights])
    covariances = np.concatenate([one.component_covariances, other.component_covariances])
    return type(one)(weights, np.concatenate([one.means, other.means]), covariances, "full", one.feature_names)


def component_of(mixture: Mixture, index: int) -> Mixture:
    """Give one component as a mixture of its own.

    Parameters
    ----------
    mixture : Mixture
    index : int

    Returns
    -------
    mixture : Mixture
        Of one component of the full family.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import component_of
    >>> component_of(Mixture([0.5, 0.5], [[0.0], [3.0]], [1.0, 1.0], "spherical"), 1).means
    array([[3.]])
    """
    span = slice(index, index + 1)
    return type(mixture)([1.0], mixture.means[span], mixture.component_covariances[span], "full", mixture.feature_names)


def _log_density(mixture: Mixture, rows: FloatArray) -> FloatArray:
    return np.asarray(mixture.log_density(rows))


def _information_bounds(mixture: Mixture) -> tuple[float, float]:
    """Bound ``E log p`` from both sides."""
    weights = mixture.weights
    lower, jensen = _cross_bounds(mixture, mixture, divergences(mixture, mixture))
    entropies = _entropies(mixture)
    with np.errstate(divide="ignore"):
        logs = np.log(weights)
    pairwise = -np.sum(weights * (entropies - logsumexp(logs + log_affinities(mixture, mixture), axis=1)))
    whole = -_gaussian_entropy(mixture.covariance)
    upper = min(jensen, float(pairwise))
    return min(max(lower, whole), upper), upper


def _cross_bounds(one: Mixture, other: Mixture, between: FloatArray) -> tuple[float, float]:
    """Bound ``E_p log q``: below by the variational bound, above by Jensen's inequality."""
    with np.errstate(divide="ignore"):
        logs = np.log(other.weights)
    weights = one.weights
    entropies = _entropies(one)
    below = float(np.sum(weights * (logsumexp(logs - between, axis=1) - entropies)))
    if other.n_components == 1:  # the logarithm of one Gaussian is a square, whose mean is known
        return below, below
    # E_k log q <= -a H_k + log of the integral of p_k^(1 - a) q, by Jensen's inequality.
    bounds = [
        -tempering * entropies + logsumexp(logs + _log_tempered_overlaps(one, other, 1.0 - tempering), axis=1)
        for tempering in TEMPERINGS
    ]
    return below, float(np.sum(weights * np.min(bounds, axis=0)))


def _log_tempered_overlaps(one: Mixture, other: Mixture, power: float) -> FloatArray:
    """Give the log of the integral of ``p_k^power q_l``: such a power is a Gaussian of another size."""
    covariances = one.component_covariances
    wider = type(one)(one.weights, one.means, covariances / power, "full")
    log_volumes = 0.5 * (one.n_features * np.log(2.0 * np.pi) + np.linalg.slogdet(covariances)[1])
    sizes = (1.0 - power) * log_volumes - 0.5 * one.n_features * np.log(power)
    result: FloatArray = log_overlaps(wider, other) + sizes[:, None]
    return result


def _convex_bound(one: Mixture, other: Mixture, between: FloatArray) -> float:
    """Bound the divergence from above: weights are split among pairs, and then the divergence is convex."""
    used, met = one.weights > 0.0, other.weights > 0.0
    between, own, weights = between[np.ix_(used, met)], one.weights[used], other.weights[met]
    log_split = np.log(own)[:, None] + np.log(weights)  # of the other's weights: sums over k are `weights`
    for _ in range(SPLIT_STEPS):
        log_of_one = log_split - between
        log_of_one += (np.log(own) - logsumexp(log_of_one, axis=1))[:, None]
        log_split = log_of_one + (np.log(weights) - logsumexp(log_of_one, axis=0))
    log_of_one = log_split - between
    log_of_one += (np.log(own) - logsumexp(log_of_one, axis=1))[:, None]
    return float(np.sum(np.exp(log_of_one) * (log_of_one - log_split + between)))


def _entropies(mixture: Mixture) -> FloatArray:
    """Give the entropy of each component, (K,)."""
    return np.array([_gaussian_entropy(covariance) for covariance in mixture.component_covariances])


def _gaussian_entropy(covariance: FloatArray) -> float:
    d = len(covariance)
    return float(0.5 * (d * (1.0 + np.log(2.0 * np.pi)) + np.linalg.slogdet(covariance)[1]))


def _expected(
    mixture: Mixture,
    function: Callable[[FloatArray], FloatArray],
    n_samples: int,
    random_state: Random | None,
    control: Callable[[FloatArray, int], FloatArray] | None = None,
) -> tuple[float, float]:
    """Estimate ``E f`` from rows of each component in proportion to its weight; a control has expectation zero."""
    if n_samples < 1 or n_samples % 1:
        message = f"`n_samples` must be a whole number of at least 1, got {n_samples!r}."
        raise InputError(message)
    random = random_of(random_state)
    potentials = mixture.potentials
    counts = np.maximum(LEAST_ROWS, np.ceil(mixture.weights * n_samples)).astype(int)
    parts = [potentials.color(k, random.standard_normal((count, mixture.n_features))) for k, count in enumerate(counts)]
    values = np.split(function(np.concatenate(parts)), np.cumsum(counts)[:-1])
    if control is not None:
        values = [_controlled(each, control(rows, k)) for k, (each, rows) in enumerate(zip(values, parts, strict=True))]
    means = np.array([np.mean(each) for each in values])
    variances = np.array([np.var(each, ddof=1) / len(each) for each in values])
    return float(mixture.weights @ means), float(np.sqrt(mixture.weights**2 @ variances))


def _controlled(values: FloatArray, control: FloatArray) -> FloatArray:
    """Take off what goes with a control of expectation zero."""
    centered = control - np.mean(control)
    variance = centered @ centered
    return values - (centered @ values / variance) * control if variance > 0.0 else values
