"""Starts for a number of components that all families of a sweep share, and those that a neighbor in the grid gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mixfold.covariance import family_for
from mixfold.models import Problem
from mixfold.parameters import Parameters
from mixfold.search.grid_model import GridModel
from mixfold.search.hierarchy import Hierarchy
from mixfold.search.integrated import has_few_each
from mixfold.search.race import EM_STEPS_OF_ROUNDS, N_STAYING, Race
from mixfold.search.sample import MOST_PAIRWISE_ROWS, NEIGHBORS, STANDARDIZED, Sample
from mixfold.search.split_merge import HALVES_SHARE, N_PROMISING, splits_of, with_split
from mixfold.search.start import Start
from mixfold.search.starting_values import STARTS_AT_A_TIME, kmeans, starting_values
from mixfold.search.trajectory import SOON_RESTING, begun
from mixfold.typing import FloatArray, IntArray

N_RANDOM = STARTS_AT_A_TIME - 1
"""Random starts where components have few rows for their own parameters, which have many optima then."""


@dataclass(frozen=True, slots=True)
class SharedStarts:
    """What makes starts: a sample of the rows, and its hierarchies, which are cut anew for each number of components.

    Attributes
    ----------
    sample : Sample
    trees : dict of str to (Hierarchy, ndarray)
        For each space Ward's hierarchy and the indices of the rows in it.
    seed : int
    """

    sample: Sample
    trees: dict[str, tuple[Hierarchy, IntArray]]
    seed: int

    @classmethod
    def of(cls, sample: Sample, seed: int) -> Self:
        """Build the hierarchies."""
        random_state = np.random.RandomState(seed)
        n = len(sample.rows)
        few = np.arange(n)
        if n > MOST_PAIRWISE_ROWS:
            few = np.sort(random_state.choice(n, MOST_PAIRWISE_ROWS, replace=False))
        trees = {name: (Hierarchy.of(sample.spaces[name].rows[few]), few) for name in _spaces(sample)}
        return cls(sample, trees, seed)

    def race(self, n_components: int, smaller: Parameters | None, *, is_short: bool = False) -> list[Start]:
        """Race starts in the sample's family and give the best first.

        None leaves for want of hope: in another family it may be the best.

        Parameters
        ----------
        n_components : int
        smaller : Parameters or None
            The best mixture of one component less, in the shape of the sample's family: its components are split.
        is_short : bool, default=False
            Whether work is short: components with few rows for their own parameters get fewer starts and steps than
            others then, and not more.
        """
        sample = self.sample
        if n_components == 1:
            return [Start("all rows", sample.components(np.ones((len(sample.rows), 1))), sample.family)]
        has_few = has_few_each(float(np.sum(sample.weights)), n_components, sample.rows.shape[1])
        problem = Problem(sample.fold, sample.model(n_components))
        is_brief = has_few and is_short
        entries = self._entries(
            n_components, smaller, more=has_few and not is_short, n_splits=1 if is_brief else N_PROMISING
        )
        if is_brief:
            race = Race(begun(problem, entries, EM_STEPS_OF_ROUNDS[0], SOON_RESTING)[0])
            race.keep(1)
        else:
            race = Race(begun(problem, entries, EM_STEPS_OF_ROUNDS[0])[0])
            if not has_few:
                race.keep(N_STAYING)  # else more steps come before
            race.run(EM_STEPS_OF_ROUNDS[1], N_STAYING)
        return [Start(racer.name, racer.point.parameters, sample.family) for racer in race.racers]

    def _entries(
        self, n_components: int, smaller: Parameters | None, *, more: bool = False, n_splits: int = N_PROMISING
    ) -> list[Start]:
        sample, k = self.sample, n_components
        random_state = np.random.RandomState([self.seed, k])
        entries = []
        for space, (tree, rows) in self.trees.items():
            clusters = sample.parted([rows[part] for part in tree.cut(k)])
            entries.append((f"Ward, {space}", sample.model(k).maximize(clusters)))
        for space in _spaces(sample):
            clusters = kmeans(sample, k, space, random_state)
            entries.append((f"k-means, {space}", sample.model(k).maximize(clusters)))
        if smaller is not None and len(smaller.weights) == k - 1:
            splits = sorted(splits_of(sample, smaller), key=lambda split: -split.gain)
            entries += [("split", with_split(smaller, split)) for split in splits[:n_splits]]
        starts = [Start(name, components, sample.family) for name, components in entries]
        return [*starts, *(starting_values(sample, k, N_RANDOM, random_state) if more else ())]


def _spaces(sample: Sample) -> list[str]:
    """Name the ways to measure distance that the race uses."""
    return [name for name in (NEIGHBORS, STANDARDIZED) if name in sample.spaces]


def dense_start(sample: Sample, cell: GridModel | None) -> Parameters | None:
    """Give the components of a cell in the shape of the sample's family."""
    if cell is None or cell.parameters is None:
        return None
    return sample.dense(cell.parameters, family_for(cell.covariance_type))


