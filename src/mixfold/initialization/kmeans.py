"""K-means: the fold with hard assignment under one shared sphere (Lloyd 1982)."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import ClassVar, final

import numpy as np
from scipy.spatial.distance import cdist

from mixfold.engines import Assignment, Tables
from mixfold.engines.small_fits import kmeans_draws
from mixfold.fold import SAMPLE_ROWS, Fold
from mixfold.initialization.abstract import assigned, nearest
from mixfold.initialization.kmeans_plus_plus import least_inertia, spread_rows
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.sources import in_memory
from mixfold.statistics import SufficientStatistics
from mixfold.structures import SPHERICAL, Structure
from mixfold.typing import FloatArray, IntArray

MAX_ITERATIONS = 300
SHIFT = 1e-4
"""Lloyd's iterations end when the centers moved, in mean squares, by less than this share of what the rows are from
them: the tolerance of scikit-learn's `KMeans`."""
N_SEEDINGS = 3
"""Times that k-means++ is run where data are small, of which the centers that leave least inertia are taken."""
ONE_CALL = 1 << 22
"""Rows times centers times features up to which k-means is a single call of an engine that has it."""
MANY = 256
"""Centers from which on they are sought by groups of rows, and moved on a sketch, where a walk is `DEAR`."""
DEAR = 1 << 26
"""Rows times centers times features of a walk that costs as much as some tenths of a second."""
SKETCHED_EACH = 50
"""Rows of a sketch for each center."""
GROUP_STEPS, SKETCH_STEPS = 10, 2
"""Lloyd's iterations in a group, and then the fewest among all on the sketch: EM goes on from there."""
SKETCH_NUMBERS = 100 * DEAR
"""Products that these may take, up to as many iterations as in a group."""


