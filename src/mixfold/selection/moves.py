"""Moves between local optima that leave the number of components as it is.

*Exchange* (Ueda et al. 2000): merge two components and split a third, in the order of what splitting gains less what
merging loses. Both are estimated before anything is done: the loss by a bound from the parameters (Runnalls 2007), the
gain by fitting two components to the rows of one. The bound is so wide that even the best promise is often negative.
*Reseed*: put one or two components somewhere else at random.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mixfold.covariance.triangular import above_rounding
from mixfold.errors import CollapseError
from mixfold.fitting import Point, Problem, climb
from mixfold.parameters import Parameters
from mixfold.selection.portfolio import draw_rows, neighbors
from mixfold.selection.sample import Sample
from mixfold.typing import FloatArray

SPLIT_STEPS = 10
SPLIT_AXES = 3
"""Principal axes along which a component is tried to split."""
SHARES = (0.3, 0.6, 1.0)
"""Of the rows that a component has on average, how many a reseeded one begins with."""


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


def exchanges(sample: Sample, mixture: Parameters) -> Iterator[Parameters]:
    """Yield mixtures in which two components are merged and another is split, the most promising first.

    Parameters
    ----------
    sample : Sample
    mixture : Parameters
        In the sample's family.
    """
    k = len(mixture.weights)
    if k < 3:
        return
    losses = merge_losses(sample, mixture) * np.sum(sample.weights)
    splits = splits_of(sample, mixture)
    first, second = np.triu_indices(k, 1)
    options = [
        (split.gain - losses[i, j], int(i), int(j), split)
        for split in splits
        for i, j in zip(first, second, strict=True)
        if split.component not in (i, j)
    ]
    options.sort(key=lambda option: -option[0])
    used: dict[int, int] = {}
    for _, i, j, split in options:
        used[split.component] = used.get(split.component, 0) + 1
        if used[split.component] <= 2:
            yield merged(with_split(mixture, split), (i, j))


def reseeded(
    sample: Sample, mixture: Parameters, n_moved: Sequence[int], random_state: np.random.RandomState
) -> list[Parameters]:
    """Move components at random, so many for each result: every one becomes a random row and its neighbors."""
    k, n = len(mixture.weights), len(sample.rows)
    moved = [random_state.choice(k, min(number, k), replace=False) for number in n_moved]
    shares = np.zeros((n, sum(map(len, moved))))
    seeds = draw_rows(sample, shares.shape[1], random_state)
    first = np.cumsum([0, *map(len, moved)])
    spaces = [space.rows for space in sample.spaces.values()]
    for start, end in pairwise(first):
        space, share = spaces[random_state.randint(len(spaces))], SHARES[random_state.randint(len(SHARES))] / k
        for column in range(start, end):
            shares[neighbors(space, seeds[column], share), column] = 1.0
    new = sample.components(shares)
    results = []
    for at, start, end in zip(moved, first, first[1:], strict=False):
        weights, means, covariances = _copies(mixture)
        weights[at], means[at], covariances[at] = 1.0 / k, new.means[start:end], new.covariances[start:end]
        results.append(Parameters(weights / np.sum(weights), means, covariances))
    return results


def merge_losses(sample: Sample, mixture: Parameters) -> FloatArray:
    """Bound what merging each pair loses, in nats for each unit of weight (Runnalls 2007, eq. 22).

    Returns
    -------
    losses : ndarray of shape (K, K)
        Above the diagonal; infinite elsewhere.
    """
    k = len(mixture.weights)
    first, second = np.triu_indices(k, 1)
    pairs = [_pooled(mixture, (int(i), int(j))) for i, j in zip(first, second, strict=True)]
    half = -half_log_precision(sample, mixture.covariances)
    of_pairs = -half_log_precision(sample, np.stack([covariance for _, _, covariance in pairs]))
    weights = np.array([weight for weight, _, _ in pairs])
    losses = np.full((k, k), np.inf)
    losses[first, second] = (
        weights * of_pairs - mixture.weights[first] * half[first] - mixture.weights[second] * half[second]
    )
    return losses


def half_log_precision(sample: Sample, covariances: FloatArray) -> FloatArray:
    """Give -1/2 log|Sigma| of covariances in the sample's family."""
    if covariances.ndim == 3:
        covariances = above_rounding(covariances.copy())  # of components a million deviations apart together
    whitener = sample.family.whiten(covariances)
    return sample.family.half_log_precision(whitener, len(covariances), sample.rows.shape[1])