def ends_of(cells: Iterable[GridModel | None]) -> list[Start]:
    """Begin where other cells ended."""
    return [
        Start(f"end of {cell.covariance_type}", cell.parameters, family_for(cell.covariance_type))
        for cell in cells
        if cell is not None and cell.parameters is not None
    ]


def ends_on_all_rows(
    cells: Iterable[GridModel], n_components: int, families: Sequence[str], n_features: int
) -> list[Start]:
    """Begin in a part of the rows where as many components ended on all of them: in some families, or else in any."""
    level = [cell for cell in cells if cell.n_components == n_components and cell.has_features(n_features)]
    return ends_of([cell for cell in level if cell.covariance_type in families] or level[:1])


def halved(sample: Sample, mixture: Parameters, n_components: int) -> Parameters | None:
    """Cut the components that look least like one across their longest axes, until there are `n_components`.

    A component looks the less like one, the more its rows lie in two heaps along the axis: with a = E|t| for the
    standardized coordinate t, two halves gain ``-1/2 log(1 - a^2) - log 2`` nats a row, which is -0.19 for a normal
    distribution.

    Returns
    -------
    mixture : Parameters or None
        None if no component has rows enough for two.
    """
    current = mixture
    while len(current.weights) < n_components:
        following = _one_halved(sample, current)
        if following is None:
            return None
        current = following
    return current


def _one_halved(sample: Sample, mixture: Parameters) -> Parameters | None:
    shares = sample.fold.responsibilities(mixture.potentials(sample.family))
    counts = sample.weights @ shares
    needed = 2 * sample.family.rows_needed(sample.rows.shape[1])
    if not np.any(counts >= needed):
        return None
    axes, tiny = _longest_axes(mixture.covariances), np.finfo(np.float64).tiny  # (k, d)
    middle = counts @ mixture.means / np.sum(counts)
    along = (sample.rows - middle) @ axes.T  # (n, k)
    along -= np.sum((mixture.means - middle) * axes, axis=1)
    np.abs(along, out=along)
    along *= shares
    spread = (sample.weights @ along) / np.maximum(counts * np.sum(axes**2, axis=1), tiny)
    betweens = np.minimum(spread**2, HALVES_SHARE)
    gains = counts * (-0.5 * np.log(1.0 - betweens) - np.log(2.0))
    k = int(np.argmax(np.where(counts >= needed, gains, -np.inf)))
    between, axis = betweens[k], axes[k]
    weights = np.append(mixture.weights, 0.5 * mixture.weights[k])
    weights[k] *= 0.5
    step = np.sqrt(between) * axis
    means = np.concatenate([mixture.means, (mixture.means[k] + step)[None]])
    means[k] -= step
    inside = mixture.covariances[k] - between * (np.outer(axis, axis) if mixture.covariances.ndim == 3 else axis**2)
    covariances = np.concatenate([mixture.covariances, inside[None]])
    covariances[k] = inside
    return Parameters(weights, means, covariances)


def _longest_axes(covariances: FloatArray) -> FloatArray:
    """Give each component's longest axis, (K, D), of the length of the standard deviation along it."""
    if covariances.ndim == 2:
        longest = np.argmax(covariances, axis=1)[:, None] == np.arange(covariances.shape[1])
        return np.where(longest, np.sqrt(covariances), 0.0)
    values, vectors = np.linalg.eigh(covariances)
    axes: FloatArray = np.sqrt(np.maximum(values[:, -1:], 0.0)) * vectors[:, :, -1]
    return axes