@final
@dataclass(frozen=True, slots=True)
class KMeans:
    """Rows belong to the nearest center of a k-means solution that k-means++ began.

    Parameters
    ----------
    n_seedings : int, default=3
        Times that k-means++ is run where data are small, of which the best is taken.
    max_iterations : int, default=300
        Of Lloyd's, at most.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import KMeans
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> KMeans()(fold, 2, DIAGONAL, np.random.RandomState(0)).means.round(1).ravel()
    array([9., 1.])
    """

    name: ClassVar[str] = "kmeans"
    n_seedings: int = N_SEEDINGS
    max_iterations: int = MAX_ITERATIONS

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Run Lloyd's iterations on the same kernels and executor that EM uses."""
        found = self._in_one_call(fold, n_components, structure, [random_state])
        if found is not None:
            return found[0]
        tolerance = kmeans_tolerance(n_components, fold.source.n_features)
        is_dear = fold.source.n_rows * n_components * fold.source.n_features > DEAR
        if is_dear and n_components >= MANY:
            return self._of_sketch(fold, n_components, structure, random_state)
        rows = fold.sample(random_state)
        is_small = fold.source.n_rows <= rows_of_a_call(n_components, fold.source.n_features)
        n_seedings = self.n_seedings if is_small else 1
        seedings = [spread_rows(fold, rows, n_components, random_state) for _ in range(n_seedings)]
        centers = seedings[least_inertia([_inertia(rows, each) for each in seedings]) if len(seedings) > 1 else 0]
        fold = fold.search_device.fold(fold) if fold.search_device else fold
        a_walk = 0.0
        for _ in range(self.max_iterations):
            began = time.perf_counter()
            if began + 2.0 * a_walk > fold.deadline:  # another one follows in which the components are made
                break
            clusters = nearest(fold, centers, SPHERICAL)
            a_walk = time.perf_counter() - began
            gained = float(clusters.count @ np.sum((clusters.means - centers) ** 2, axis=1))
            centers = clusters.means
            if not gained > tolerance * float(np.sum(clusters.scatter)):
                break
        if time.perf_counter() + a_walk < fold.deadline:
            return nearest(fold, centers, structure)
        # The sample stands in for rows that there is no time for.
        statistics = nearest(fold.on_rows(rows), centers, structure)
        return statistics.scaled(fold.source.n_rows / len(rows.values))

    def _of_sketch(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Share all rows out once, between centers that a sketch of them has."""
        rows = fold.sample(random_state, max(SAMPLE_ROWS, SKETCHED_EACH * n_components))
        sketch = fold.on_rows(rows)
        centers = centers_by_groups(sketch, rows, n_components, random_state, min(self.max_iterations, GROUP_STEPS))
        affordable = SKETCH_NUMBERS // (n_components * rows.values.size)
        n_steps = min(max(affordable, SKETCH_STEPS), GROUP_STEPS, self.max_iterations)
        a_walk = 0.0
        for _ in range(n_steps):
            began = time.perf_counter()
            if began + a_walk * fold.source.n_rows / len(rows.values) > fold.deadline:
                break
            centers = assigned(sketch, centers, SPHERICAL).means
            a_walk = time.perf_counter() - began
        if time.perf_counter() + a_walk * fold.source.n_rows / len(rows.values) < fold.deadline:
            return assigned(fold, centers, structure)
        # The sketch stands in for rows that there is no time for.
        return assigned(sketch, centers, structure).scaled(fold.source.n_rows / len(rows.values))

    def several(
        self, fold: Fold, n_components: int, structure: Structure, random_states: Iterable[np.random.RandomState]
    ) -> list[SufficientStatistics]:
        """Give what each of some random states leads to, in one call of the engine where the data are few."""
        found = self._in_one_call(fold, n_components, structure, random_states)
        return found or [self(fold, n_components, structure, random_state) for random_state in random_states]

    def _in_one_call(
        self, fold: Fold, n_components: int, structure: Structure, random_states: Iterable[np.random.RandomState]
    ) -> list[SufficientStatistics] | None:
        """Let the engine do all of it, where it can and the data are few; else None, with nothing drawn."""
        source, batch = fold.source, fold.engine.batch
        if batch is None or not batch.computes(structure) or not source.is_in_memory:
            return None
        if source.n_rows > min(source.chunk_rows, rows_of_a_call(n_components, source.n_features)):
            return None
        n_draws = self.n_seedings * kmeans_draws(n_components)
        uniforms = np.array([random_state.uniform(size=n_draws) for random_state in random_states])
        centers, sums = batch.kmeans_of_tables(
            Tables(in_memory(source).values, source.weights, np.array([[0, source.n_rows]] * len(uniforms))),
            n_components,
            structure,
            uniforms,
            max_steps=self.max_iterations,
            tolerance=kmeans_tolerance(n_components, source.n_features),
        )
        found = [sums.of_chunk(at, each, source.n_rows) for at, each in enumerate(centers)]
        return [
            fold.recentered(statistics, Potentials.nearest(each), Assignment.HARD)
            if statistics.is_far_from_means
            else statistics
            for statistics, each in zip(found, centers, strict=True)
        ]


def centers_by_groups(
    fold: Fold, rows: Rows, n_centers: int, random_state: np.random.RandomState, max_iterations: int
) -> FloatArray:
    """Give centers (K, D) that k-means has in each of about sqrt(K) groups of rows, which it finds first.

    That costs some sqrt(K) distances for each row where k-means among all costs K. A group has centers in proportion
    to the power D / (D + 2) of its inertia, which leaves least of it where centers are many (Zador 1982).
    """
    n_groups, d = min(round(math.sqrt(n_centers)), MANY - 1), rows.values.shape[1]
    of_group = KMeans(n_seedings=1, max_iterations=max_iterations)
    found = of_group(fold, n_groups, SPHERICAL, random_state)
    labels = np.asarray(fold.labels(Potentials.nearest(found.means)))
    sizes = np.bincount(labels, minlength=n_groups)
    members = np.split(np.argsort(labels, kind="stable"), np.cumsum(sizes)[:-1])
    centers = []
    for those, n in zip(members, apportioned(found.scatter ** (d / (d + 2.0)), sizes, n_centers), strict=True):
        group = fold.on_rows(Rows(rows.values[those], rows.marks.take(those)))
        centers += [of_group(group, n, SPHERICAL, random_state).means] if n else []
    return np.concatenate(centers)


def apportioned(shares: FloatArray, most: IntArray, total: int) -> list[int]:
    """Give whole numbers of a sum, as near to shares as no one has more than its most (D'Hondt).

    Parameters
    ----------
    shares : ndarray of shape (n,)
        None negative.
    most : ndarray of int of shape (n,)
        Together at least `total`.
    total : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.initialization.kmeans import apportioned
    >>> apportioned(np.array([6.0, 3.0, 1.0]), np.array([2, 9, 9]), 10)
    [2, 6, 2]
    """
    numbers = [0] * len(shares)
    waiting = [(-share, at) for at, share in enumerate(shares.tolist()) if most[at]]
    heapify(waiting)
    for _ in range(total):
        at = heappop(waiting)[1]
        numbers[at] += 1
        if numbers[at] < most[at]:
            heappush(waiting, (-float(shares[at]) / (numbers[at] + 1), at))
    return numbers


def _inertia(rows: Rows, centers: FloatArray) -> float:
    """Give the inertia of rows about the nearest of some centers."""
    return float(rows.weights_or_ones @ np.min(cdist(centers, rows.values, "sqeuclidean"), axis=0))


def rows_of_a_call(n_components: int, n_features: int) -> int:
    """Count the rows up to which k-means is so little work that an engine may do it in one call.

    Examples
    --------
    >>> from mixfold.initialization.kmeans import rows_of_a_call
    >>> rows_of_a_call(2, 2), rows_of_a_call(100, 64)
    (1048576, 655)
    """
    return ONE_CALL // (n_components * n_features)


def kmeans_tolerance(n_components: int, n_features: int) -> float:
    """Give the share of the inertia below which a step of k-means lowers it when the centers have come to rest.

    Examples
    --------
    >>> from mixfold.initialization.kmeans import kmeans_tolerance
    >>> kmeans_tolerance(5, 2)
    1e-05
    """
    return SHIFT / (n_components * n_features)