def splits_of(sample: Sample, mixture: Parameters) -> list[Split]:
    """Split every component that has rows enough."""
    shares = sample.fold.responsibilities(mixture.potentials(sample.family))
    splits = (_split_of(sample, mixture, component, shares[:, component]) for component in range(shares.shape[1]))
    return [split for split in splits if split is not None]


def _split_of(sample: Sample, mixture: Parameters, component: int, share: FloatArray) -> Split | None:
    """Fit two components to the rows of one, from cuts across its longest axes; None if it has too few rows."""
    own = share > 1e-3
    weights = sample.weights[own] * share[own]
    d = sample.rows.shape[1]
    if np.sum(weights) < 2 * sample.family.rows_needed(d):
        return None
    k = len(mixture.weights)
    problem = Problem(sample.over(sample.rows[own], weights), sample.family, sample.prior(k))
    mean, covariance = mixture.means[component], mixture.covariances[component]
    one = climb(problem, Parameters(np.ones(1), mean[None], covariance[None]), 0).point
    best: Point | None = None
    for deviation, inside in _cuts(covariance):
        halves = Parameters(np.full(2, 0.5), mean + np.array([-deviation, deviation]), np.stack([inside, inside]))
        try:
            two = climb(problem, halves, SPLIT_STEPS).point
        except CollapseError:
            continue
        if best is None or two.objective > best.objective:
            best = two
    if best is None:
        return None
    gain = (best.log_likelihood - one.log_likelihood) * best.statistics.weight
    return Split(component, gain, best.parameters)


def _cuts(covariance: FloatArray) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield the step from the center of a component to that of either half, and the covariance of a half."""
    if covariance.ndim == 1:
        for axis in np.argsort(-covariance)[:SPLIT_AXES]:
            deviation = np.zeros_like(covariance)
            deviation[axis] = np.sqrt(covariance[axis])
            yield deviation, covariance - 0.75 * deviation**2
        return
    values, vectors = np.linalg.eigh(covariance)
    for axis in range(len(values) - 1, max(len(values) - 1 - SPLIT_AXES, -1), -1):
        deviation = np.sqrt(max(values[axis], 0.0)) * vectors[:, axis]
        yield deviation, covariance - 0.75 * np.outer(deviation, deviation)


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
    weights[first], means[first], covariances[first] = _pooled(mixture, pair)
    keep = np.arange(len(weights)) != second
    return Parameters(weights[keep], means[keep], covariances[keep])


def _pooled(mixture: Parameters, pair: tuple[int, int]) -> tuple[float, FloatArray, FloatArray]:
    """Give weight, mean and covariance of two components together."""
    index = list(pair)
    weight = float(np.sum(mixture.weights[index]))
    share = mixture.weights[index] / weight if weight > 0.0 else np.full(2, 0.5)
    mean = share @ mixture.means[index]
    offset = mixture.means[index] - mean
    between = (share[:, None] * offset).T @ offset if mixture.covariances.ndim == 3 else share @ offset**2
    return weight, mean, np.tensordot(share, mixture.covariances[index], axes=1) + between


def _copies(mixture: Parameters) -> tuple[FloatArray, FloatArray, FloatArray]:
    return mixture.weights.copy(), mixture.means.copy(), mixture.covariances.copy()
