"""Distances between mixtures in closed form: integrals of products of Gaussians are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from mixfold.errors import InputError
from mixfold.mixtures.overlap import SPLIT_STEPS, log_affinities, log_overlaps, same_features
from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture


def integrated_squared_error(one: Mixture, other: Mixture) -> float:
    """Give ``integral of (p - q)^2``, the squared L2 distance of two densities.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.

    Returns
    -------
    error : float
        In units of a density; exact (Scott 2001, eq. 4, of two mixtures).

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import integrated_squared_error
    >>> one, other = (Mixture([1.0], [[at]], [1.0], "spherical") for at in (0.0, 40.0))
    >>> round(integrated_squared_error(one, other), 6)  # 1 / sqrt(pi)
    0.56419
    """
    same_features(one, other)
    # One scale for the three terms, so that densities of many features neither overflow nor vanish.
    own, cross, others = (log_inner_product(*pair) for pair in ((one, one), (one, other), (other, other)))
    top = max(own, others)
    relative = np.exp(own - top) - 2.0 * np.exp(cross - top) + np.exp(others - top)
    return float(max(relative, 0.0) * np.exp(top))


def log_inner_product(one: Mixture, other: Mixture) -> float:
    """Give ``log of the integral of p q``.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.

    Returns
    -------
    log_inner_product : float

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import log_inner_product
    >>> one = Mixture([1.0], [[0.0]], [1.0], "spherical")
    >>> round(log_inner_product(one, one), 4)  # log(1 / (2 sqrt(pi)))
    -1.2655
    """
    with np.errstate(divide="ignore"):
        logs = np.log(one.weights)[:, None] + np.log(other.weights)
    return float(logsumexp(logs + log_overlaps(one, other)))


def cauchy_schwarz(one: Mixture, other: Mixture) -> float:
    """Give the Cauchy-Schwarz divergence, ``-log(integral of p q / sqrt(integral of p^2 times integral of q^2))``.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.

    Returns
    -------
    divergence : float
        In nats, at least zero, symmetric, the same in all units; exact (Kampa, Hasanbelliu & Principe 2011, eq. 10).

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import cauchy_schwarz
    >>> one, other = (Mixture([1.0], [[at]], [1.0], "spherical") for at in (0.0, 2.0))
    >>> round(cauchy_schwarz(one, other), 9)
    1.0
    """
    own, others = log_inner_product(one, one), log_inner_product(other, other)
    return max(0.5 * (own + others) - log_inner_product(one, other), 0.0)


def maximum_mean_discrepancy(one: Mixture, other: Mixture, length: float) -> float:
    """Give the maximum mean discrepancy under a Gaussian kernel, ``exp(-|x - y|^2 / (2 length^2))``.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.
    length : float
        Of the kernel, in the units of the data.

    Returns
    -------
    discrepancy : float
        The distance of the two mean embeddings, from 0 to sqrt(2) (Gretton et al. 2012, eq. 4); exact.

    Raises
    ------
    InputError
        If `length` is not positive.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import maximum_mean_discrepancy
    >>> one, other = (Mixture([1.0], [[at]], [1e-12], "spherical") for at in (0.0, 1e3))
    >>> round(maximum_mean_discrepancy(one, other, length=1.0), 6)  # sqrt(2)
    1.414214
    """
    same_features(one, other)
    if not length > 0.0 or not np.isfinite(length):
        message = f"`length` must be a positive number, got {length!r}."
        raise InputError(message)
    unit = one.n_features * np.log(np.sqrt(2.0 * np.pi) * length)

    def expected(first: Mixture, second: Mixture) -> float:
        return float(first.weights @ np.exp(log_overlaps(first, second, length**2) + unit) @ second.weights)

    return float(np.sqrt(max(expected(one, one) - 2.0 * expected(one, other) + expected(other, other), 0.0)))


@dataclass(frozen=True, slots=True)
class Interval:
    """What a number without a closed form lies between.

    Attributes
    ----------
    lower, upper : float

    Examples
    --------
    >>> from mixfold.mixtures import Interval
    >>> Interval(0.2, 0.4).upper
    0.4
    """

    lower: float
    upper: float


def hellinger(one: Mixture, other: Mixture) -> Interval:
    """Bound the Hellinger distance, ``sqrt(1 - integral of sqrt(p q))``.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.

    Returns
    -------
    bounds : Interval
        From 0 to 1. Roots of sums are at most sums of roots, which bounds it from below; and weights split among pairs
        of components, as Hershey & Olsen (2007, section 7) split them, bound it from above by Cauchy and Schwarz's
        inequality. They meet where each mixture has one component, or where components lie far apart.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import hellinger
    >>> one, other = (Mixture([1.0], [[at]], [1.0], "spherical") for at in (0.0, 2.0))
    >>> bounds = hellinger(one, other)
    >>> round(bounds.lower, 6), round(bounds.upper, 6)  # sqrt(1 - exp(-1 / 2))
    (0.627271, 0.627271)
    """
    used, met = one.weights > 0.0, other.weights > 0.0
    affinities = np.exp(log_affinities(one, other))[np.ix_(used, met)]
    own, others = one.weights[used], other.weights[met]
    most = min(float(np.sqrt(own) @ affinities @ np.sqrt(others)), 1.0)
    split, of_others = np.outer(own, others), np.outer(own, others)
    for _ in range(SPLIT_STEPS):
        split = _tight(of_others, affinities, own[:, None], axis=1)
        of_others = _tight(split, affinities, others, axis=0)
    least = float(np.sum(np.sqrt(split * of_others) * affinities))
    return Interval(float(np.sqrt(1.0 - most)), float(np.sqrt(max(1.0 - min(least, 1.0), 0.0))))


def _tight(given: FloatArray, affinities: FloatArray, totals: FloatArray, axis: int) -> FloatArray:
    """Split `totals` so that the sum of ``sqrt(split given) affinities`` is largest; none where all is far."""
    wanted = given * affinities**2
    sums = np.sum(wanted, axis=axis, keepdims=True)
    return totals * wanted / np.where(sums > 0.0, sums, 1.0)
