"""A mixture of fewer components: the pair that costs least is merged, again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from mixfold.engines.merging import merged_cheapest
from mixfold.errors import InputError
from mixfold.mixtures.refine import best_weights
from mixfold.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

BLOCK = 32
"""Components that lie together and are merged among themselves, where there are too many for all pairs."""
ALL_PAIRS = 2048
"""The most components of which all pairs are compared."""
PAIRS_AT_ONCE = 1 << 21
"""Of blocks that are reduced together: memory."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """A mixture of fewer components, and what it cost.

    Attributes
    ----------
    mixture : Mixture
        Of the full family.
    groups : ndarray of shape (n_components before,)
        Which component of `mixture` each became part of; -1 of components without weight.
    bound : float
        In nats: the Kullback-Leibler divergence from the mixture before to `mixture` is at most that (Runnalls 2007,
        section IV; each merge adds its part, and weights that are not the sums what they differ by: infinite where one
        is zero).

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import reduced
    >>> reduced(Mixture([0.5, 0.5], [[0.0], [0.0]], [1.0, 1.0], "spherical"), 1).bound
    0.0
    """

    mixture: Mixture
    groups: IntArray
    bound: float


def reduced(
    mixture: Mixture, n_components: int, method: Literal["runnalls", "salmond", "west", "cowa"] = "runnalls"
) -> Reduction:
    """Merge components, pairs that cost least first, until few are left; mean and covariance of all stay the same.

    What is found can be made nearer: `refined` moves its components.

    Parameters
    ----------
    mixture : Mixture
    n_components : int
        How many are left.
    method : {'runnalls', 'salmond', 'west', 'cowa'}, default='runnalls'
        What a merge costs: a bound of the divergence that it adds (Runnalls 2007, eq. 21); how far the two means are
        apart, in units of all rows (Salmond 1990, eq. 3.10); or that distance of the component of least weight from any
        other (West 1993, section 4). 'cowa' merges the component that has least weight for its size with the one whose
        density is nearest by integrated squared error, and gives those that are left the weights of the least such
        error from the mixture before (Chen, Chang & Smith 2010); it alone does not keep mean and covariance.

    Returns
    -------
    reduction : Reduction
        With more than 2048 components, pairs are compared within blocks of 32 that lie together, found by halving at
        medians.

    Raises
    ------
    InputError
        If there are fewer components than wanted, or the method is not known.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import reduced
    >>> mixture = Mixture([0.25, 0.25, 0.5], [[0.0], [1.0], [9.0]], [1.0, 1.0, 1.0], "spherical")
    >>> reduction = reduced(mixture, 2)
    >>> reduction.mixture.means.ravel(), reduction.groups
    (array([0.5, 9. ]), array([0, 0, 1]))
    """
    if method not in COSTS:
        message = f"`method` must be one of {list(COSTS)}, got {method!r}."
        raise InputError(message)
    used = np.flatnonzero(mixture.weights > 0.0)
    if not 1 <= n_components <= len(used) or n_components % 1:
        message = f"`n_components` must be from 1 to {len(used)}, the components with weight, got {n_components!r}."
        raise InputError(message)
    inverse = np.asarray(np.linalg.inv(mixture.covariance), dtype=np.float64)
    parts = _Parts(mixture.weights[used], mixture.means[used], mixture.component_covariances[used])
    owners = np.arange(len(used))
    before = _half_log_determinants(parts)
    while len(parts.weights) > n_components:
        parts, merged = _one_pass(parts, int(n_components), method, inverse)
        owners = merged[owners]
    bound = float(parts.weights @ _half_log_determinants(parts) - mixture.weights[used] @ before)
    groups = np.full(mixture.n_components, -1)
    groups[used] = owners
    weights = parts.weights / np.sum(parts.weights)
    result = type(mixture)(weights, parts.means, parts.covariances, "full", mixture.feature_names)
    if method == "cowa":
        renewed = best_weights(result, mixture)
        with np.errstate(divide="ignore"):
            bound += float(np.sum(weights * (np.log(weights) - np.log(renewed))))
        result = type(mixture)(renewed, parts.means, parts.covariances, "full", mixture.feature_names)
    return Reduction(result, groups, max(bound, 0.0))


@dataclass(frozen=True, slots=True)
class _Parts:
    """Components in any number of leading axes."""

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray

    def take(self, *at: IntArray | slice) -> _Parts:
        return _Parts(self.weights[at], self.means[at], self.covariances[at])


def _one_pass(parts: _Parts, n_components: int, method: str, inverse: FloatArray) -> tuple[_Parts, IntArray]:
    """Reduce all pairs' worth of components, or each block by its share; and say what became of each."""
    n = len(parts.weights)
    blocks = [np.arange(n)] if n <= ALL_PAIRS else _blocks(parts.means, np.arange(n))
    # Each block loses its share, and never its last component.
    wanted = n - n_components
    ends = np.cumsum([len(block) for block in blocks])
    losses = np.diff(np.concatenate([[0], (ends * wanted) // n]))
    losses = np.minimum(losses, [len(block) - 1 for block in blocks])
    owners = np.empty(n, dtype=np.intp)
    kept: list[_Parts] = []
    count = 0
    for size, loss in sorted({(len(block), int(loss)) for block, loss in zip(blocks, losses, strict=True)}):
        alike = [block for block, lost in zip(blocks, losses, strict=True) if (len(block), lost) == (size, loss)]
        step = max(1, PAIRS_AT_ONCE // (size * size * parts.means.shape[1]))
        for first in range(0, len(alike), step):
            indices = np.array(alike[first : first + step])
            left, groups = _merged(parts.take(indices), loss, method, inverse)
            owners[indices.ravel()] = (groups + count + (size - loss) * np.arange(len(indices))[:, None]).ravel()
            count += (size - loss) * len(indices)
            kept.append(left)
    d = parts.means.shape[1]
    together = _Parts(
        np.concatenate([each.weights.ravel() for each in kept]),
        np.concatenate([each.means.reshape(-1, d) for each in kept]),
        np.concatenate([each.covariances.reshape(-1, d, d) for each in kept]),
    )
    return together, owners


def _merged(parts: _Parts, losses: int, method: str, inverse: FloatArray) -> tuple[_Parts, IntArray]:
    """Merge as many pairs within each block (b, n), and say what became of each component, (b, n)."""
    if method == "runnalls" and (found := merged_cheapest(parts.weights, parts.means, parts.covariances, losses)):
        return _left(_Parts(*found[:3]), found[0] == 0.0, found[3])
    b, n = parts.weights.shape
    cost = COSTS[method]
    lead, all_of = np.arange(b), np.arange(n)
    weights, means, covariances = parts.weights.copy(), parts.means.copy(), parts.covariances.copy()
    now = _Parts(weights, means, covariances)
    owners = np.broadcast_to(all_of, (b, n)).copy()
    costs = np.full((b, n, n), np.inf)
    for i in range(n - 1):
        costs[:, i, i + 1 :] = cost(_part(now, lead, i), now.take(slice(None), slice(i + 1, None)), inverse)
    gone = np.zeros((b, n), dtype=bool)
    for _ in range(losses):
        if method in LIGHTEST_FIRST:
            sizes = np.trace(covariances, axis1=2, axis2=3) if method == "cowa" else 1.0
            best = _of_least_weight(costs, np.where(gone, np.inf, weights / sizes))
        else:
            best = np.argmin(costs.reshape(b, -1), axis=1)
        i, j = best // n, best % n
        total = weights[lead, i] + weights[lead, j]
        share = (weights[lead, j] / total)[:, None]
        step = means[lead, j] - means[lead, i]
        means[lead, i] += share * step
        outer = share[:, :, None] * (1.0 - share[:, :, None]) * step[:, :, None] * step[:, None]
        covariances[lead, i] += share[:, :, None] * (covariances[lead, j] - covariances[lead, i]) + outer
        weights[lead, i], weights[lead, j] = total, 0.0
        gone[lead, j] = True
        owners[owners == j[:, None]] = np.broadcast_to(i[:, None], (b, n))[owners == j[:, None]]
        costs[lead, j], costs[lead, :, j] = np.inf, np.inf
        one = _Parts(weights[lead, i][:, None], means[lead, i][:, None], covariances[lead, i][:, None])
        renewed = np.where(gone | (all_of == i[:, None]), np.inf, cost(one, now, inverse))
        costs[lead, i] = np.where(all_of > i[:, None], renewed, np.inf)
        costs[lead, :, i] = np.where(all_of < i[:, None], renewed, np.inf)
    return _left(now, gone, owners)


def _left(parts: _Parts, gone: npt.NDArray[np.bool_], owners: IntArray) -> tuple[_Parts, IntArray]:
    """Leave out what is gone of each block, and say where among the rest each component is."""
    b, d = len(parts.weights), parts.means.shape[-1]
    places = np.cumsum(~gone, axis=1) - 1
    left = np.nonzero(~gone)
    kept = _Parts(
        parts.weights[left].reshape(b, -1),
        parts.means[left].reshape(b, -1, d),
        parts.covariances[left].reshape(b, -1, d, d),
    )
    return kept, np.take_along_axis(places, owners, axis=1)


def _part(parts: _Parts, lead: IntArray, i: int) -> _Parts:
    return _Parts(parts.weights[lead, i][:, None], parts.means[lead, i][:, None], parts.covariances[lead, i][:, None])


def _of_least_weight(costs: FloatArray, weights: FloatArray) -> IntArray:
    """Give the cheapest pair of each block among those with its lightest component, as flat indices."""
    b, n = weights.shape
    lightest = np.argmin(weights, axis=1)
    either = np.minimum(costs, np.swapaxes(costs, 1, 2))[np.arange(b), lightest]
    partner = np.argmin(either, axis=1)
    return np.minimum(lightest, partner) * n + np.maximum(lightest, partner)


def _runnalls(one: _Parts, others: _Parts, _inverse: FloatArray) -> FloatArray:
    total = one.weights + others.weights
    share = np.where(total > 0.0, others.weights / np.where(total > 0.0, total, 1.0), 0.0)[..., None, None]
    step = others.means - one.means
    both = one.covariances + share * (others.covariances - one.covariances)
    both += share * (1.0 - share) * step[..., :, None] * step[..., None, :]
    own = one.weights * _half_log_determinants(one) + others.weights * _half_log_determinants(others)
    return total * _half_log_determinants(_Parts(total, others.means, both)) - own


def _salmond(one: _Parts, others: _Parts, inverse: FloatArray) -> FloatArray:
    total = one.weights + others.weights
    step = others.means - one.means
    factor = one.weights * others.weights / np.where(total > 0.0, total, 1.0)
    return np.asarray(factor * np.einsum("...i,ij,...j->...", step, inverse, step))


def _west(one: _Parts, others: _Parts, inverse: FloatArray) -> FloatArray:
    step = others.means - one.means
    return np.asarray(np.einsum("...i,ij,...j->...", step, inverse, step))


def _squared_error(one: _Parts, others: _Parts, _inverse: FloatArray) -> FloatArray:
    """Give the integrated squared error of two densities, whatever their weights, relative to their own squares."""
    step = others.means - one.means
    both = one.covariances + others.covariances
    squares = np.sum(step * np.linalg.solve(both, step[..., None])[..., 0], axis=-1)
    own, theirs = (-_half_log_determinants(each) for each in (one, others))
    d = step.shape[-1]
    cross = 0.5 * d * np.log(2.0) - 0.5 * squares - _half_log_determinants(_Parts(one.weights, step, both))
    # In logs of squares, so that densities of many features neither overflow nor vanish; 0 where they are the same.
    return np.asarray(np.logaddexp(own, theirs) - np.log(2.0) - cross)


COSTS = {"runnalls": _runnalls, "salmond": _salmond, "west": _west, "cowa": _squared_error}
LIGHTEST_FIRST = {"west", "cowa"}
"""Methods that merge the lightest component with the nearest other, whatever that costs."""


def _half_log_determinants(parts: _Parts) -> FloatArray:
    c = parts.covariances
    d = c.shape[-1]
    if d == 1:
        return 0.5 * np.log(c[..., 0, 0])
    if d == 2:
        return 0.5 * np.log(c[..., 0, 0] * c[..., 1, 1] - c[..., 0, 1] ** 2)
    if d == 3:
        minor = c[..., 1, 1] * c[..., 2, 2] - c[..., 1, 2] ** 2
        second = c[..., 0, 1] * c[..., 2, 2] - c[..., 1, 2] * c[..., 0, 2]
        third = c[..., 0, 1] * c[..., 1, 2] - c[..., 1, 1] * c[..., 0, 2]
        return np.asarray(0.5 * np.log(c[..., 0, 0] * minor - c[..., 0, 1] * second + c[..., 0, 2] * third))
    return np.asarray(0.5 * np.linalg.slogdet(c)[1])


def _blocks(means: FloatArray, indices: IntArray) -> list[IntArray]:
    """Halve components at the median of the feature in which they spread most, until few are together."""
    waiting, found = [indices], []
    while waiting:
        block = waiting.pop()
        if len(block) <= BLOCK:
            found.append(block)
            continue
        values = means[block]
        values = values[:, np.argmax(np.ptp(values, axis=0))]
        half = len(block) // 2
        order = np.argpartition(values, half)
        waiting += [block[order[half:]], block[order[:half]]]
    return found
