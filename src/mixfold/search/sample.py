"""The rows that a search looks at, and the distances it measures them by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Self, TypeAlias

import numpy as np
from scipy.spatial.distance import cdist

from mixfold.covariance import FAMILIES, CovarianceFamily, Prior
from mixfold.covariance.abstract import cholesky, positive_definite, positive_variances
from mixfold.covariance.triangular import inverse_of_lower
from mixfold.engines.groups import Group, groups_of
from mixfold.engines.neighbors import neighbor_metric
from mixfold.fitting import DataScale
from mixfold.fitting.invariant_coordinates import LEAST, MATRIX_FEATURES, InvariantCoordinates
from mixfold.fitting.pilots import COARSE
from mixfold.fitting.within import SCALE_ROWS
from mixfold.fold import SAMPLE_ROWS, Fold
from mixfold.fold.sampling import ascending
from mixfold.models import Penalized, PenalizedProblem, Problem
from mixfold.parameters import Parameters
from mixfold.rows import Marks, Rows
from mixfold.statistics import SufficientStatistics
from mixfold.typing import Array, FloatArray, IntArray

SAMPLE_NUMBERS = SAMPLE_ROWS * 4 * MATRIX_FEATURES
"""Of wide data a search looks at so many numbers, 32 MiB, if they make rows enough for the covariances."""
RACE_ROWS = SAMPLE_ROWS // 8
"""Rows of a sample that a race looks at."""
MOST_PAIRWISE_ROWS = SCALE_ROWS // 2
"""Rows that are compared pairwise, as neighbors or in a hierarchy; they are also enough to see how two groups lie."""
NEIGHBOR_ROWS = MOST_PAIRWISE_ROWS // 4
"""Rows whose neighbors are found, and found anew."""
NEGLIGIBLE_SHARE = 1e-3
"""Below it a row is none of a component's, and pairs of components that share no more are ordered by their distance;
no direction has less of the mean variance of differences. So much counts what shall hardly count."""

COORDINATES, STANDARDIZED, NEIGHBORS, WHITENED = "coordinates", "standardized", "neighbors", "whitened"
OF_MANY_VALUES, WITHIN = "of many values", "within"
"""Names of the spaces of a sample: see `_metrics`, and the last two `Sample.of`."""


def rows_looked_at(n_features: int, needed: int) -> int:
    """Give how many rows a search looks at, where a race needs so many: no more, where these are nearly all of them.

    Beside three quarters of the rows the others are no less work: EM would converge on both.

    Examples
    --------
    >>> from mixfold.search.sample import rows_looked_at
    >>> rows_looked_at(2, 1000), rows_looked_at(32, 13_200), rows_looked_at(32, 20_000)
    (16384, 13200, 16384)
    """
    most = min(SAMPLE_ROWS, max(SAMPLE_NUMBERS // n_features, needed))
    return min(most, needed) if 4 * needed > 3 * most else most


Measured: TypeAlias = Callable[[], FloatArray]
"""Gives a metric."""


@dataclass(frozen=True, slots=True)
class Space:
    """Features in which distance is Euclidean.

    Attributes
    ----------
    measured : callable
        Gives the map from the data's features, (n_features, n_features) or (n_features,): easy data never ask for some.
    inside : ndarray of shape (n, n_features)
        The rows as a sample has them.
    """

    measured: Measured
    inside: FloatArray
    _rows: list[FloatArray] = field(default_factory=list, repr=False, compare=False)
    _inverse: list[FloatArray] = field(default_factory=list, repr=False, compare=False)

    @property
    def metric(self) -> FloatArray:
        """That map."""
        return self.measured()

    @property
    def rows(self) -> FloatArray:
        """The rows under that map, (n, n_features): most searches ask a part of a sample alone for them."""
        if not self._rows:
            self._rows.append(self.inside * self.metric if self.metric.ndim == 1 else self.inside @ self.metric.T)
        return self._rows[0]

    def statistics_back(self, statistics: SufficientStatistics) -> SufficientStatistics:
        """Give statistics of rows of this space as those of the data's features."""
        one, structure = statistics, statistics.structure
        if not self._inverse:
            inverse = 1.0 / self.metric if self.metric.ndim == 1 else np.linalg.inv(self.metric)
            self._inverse.append(np.asarray(inverse, np.float64))
        inverse = self._inverse[0]
        center, shift = (rows * inverse if inverse.ndim == 1 else rows @ inverse.T for rows in (one.center, one.shift))
        scatter = structure.mapped(one.scatter, inverse)
        # Not `replace`, which costs as much as all of this.
        return SufficientStatistics(
            center, one.count, shift, scatter, structure, one.log_likelihood, one.n_rows, one.weight
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows in memory, with the shape in which a search thinks about components.

    Whatever family is fitted, starts and moves are made of components that each have their own covariance; the family's
    M step then takes from them what it can hold.

    Attributes
    ----------
    rows, weights : ndarray of shape (n, n_features), (n,)
        In the coordinates of `coordinates`.
    coordinates : InvariantCoordinates
    data_scale : DataScale
        Of all rows, in their own features.
    fold : Fold
        Over these rows, in the precision of the coordinates.
    family : CovarianceFamily
        Full covariances; diagonal ones above `MATRIX_FEATURES` features.
    scale : ndarray
        Covariance of the rows, in the shape of one component of `family`.
    spaces : dict of str to Space
        Ways to measure distance: see `_metrics`, and `_of_many_values`.
    n_components : int or None
        What the sample is for, if that is known: the number of components that priors are for.
    """

    rows: FloatArray
    weights: FloatArray
    coordinates: InvariantCoordinates
    data_scale: DataScale
    fold: Fold
    family: CovarianceFamily
    scale: FloatArray
    spaces: dict[str, Space]
    n_components: int | None = None
    _models: dict[int, Penalized] = field(default_factory=dict, repr=False)
    _folds: dict[str, Fold] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        fold: Fold,
        family: CovarianceFamily | None,
        data_scale: DataScale,
        random_state: np.random.RandomState,
        n_rows: int,
        n_components: int | None = None,
    ) -> Self:
        """Draw at most `n_rows` rows, for a search in a family, or in the data's own units for one in many."""
        rows, weights = data_scale.drawn(fold, random_state, n_rows)
        near = data_scale.near(rows, weights)
        nearby = (rows, weights) if (all_near := np.all(near)) else (rows[near], weights[near])
        if family:
            known = data_scale.coordinates(rows, family)
            coordinates = known or InvariantCoordinates.of(*nearby, family, rows[~near])
        else:
            coordinates = InvariantCoordinates.identity(rows.shape[1])
        rows = coordinates.into(rows)
        order = ascending(rows @ np.cos(np.arange(rows.shape[1])))  # as `Fold.sample`, whatever units
        rows, weights, near = rows[order], weights[order], near[order]
        family = FAMILIES["full" if rows.shape[1] <= MATRIX_FEATURES else "diag"]
        nearby = (rows, weights) if all_near else (rows[near], weights[near])
        scale = _scale(fold.on_rows(Rows(nearby[0], Marks.of_weights(nearby[1]))), coordinates, family)
        metrics = _metrics(*nearby, coordinates)
        if n_components and family.structure.is_matrix and coordinates.linear.ndim:
            if (of_many := _of_many_values(data_scale, coordinates)) is not None:
                metrics[OF_MANY_VALUES] = lambda: of_many
            linear, within = np.asarray(coordinates.linear), Prior(data_scale.within(n_components, is_matrix=True))
            metrics[WITHIN] = lambda: _rounding(within.mapped(linear, family.structure).scale)
        spaces = {name: Space(cache(measured), rows) for name, measured in metrics.items()}
        over = fold.on_rows(Rows(rows.astype(coordinates.precision), Marks.of_weights(weights)))
        return cls(rows, weights, coordinates, data_scale, over, family, scale, spaces, n_components)

    def part(self, n_rows: int, random_state: np.random.RandomState) -> Self:
        """Give the sample of `n_rows` of these rows, at random; all of them if there are no more."""
        n = len(self.rows)
        if n_rows >= n:
            return self
        drawn = np.sort(random_state.choice(n, n_rows, replace=False))
        rows, weights = self.rows[drawn], self.weights[drawn]
        spaces = {name: Space(space.measured, rows) for name, space in self.spaces.items()}
        return replace(self, rows=rows, weights=weights, fold=self.over(rows, weights), spaces=spaces, _folds={})

    def over(self, rows: FloatArray, weights: FloatArray) -> Fold:
        """Give a fold over other rows, in the precision of these."""
        return self.fold.on_rows(Rows(rows.astype(self.coordinates.precision), Marks.of_weights(weights)))

    def over_space(self, name: str) -> Fold:
        """Give the fold over the rows in a space."""
        if name not in self._folds:
            self._folds[name] = self.over(self.spaces[name].rows, self.weights)
        return self._folds[name]

    def as_folded(self, indices: IntArray) -> Array:
        """Give some of the rows as the fold has them."""
        return self.rows[indices].astype(self.coordinates.precision)

    def problem(self, whole: PenalizedProblem) -> PenalizedProblem:
        """Give a problem that was posed of all rows for these."""
        return Problem(self.fold, self._here(whole.model))

    def model(self, n_components: int) -> Penalized:
        """Give that of a fit by default, for starts and moves."""
        k = self.n_components or n_components
        if k not in self._models:
            self._models[k] = self._here(Penalized(self.family, self.data_scale.prior(self.family, k)))
        return self._models[k]

    def _here(self, model: Penalized) -> Penalized:
        """Give a model of the data's features for the coordinates, where the weight of a row is at least one."""
        return model.mapped(np.asarray(self.coordinates.linear), 1.0 / self.data_scale.row_weight)

    def alike(self, n_components: int) -> Parameters:
        """Give the components of equal covariance from which the scale of the data was taken."""
        is_matrix = self.family.structure.is_matrix
        alike = self.data_scale.alike(n_components, is_matrix=is_matrix)
        each = Prior(alike.covariances).mapped(np.asarray(self.coordinates.linear), self.family.structure).scale
        k = len(alike.weights)
        return Parameters(alike.weights, self.coordinates.into(alike.means), np.repeat(each[None], k, axis=0))

    def components(self, shares: FloatArray) -> Parameters:
        """Give the components that rows make when shared out as (n, K); rows may be left out."""
        return self.components_of([shares])[0]

    def components_of(self, sharings: Sequence[FloatArray]) -> list[Parameters]:
        """Give those of each of some sharings (n, K), all by one M step, whose calls cost more than few rows do."""
        n_sharings, k = len(sharings), sharings[0].shape[1]
        shares = np.concatenate(sharings, axis=1, dtype=self.coordinates.precision, casting="same_kind")
        told = self.fold.centered_moments(lambda rows: shares[rows.span], n_sharings * k, self.family.structure)
        every = self.model(k).maximize(told)
        counts = told.count.reshape(n_sharings, k)
        weights = counts / counts.sum(axis=1, keepdims=True)
        arrays = (array.reshape(n_sharings, k, *array.shape[1:]) for array in (every.means, every.covariances))
        return list(map(Parameters, weights, *arrays))

    def gathered(self, *groups: Group) -> Parameters:
        """Give the components that rows make of which each has a group."""
        return self.model(sum(len(group.seeds) for group in groups)).maximize(self.shared_out(*groups))

    def shared_out(self, *groups: Group) -> SufficientStatistics:
        """Give what rows say of which each component has a group."""
        return groups_of(groups, self.rows, self.weights, self.family.structure)

    def parted(self, parts: Sequence[IntArray]) -> SufficientStatistics:
        """Give what rows say of which each component has its own part, by their indices; others are left out."""
        at, sizes = np.concatenate(parts), np.array([len(part) for part in parts])
        ends = np.cumsum(sizes)
        begins = ends - sizes
        rows, weights = self.rows[at], self.weights[at, None]
        count = np.add.reduceat(weights[:, 0], begins)
        center = np.add.reduceat(weights * rows, begins) / count[:, None]
        rows -= np.repeat(center, sizes, axis=0)
        weighted = weights * rows
        spans = list(map(slice, begins.tolist(), ends.tolist()))
        structure = self.family.structure
        scatter = (
            np.array([weighted[span].T @ rows[span] for span in spans])
            if structure.is_matrix
            else np.add.reduceat(weighted * rows, begins)
        )
        shift, weight = np.zeros_like(center), float(np.sum(count))
        return SufficientStatistics(center, count, shift, scatter, structure, 0.0, len(self.rows), weight)

    def shared_out_as(self, components: Parameters) -> SufficientStatistics:
        """Give what rows would say that are shared out as some components are."""
        count = components.weights * np.sum(self.weights)
        scatter = count.reshape(-1, *([1] * self.scale.ndim)) * components.covariances
        shift, weight = np.zeros_like(components.means), float(np.sum(self.weights))
        structure = self.family.structure
        return SufficientStatistics(components.means, count, shift, scatter, structure, 0.0, len(self.rows), weight)

    def dense(self, parameters: Parameters, family: CovarianceFamily) -> Parameters:
        """Give the parameters of any family in the shape of this one."""
        k, d = parameters.means.shape
        of_structure = family.variances if self.scale.ndim == 1 else family.dense
        covariances = of_structure(parameters.covariances, k, d)
        return Parameters(parameters.weights, parameters.means, covariances)


def _scale(fold: Fold, coordinates: InvariantCoordinates, family: CovarianceFamily) -> FloatArray:
    """Give the covariance of all rows, in the shape of one component of a family."""
    if coordinates.is_white:
        # By construction; only, rows have no spread where features are collinear, and there the data's is ridged.
        return np.eye(len(coordinates.center))
    everything = fold.centered_moments(lambda rows: np.ones((rows.n, 1)), 1, family.structure)
    return family.scale(everything.about_means, everything.weight, everything.means[0])


def _metrics(rows: FloatArray, weights: FloatArray, coordinates: InvariantCoordinates) -> dict[str, Measured]:
    """Name the metrics: what lies between neighbors alike in every direction, and the coordinates as they are.

    Differences between neighbors are within clusters, so that a metric in which they are round sees clusters round
    (Art, Gnanadesikan & Kettenring 1982). Coordinates that are not yet uncorrelated are whitened in the second one.
    """
    d = rows.shape[1]
    share = weights / np.sum(weights)
    center = share @ rows
    unit = 1.0 / np.sqrt(positive_variances(share @ (rows - center) ** 2, center))
    metrics: dict[str, Measured] = {COORDINATES: lambda: np.ones(d)}
    if coordinates.linear.ndim == 0:
        metrics[STANDARDIZED] = lambda: unit
    if d == 1 or d > MATRIX_FEATURES:
        return metrics
    metrics = {NEIGHBORS: lambda: _of_neighbors(rows, unit), **metrics}
    if not coordinates.is_white:
        standardized = (rows - center) * unit
        correlation = positive_definite((share[:, None] * standardized).T @ standardized, np.zeros(d))
        metrics[WHITENED] = lambda: inverse_of_lower(cholesky(correlation, "covariance")) * unit
    return metrics


def _of_many_values(scale: DataScale, coordinates: InvariantCoordinates) -> FloatArray | None:
    """Give the metric of standardized features in which those of a few values hardly count; None without both kinds.

    Other units do not change it; a matrix would, but through that no column is of a few values.
    """
    is_coarse = scale.value_variances > COARSE * scale.variances
    if not np.any(is_coarse) or np.all(is_coarse):
        return None
    share = np.where(is_coarse, NEGLIGIBLE_SHARE, 1.0) / np.sqrt(scale.variances)
    inverse = np.asarray(coordinates.inverse)
    return share * inverse if inverse.ndim == 1 else share[:, None] * inverse


def _rounding(covariance: FloatArray) -> FloatArray:
    """Give the lower-triangular map after which rows of a covariance are alike in every direction."""
    deviations = np.sqrt(np.diag(covariance))
    is_lost = deviations <= LEAST  # the squares of what is divided by less are beyond all numbers
    deviations = np.where(is_lost, LEAST, deviations)
    correlations = covariance / deviations / deviations[:, None]
    correlations[is_lost, is_lost] = 1.0
    return inverse_of_lower(cholesky(correlations, "covariance")) / deviations


def _of_neighbors(rows: FloatArray, unit: FloatArray) -> FloatArray:
    """Give the metric of what lies between neighbors, which are found anew in the one that the first give."""
    # A row that is there twice is no neighbor of itself: weights and repeated rows give the same metric.
    distinct = rows[np.append(True, np.any(rows[1:] != rows[:-1], axis=1))]
    rows = distinct[np.linspace(0, len(distinct) - 1, min(len(distinct), NEIGHBOR_ROWS)).astype(np.intp)]
    n, d = rows.shape
    if n < 2:
        return np.diag(unit)
    n_neighbors = min(n - 1, max(3, d // 2))
    found = neighbor_metric(rows, unit, n_neighbors, NEGLIGIBLE_SHARE)
    if found is not None:
        return found
    first = _rounding_neighbors(rows @ np.diag(unit), n_neighbors) @ np.diag(unit)
    return _rounding_neighbors(rows @ first.T, n_neighbors) @ first


def _rounding_neighbors(rows: FloatArray, n_neighbors: int) -> FloatArray:
    """Give the lower-triangular map after which differences between neighbors are alike in every direction."""
    n, d = rows.shape
    every, distances = np.arange(n), cdist(rows, rows, "sqeuclidean")
    distances[every, every] = np.inf
    scatter = np.zeros((d, d))
    for _ in range(n_neighbors):  # of so few rows a tree takes longer, in many dimensions several times as long
        nearest = np.argmin(distances, axis=1)
        distances[every, nearest] = np.inf
        differences = rows - rows[nearest]
        scatter += differences.T @ differences
    scatter /= n * n_neighbors
    size = float(np.trace(scatter)) / d or 1.0  # zero where all rows have an equal
    factor = np.linalg.cholesky(scatter + NEGLIGIBLE_SHARE * size * np.eye(d))
    return inverse_of_lower(np.asarray(factor, np.float64))
