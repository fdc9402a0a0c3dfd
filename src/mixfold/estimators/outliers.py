"""Rows that belong to no component: a uniform background, or a share that is left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from mixfold.engines import engine_for, to_numpy
from mixfold.errors import InputError
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray, IntArray

LEAST_SHARE = 0.02
"""Of a background, where its share begins to be learned."""
LONELY_SHARES = (0.1, 0.2)
"""Of the rows, the loneliest of which are left out of searches that a background begins from."""
NEIGHBOR_ROWS = 4096
"""Among so many rows neighbors are counted."""


@dataclass(frozen=True, slots=True)
class Outliers:
    """What a fit knows of the rows that belong to no component.

    Attributes
    ----------
    share : float
        Of all rows, by weight.
    log_volume : float
        Of the uniform background, in the units of the data; infinite where rows are left out instead.
    log_sides : tuple of float
        Logarithms of lengths whose product that volume is; none beside no background.
    log_threshold : float
        The log density below which a row is left out; minus infinity beside a background.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.outliers import Outliers
    >>> from mixfold.potentials import Potentials
    >>> potentials = Outliers(0.5, log_volume=0.0).beside(Potentials.nearest(np.zeros((1, 1))))
    >>> potentials.offset.round(2), round(potentials.background, 2)
    (array([-0.69]), -0.69)
    """

    share: float
    log_volume: float = math.inf
    log_threshold: float = -math.inf
    log_sides: tuple[float, ...] = ()

    @property
    def plain(self) -> dict[str, Any]:
        """The numbers of it that are finite, by their names."""
        numbers = {"share": self.share, "log_volume": self.log_volume, "log_threshold": self.log_threshold}
        finite: dict[str, Any] = {name: number for name, number in numbers.items() if math.isfinite(number)}
        return finite | ({"log_sides": list(self.log_sides)} if self.log_sides else {})

    @classmethod
    def of_plain(cls, numbers: Mapping[str, Any]) -> Self:
        """Give what `plain` is of."""
        sides = tuple(float(side) for side in numbers.get("log_sides", ()))
        return cls(**{name: float(numbers[name]) for name in numbers if name != "log_sides"}, log_sides=sides)

    def beside(self, potentials: Potentials) -> Potentials:
        """Give potentials of components the background, if there is one."""
        if not (self.share > 0.0 and self.log_volume < math.inf):
            return potentials
        return potentials.beside(self.share, self.log_volume, np.array(self.log_sides) if self.log_sides else None)


@dataclass(frozen=True, slots=True)
class Box:
    """How far rows reach along axes.

    Attributes
    ----------
    center : ndarray of shape (n_features,)
    axes : ndarray of shape (n_features, n_features)
        One in each column.
    """

    center: FloatArray
    axes: FloatArray

    def __call__(self, rows: Rows) -> tuple[FloatArray, FloatArray]:
        """Give the least and the largest coordinate of rows along each axis."""
        along = (to_numpy(rows.values).astype(np.float64) - self.center) @ self.axes
        return np.min(along, axis=0), np.max(along, axis=0)


def log_sides_of(fold: Fold) -> tuple[float, ...]:
    """Give the logarithms of lengths, one for each feature, whose product is the volume of `log_volume_of`.

    They are as long to each other as rows reach along the features. A uniform density has sides along features if that
    of part of a row is to be known; that box holds all rows only where features do not depend on each other.

    Parameters
    ----------
    fold : Fold
        Over complete rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.outliers import log_sides_of
    >>> from mixfold.fold import Fold
    >>> square = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0], [0.0, 0.0]]) * [3.0, 1.0]
    >>> np.exp(log_sides_of(Fold.of_rows(square))).round(6)
    array([6., 2.])
    """
    d = fold.source.n_features
    sides = np.log(_reach(fold, Box(np.zeros(d), np.eye(d))))
    return tuple((sides + (log_volume_of(fold) - np.sum(sides)) / d).tolist())


def _reach(fold: Fold, box: Box) -> FloatArray:
    reach = list(fold.each(box))
    return np.asarray(np.max([most for _, most in reach], axis=0) - np.min([least for least, _ in reach], axis=0))


def log_volume_of(fold: Fold) -> float:
    """Give the logarithm of the volume of the box along principal axes that holds all rows.

    Parameters
    ----------
    fold : Fold
        Over complete rows.

    Raises
    ------
    InputError
        If it has no volume.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.outliers import log_volume_of
    >>> from mixfold.fold import Fold
    >>> square = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0], [0.0, 0.0]]) * [3.0, 1.0]
    >>> round(float(np.exp(log_volume_of(Fold.of_rows(square)))), 6)
    12.0
    """
    sample = fold.sample(np.random.RandomState(0))
    center = np.average(sample.values, axis=0, weights=sample.weights_or_ones)
    away = (sample.values - center) * np.sqrt(sample.weights_or_ones)[:, None]
    box = Box(
        center, np.linalg.svd(away, full_matrices=False)[2].T if len(away) >= len(center) else np.eye(len(center))
    )
    sides = _reach(fold, box)
    if not np.all(sides > 1e-12 * np.max(sides)):
        message = (
            "With `outliers`, rows must fill a volume, but they lie in a plane: features determine each other, or "
            "never vary. Leave such features out."
        )
        raise InputError(message)
    return float(np.sum(np.log(sides)))


def without_loneliest(complete: Fold) -> Iterator[tuple[str, Fold]]:
    """Yield folds over a sample of rows, each without a share of those that are farthest from their neighbors.

    Parameters
    ----------
    complete : Fold
        Over complete rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.outliers import without_loneliest
    >>> from mixfold.fold import Fold
    >>> rows = np.append(np.linspace(0.0, 1.0, 39), 9.0)[:, None]
    >>> [(name, round(float(fold.source.values.max()))) for name, fold in without_loneliest(Fold.of_rows(rows))]
    [('without 10%', 1), ('without 20%', 1)]
    """
    rows = complete.sample(np.random.RandomState(0))
    lonely = np.argsort(-loneliness(rows.values, rows.weights_or_ones), kind="stable")
    for share in LONELY_SHARES:
        yield f"without {share:.0%}", over_rows(complete, rows, np.sort(lonely[int(share * len(lonely)) :]))


def over_rows(complete: Fold, rows: Rows, kept: IntArray) -> Fold:
    """Give a fold over some rows of a sample, in the dtype of its source."""
    values = rows.values[kept].astype(str(complete.source.first.dtype).rpartition(".")[2])
    weights = None if rows.weights is None or np.all(rows.weights == 1.0) else rows.weights[kept]
    is_elsewhere = complete.source.origin is not complete.source
    engine = engine_for(values) if is_elsewhere else complete.engine
    return replace(
        complete, source=ArraySource(values, Marks(weights)), engine=engine, executor=complete.executor.local
    )


def loneliness(rows: FloatArray, weights: FloatArray) -> FloatArray:
    """Give the distance of each row to its nearest neighbors, (n,), in coordinates in which the data are a sphere.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
    weights : ndarray of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.outliers import loneliness
    >>> rows = np.append(np.linspace(0.0, 1.0, 40), 9.0)[:, None]
    >>> int(np.argmax(loneliness(rows, np.ones(41))))
    40
    """
    away = rows - np.average(rows, axis=0, weights=weights)
    values, vectors = np.linalg.eigh((away * weights[:, None]).T @ away / np.sum(weights))
    white = away @ (vectors / np.sqrt(np.maximum(values, 1e-12 * values[-1])))
    at = np.random.RandomState(0).permutation(len(rows))[:NEIGHBOR_ROWS]
    others = white[at]
    nth = min(len(at) - 1, max(2 * rows.shape[1], int(0.5 * np.sqrt(len(at)))))
    found = np.empty(len(rows))
    for first in range(0, len(rows), NEIGHBOR_ROWS):
        part = white[first : first + NEIGHBOR_ROWS]
        squares = np.sum(part**2, axis=1)[:, None] + np.sum(others**2, axis=1) - 2.0 * part @ others.T
        found[first : first + NEIGHBOR_ROWS] = np.partition(squares, nth, axis=1)[:, nth]
    return np.sqrt(np.maximum(found, 0.0))
