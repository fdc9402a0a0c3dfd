"""Moves between local optima that leave the number of components as it is.

*Exchange* (Ueda et al. 2000): merge two components and split a third, in the order of what splitting gains less what
merging loses. Both are estimated before anything is done: the loss by a bound from the parameters (Runnalls 2007), the
gain by fitting two components to the rows of one. The bound is so wide that even the best promise is often negative.
*Reseed*: put one or two components somewhere else at random.
*Isolate*: put one where rows are least likely, and merge the pair that loses least.
*Soften*: share rows out anew, less surely (Ueda & Nakano 1998).
*Reweight*: make the components of rows of random weights (Elidan et al. 2002).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from mixfold.covariance.triangular import above_rounding
from mixfold.engines import Tables, split_merge, to_numpy
from mixfold.fitting.many import em_of_tables
from mixfold.mixtures import merged_moments
from mixfold.parameters import Parameters
from mixfold.search.sample import NEGLIGIBLE_SHARE, SAMPLE_NUMBERS, Sample
from mixfold.search.starting_values import WAYS, draw_rows, neighbors
from mixfold.search.trajectory import EM_STEPS_PER_LOOK
from mixfold.sources import in_memory
from mixfold.typing import FloatArray, IntArray

MOVES_AT_ONCE = 6
"""Moves that climb in one call, at least, where it is short. So many exchanges of components are tried first; later
they take turns with components reseeded at random. As many in a row may fail even where starts have met on the best
optimum."""
SPLIT_AXES = 3
"""Principal axes along which a component is tried to split."""
POOLED_NUMBERS = SAMPLE_NUMBERS // 4
"""Of the covariances of pairs that are made at once, which have a few copies."""
N_PROMISING = 2
"""Of the splits of a mixture, of the merges that go with one, or of the merges of each component of a posterior, how
many are tried, the most promising."""
HALVES_SHARE = 0.75
"""Of the variance of a component along an axis, what lies between its halves at most."""
POWERS = 0.05, 0.1, 0.2
"""Of responsibilities, by which rows are shared out less surely: each twice the one before."""
N_REWEIGHTED = MOVES_AT_ONCE - len(POWERS) - 1
"""Times that rows are weighted at random: what is left of a call, beside one component at the least likely rows."""
SHARES = tuple(share for *_, share in WAYS if share)
"""Of the rows that a component has on average, how many a reseeded one begins with: as one of a start of groups."""


@dataclass(frozen=True, slots=True)
class Split:
    """Two components that could take the place of one.

    Attributes
    ----------
    component : int
    gain : float
        Log-likelihood that the rows of the component would gain, in nats.
    parts : Parameters
        Two components; weights sum to one.
    """

    component: int
    gain: float
    parts: Parameters


class Exchange(NamedTuple):
    """Two components to merge, and a third to split.

    Attributes
    ----------
    promise : float
        What the split gains less what the merge loses, in nats.
    pair : tuple of int
        The first of them takes the place of both, the other goes.
    split : Split
    """

    promise: float
    pair: tuple[int, int]
    split: Split


def exchanges(sample: Sample, mixture: Parameters, least_promise: float = -math.inf) -> list[Exchange]:
    """List exchanges, the most promising first: of each split with the merges of other components that lose least.

    Parameters
    ----------
    sample : Sample
    mixture : Parameters
        In the sample's family.
    least_promise : float
        What is asked for: the others promise less, however much exactly.
    """
    k = len(mixture.weights)
    if k < 3:
        return []
    first, second = _pairs(k)
    losses = merge_losses(mixture)[first, second] * np.sum(sample.weights)
    least = np.argsort(losses, kind="stable")[: k - 1 + N_PROMISING]  # a component is in k - 1 pairs
    merges = list(zip(losses[least].tolist(), first[least].tolist(), second[least].tolist(), strict=True))
    lost = [next((loss for loss, *pair in merges if at not in pair), math.inf) for at in range(k)]
    options = []
    for split in splits_of(sample, mixture, np.array(lost) + least_promise):
        others = (merge for merge in merges if split.component not in merge[1:])
        options += [Exchange(split.gain - loss, (one, two), split) for loss, one, two in islice(others, N_PROMISING)]
    options.sort(key=lambda option: -option.promise)
    return options


def exchanged(mixture: Parameters, options: Sequence[Exchange]) -> Iterator[Parameters]:
    """Yield for each exchange what `merged` makes of `with_split`, some of them made at once."""
    for begin in range(0, len(options), MOVES_AT_ONCE):
        yield from _at_once(mixture, options[begin : begin + MOVES_AT_ONCE])


def _at_once(mixture: Parameters, options: Sequence[Exchange]) -> Iterator[Parameters]:
    k, every = len(mixture.weights), np.arange(len(options))
    one, other = np.array([option.pair for option in options]).T
    at, parts = np.array([option.split.component for option in options]), [option.split.parts for option in options]
    shares = mixture.weights[at, None] * np.stack([each.weights for each in parts])
    halves = shares, np.stack([each.means for each in parts]), np.stack([each.covariances for each in parts])
    stays = np.arange(k + 1) != other[:, None]
    arrays = []
    for whole, two, pooled in zip(_copies(mixture), halves, _pooled(mixture, one, other), strict=True):
        array = np.concatenate([np.repeat(whole[None], len(options), axis=0), two[:, 1:]], axis=1)  # (m, K + 1, ...)
        array[every, at], array[every, one] = two[:, 0], pooled
        arrays.append(array[stays].reshape(len(options), k, *whole.shape[1:]))
    yield from map(Parameters, *arrays)


def reseeded(
    sample: Sample, mixture: Parameters, n_moved: Sequence[int], random_state: np.random.RandomState
) -> list[Parameters]:
    """Move components at random, so many for each result: every one becomes a random row and its neighbors.

    What neighbors are, and how many, is the same in some results side by side.
    """
    k = len(mixture.weights)
    moved = [random_state.permutation(k)[:number] for number in n_moved]  # as `choice`, for a third of its cost
    at = np.concatenate(moved)
    which = np.repeat(np.arange(len(moved)), [len(each) for each in moved])
    seeds, spaces = draw_rows(sample, len(at), random_state), [space.rows for space in sample.spaces.values()]
    groups = []
    for first in range(0, len(moved), MOVES_AT_ONCE):
        space, share = spaces[random_state.randint(len(spaces))], SHARES[random_state.randint(len(SHARES))] / k
        those = (which >= first) & (which < first + MOVES_AT_ONCE)
        groups.append(neighbors(space, seeds[those], share))
    new = sample.gathered(*groups)
    weights, means, covariances = (np.repeat(each[None], len(moved), axis=0) for each in _copies(mixture))
    weights[which, at], means[which, at], covariances[which, at] = 1.0 / k, new.means, new.covariances
    return list(map(Parameters, weights / np.sum(weights, axis=1, keepdims=True), means, covariances))


def isolated(sample: Sample, mixture: Parameters) -> Parameters:
    """Put a component at the least likely row and its nearest neighbors, and merge the two others that lose least.

    Random rows are seldom in a group of a few.
    """
    density = to_numpy(sample.fold.log_density(mixture.potentials(sample.family)))
    group = sample.shared_out(neighbors(next(iter(sample.spaces.values())).rows, np.array([np.argmin(density)]), 0.0))
    new, share = sample.model(1).maximize(group), group.weight / float(np.sum(sample.weights))
    losses = merge_losses(mixture)
    first, second = np.unravel_index(np.argmin(losses), losses.shape)
    others = merged(mixture, (int(first), int(second)))
    weights = np.append((1.0 - share) * others.weights, share)
    arrays = zip((others.means, others.covariances), (new.means, new.covariances), strict=True)
    return Parameters(weights, *(np.concatenate(pair) for pair in arrays))


def shared_anew(sample: Sample, mixture: Parameters, random_state: np.random.RandomState | None) -> list[Parameters]:
    """Give what rows make that are shared out anew, in each of these ways; without random numbers by powers alone."""
    shares = shares_of(sample, mixture)
    weighted = [] if random_state is None else reweighted(shares, random_state)
    return sample.components_of(softened(shares) + weighted)


def shares_of(sample: Sample, mixture: Parameters) -> FloatArray:
    """Give the responsibilities (n, K) of the rows."""
    return np.asarray(sample.fold.responsibilities(mixture.potentials(sample.family)), np.float64)


def softened(shares: FloatArray) -> list[FloatArray]:
    """Share rows out by powers of their responsibilities (n, K), below one."""
    powers = [np.maximum(shares, np.finfo(np.float64).tiny) ** POWERS[-1]]
    while len(powers) < len(POWERS):
        powers.insert(0, np.sqrt(powers[0]))
    return [each / np.einsum("nk->n", each)[:, None] for each in powers]


def reweighted(shares: FloatArray, random_state: np.random.RandomState) -> list[FloatArray]:
    """Share out rows of random weights, which are exponential as those of a Bayesian bootstrap (Rubin 1981)."""
    return list(shares * random_state.exponential(size=(N_REWEIGHTED, len(shares), 1)))


def merge_losses(mixture: Parameters) -> FloatArray:
    """Bound what merging each pair loses, in nats for each unit of weight (Runnalls 2007, eq. 22).

    Returns
    -------
    losses : ndarray of shape (K, K)
        Above the diagonal; infinite elsewhere.
    """
    found = split_merge.merge_losses(mixture.weights, mixture.means, mixture.covariances)
    if found is not None:
        return found
    k = len(mixture.weights)
    first, second = _pairs(k)
    half = half_log_determinant(mixture.covariances)
    losses = np.full((k, k), np.inf)
    at_once = max(1, POOLED_NUMBERS // mixture.covariances[0].size)
    for start in range(0, len(first), at_once):
        one, other = first[start : start + at_once], second[start : start + at_once]
        weights, _, covariances = _pooled(mixture, one, other)
        of_both = mixture.weights[one] * half[one] + mixture.weights[other] * half[other]
        losses[one, other] = weights * half_log_determinant(covariances) - of_both
    return losses


@lru_cache(maxsize=2)
def _pairs(n_components: int) -> tuple[IntArray, IntArray]:
    """Give the components of each pair, which moves from one mixture after another ask for."""
    first, second = np.triu_indices(n_components, 1)
    return first, second


def half_log_determinant(covariances: FloatArray) -> FloatArray:
    """Give 1/2 log|Sigma| of matrices (K, D, D), or of variances (K, D)."""
    if covariances.ndim == 2:
        return np.asarray(0.5 * np.log(covariances).sum(axis=1))
    return np.asarray(0.5 * np.linalg.slogdet(above_rounding(covariances.copy()))[1])


def splits_of(sample: Sample, mixture: Parameters, needed: FloatArray | None = None) -> list[Split]:
    """Split every component that has rows enough: fit two components to its rows, from cuts across its longest axes.

    Those that do not come to the gains (K,) that are needed may gain less than they would.
    """
    k, d = mixture.means.shape
    if sample.family.structure.is_matrix:
        least = 2.0 * sample.family.rows_needed(d)
        rules = split_merge.SplitRules(NEGLIGIBLE_SHARE, least, HALVES_SHARE, SPLIT_AXES, EM_STEPS_PER_LOOK)
        whole = mixture.weights, mixture.means, mixture.covariances
        rows = in_memory(sample.fold.source).values
        found = split_merge.split_components(rows, sample.weights, whole, sample.model(k).prior, rules, needed)
        if found is not None:
            parts = map(Parameters, found.weights, found.means, found.covariances)
            each = zip(range(k), found.gains.tolist(), parts, strict=True)
            return [Split(at, gain, halves) for at, gain, halves in each if not math.isnan(gain)]
    return _splits_on_tables(sample, mixture)


def _splits_on_tables(sample: Sample, mixture: Parameters) -> list[Split]:
    """Do so by EM on a table of rows for each component."""
    shares = sample.fold.responsibilities(mixture.potentials(sample.family)).T
    k, d = mixture.means.shape
    component, own = np.nonzero(shares > NEGLIGIBLE_SHARE)  # rows of one component after those of another
    weights = sample.weights[own] * shares[component, own]
    totals = np.bincount(component, weights, minlength=k)
    is_wide = totals >= 2 * sample.family.rows_needed(d)
    wide = np.flatnonzero(is_wide)
    if not len(wide):
        return []
    those = is_wide[component]
    ends = np.cumsum(np.bincount(component, minlength=k)[wide])
    spans = np.stack([np.append(0, ends[:-1]), ends], axis=1)
    tables = Tables(sample.as_folded(own[those]), weights[those], spans)
    whole = Parameters(np.ones((len(wide), 1)), mixture.means[wide, None], mixture.covariances[wide, None])
    halves = _halves(mixture.means[wide], mixture.covariances[wide])
    n_cuts = len(halves.weights) // len(wide)
    model = sample.model(k)
    one = em_of_tables(sample.fold, tables, whole, model, 0)
    two = em_of_tables(sample.fold, tables.repeated(n_cuts), halves, model, EM_STEPS_PER_LOOK)
    best = np.arange(len(wide)) * n_cuts + np.argmax(two.objective.reshape(-1, n_cuts), axis=1)
    gains = (two.log_likelihood[best] - one.log_likelihood) * totals[wide]
    return [
        Split(at, gain, Parameters(two.weights[cut], two.means[cut], two.covariances[cut]))
        for at, gain, cut in zip(wide.tolist(), gains.tolist(), best.tolist(), strict=True)
        if two.objective[cut] > -np.inf
    ]


def _halves(means: FloatArray, covariances: FloatArray) -> Parameters:
    """Give the two halves of components, for each of the cuts across their longest axes: (m * n_cuts, 2, ...)."""
    m, d = means.shape
    n_cuts = min(d, SPLIT_AXES)
    if covariances.ndim == 2:
        axes = np.argsort(-covariances, axis=1)[:, :n_cuts, None]  # (m, n_cuts, 1)
        deviations = np.zeros((m, n_cuts, d))
        np.put_along_axis(deviations, axes, np.sqrt(np.take_along_axis(covariances[:, None], axes, axis=2)), axis=2)
        insides = covariances[:, None] - HALVES_SHARE * deviations**2
    else:
        values, vectors = np.linalg.eigh(covariances)
        sizes = np.sqrt(np.maximum(values[:, : -n_cuts - 1 : -1], 0.0))
        deviations = sizes[:, :, None] * np.swapaxes(vectors[:, :, : -n_cuts - 1 : -1], 1, 2)
        insides = covariances[:, None] - HALVES_SHARE * (deviations[..., :, None] * deviations[..., None, :])
    steps = deviations[:, :, None] * np.array([-1.0, 1.0])[:, None]  # (m, n_cuts, 2, D)
    return Parameters(
        np.full((m * n_cuts, 2), 0.5),
        (means[:, None, None] + steps).reshape(m * n_cuts, 2, d),
        np.repeat(insides.reshape(m * n_cuts, 1, *covariances.shape[1:]), 2, axis=1),
    )


def grown(sample: Sample, mixture: Parameters, n_components: int) -> list[Parameters]:
    """Give a mixture, or where it has one component less that with the best split; none where no split is possible."""
    if len(mixture.weights) == n_components:
        return [mixture]
    splits = sorted(splits_of(sample, mixture), key=lambda split: -split.gain)
    return [with_split(mixture, split) for split in splits[:1]]


def with_split(mixture: Parameters, split: Split) -> Parameters:
    """Put the first half in the place of the component, the second at the end."""
    k, (weights, means, covariances) = split.component, _copies(mixture)
    weights[k], means[k], covariances[k] = (
        mixture.weights[k] * split.parts.weights[0],
        split.parts.means[0],
        split.parts.covariances[0],
    )
    return Parameters(
        np.append(weights, mixture.weights[k] * split.parts.weights[1]),
        np.concatenate([means, split.parts.means[1:]]),
        np.concatenate([covariances, split.parts.covariances[1:]]),
    )


def merged(mixture: Parameters, pair: tuple[int, int]) -> Parameters:
    """Replace two components by the one of the same mean and covariance."""
    first, second = pair
    weights, means, covariances = _copies(mixture)
    pooled = _pooled(mixture, np.array([first]), np.array([second]))
    weights[first], means[first], covariances[first] = (each[0] for each in pooled)
    keep = np.arange(len(weights)) != second
    return Parameters(weights[keep], means[keep], covariances[keep])


def _pooled(mixture: Parameters, first: IntArray, second: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give weights, means and covariances of pairs of components together."""
    pairs = np.stack([first, second], axis=1)  # (p, 2)
    weights = mixture.weights[first] + mixture.weights[second]
    is_some = weights[:, None] > 0.0
    shares = np.where(is_some, mixture.weights[pairs] / np.where(is_some, weights[:, None], 1.0), 0.5)
    return weights, *merged_moments(shares, mixture.means[pairs], mixture.covariances[pairs])


def _copies(mixture: Parameters) -> tuple[FloatArray, FloatArray, FloatArray]:
    return mixture.weights.copy(), mixture.means.copy(), mixture.covariances.copy()
