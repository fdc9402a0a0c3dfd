"""Contours: the closed curves on which the density of two features has a level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mixfold.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

BISECTIONS = 60
"""Halvings of a step of the grid, by which the level is met to the last bits."""
MOST_LINES = 1000
"""Of the grid in each direction, however many components there are: memory."""


def contours(mixture: Mixture, log_level: float, resolution: int) -> list[FloatArray]:
    """Give the closed curves on which the log density of two features is `log_level`; see `HighestDensityRegion`.

    A grid, whose lines are `resolution` for each component within its reach, is walked square by square (Lorensen &
    Cline 1987 in the plane); where an edge is crossed the crossing is bisected.

    Parameters
    ----------
    mixture : Mixture
        Of two features.
    log_level : float
    resolution : int

    Returns
    -------
    curves : list of ndarray of shape (n_points, 2)
        The first point is the last one, too. The longest curve is the first.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures.contours import contours
    >>> mixture = Mixture([1.0], [[3.0, 0.0]], [1.0], "spherical")
    >>> (circle,) = contours(mixture, -np.log(2.0 * np.pi) - 0.5, 40)
    >>> bool(np.allclose(np.linalg.norm(circle - [3.0, 0.0], axis=1), 1.0))
    True
    """
    x, y = (_lines(mixture, log_level, axis, resolution) for axis in (0, 1))
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)  # (n_x, n_y, 2)
    above = _above(mixture, log_level, grid)
    along_x, along_y = above[1:] != above[:-1], above[:, 1:] != above[:, :-1]
    starts = np.concatenate([grid[:-1][along_x], grid[:, :-1][along_y]])
    if not len(starts):
        return []
    points = crossings(mixture, log_level, starts, np.concatenate([grid[1:][along_x], grid[:, 1:][along_y]]))
    numbers = [np.full(crossed.shape, -1) for crossed in (along_x, along_y)]
    numbers[0][along_x], numbers[1][along_y] = np.split(np.arange(len(points)), [np.count_nonzero(along_x)])
    segments = _segments(
        numbers[0], numbers[1], above, _above(mixture, log_level, (grid[1:, 1:] + grid[:-1, :-1]) / 2.0)
    )
    return sorted((points[curve] for curve in _walks(segments)), key=len, reverse=True)


def crossings(mixture: Mixture, log_level: float, starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Give where the log density crosses a level on the way from each start to each end, by bisection.

    Parameters
    ----------
    mixture : Mixture
    log_level : float
    starts, ends : ndarray of shape (n, n_features)
        One of both above the level, the other below.

    Returns
    -------
    points : ndarray of shape (n, n_features)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures.contours import crossings
    >>> mixture = Mixture([1.0], [[0.0]], [1.0], "spherical")
    >>> crossings(mixture, mixture.log_density([[2.0]])[0], np.array([[0.0]]), np.array([[5.0]])).round(9)
    array([[2.]])
    """
    first = _above(mixture, log_level, starts)
    for _ in range(BISECTIONS):
        middles = (starts + ends) / 2.0
        early = (_above(mixture, log_level, middles) != first)[:, None]
        starts, ends = np.where(early, starts, middles), np.where(early, middles, ends)
    return (starts + ends) / 2.0


def _above(mixture: Mixture, log_level: float, places: FloatArray) -> npt.NDArray[np.bool_]:
    found = np.asarray(mixture.log_density(places.reshape(-1, places.shape[-1]))) >= log_level
    return found.reshape(places.shape[:-1])


def _lines(mixture: Mixture, log_level: float, axis: int, resolution: int) -> FloatArray:
    """Give places of lines of the grid across a feature: the density is below the level on the first and the last."""
    used = mixture.weights > 0.0
    halves = 0.5 * np.linalg.slogdet(2.0 * np.pi * mixture.component_covariances[used])[1]
    # Beyond these deviations each component has less than its part of the level.
    heights = np.log(mixture.weights[used]) - halves - (log_level - np.log(np.count_nonzero(used)))
    reaches = np.sqrt(2.0 * np.maximum(heights, 0.0)) * 1.001 + 1e-6
    spans = (reaches * mixture.deviations[used, axis])[:, None] * np.linspace(-1.0, 1.0, resolution)
    lines = np.unique(mixture.means[used, axis, None] + spans)
    return lines[np.linspace(0, len(lines) - 1, min(len(lines), MOST_LINES)).astype(int)]


def _segments(
    along_x: IntArray, along_y: IntArray, above: npt.NDArray[np.bool_], middle: npt.NDArray[np.bool_]
) -> IntArray:
    """Give the pairs of crossings, (n, 2), between which a curve crosses a square of the grid."""
    sides = np.stack([along_x[:, :-1], along_y[1:], along_x[:, 1:], along_y[:-1]], axis=-1).reshape(-1, 4)
    count = np.count_nonzero(sides >= 0, axis=1)
    once = np.sort(sides[count == 2], axis=1)[:, 2:]
    # Where all sides are crossed the middle says which corners belong together.
    bottom, right, top, left = sides[count == 4].T
    with_first = (middle == above[:-1, :-1]).ravel()[count == 4]
    other, opposite = np.where(with_first, right, left), np.where(with_first, left, right)
    return np.concatenate([once, np.stack([bottom, other], axis=1), np.stack([top, opposite], axis=1)])


def _walks(segments: IntArray) -> list[IntArray]:
    """Put segments together to closed walks: each number is in two of them."""
    ends = np.concatenate([segments, segments[:, ::-1]])
    neighbors = ends[np.argsort(ends[:, 0], kind="stable"), 1].reshape(-1, 2)
    fresh = np.ones(len(neighbors), dtype=bool)
    walks = []
    for start in range(len(neighbors)):
        if not fresh[start]:
            continue
        walk, before, at = [start], start, int(neighbors[start, 0])
        while at != start:
            walk.append(at)
            one, other = (int(each) for each in neighbors[at])
            before, at = at, other if one == before else one
        fresh[walk] = False
        walks.append(np.array([*walk, start]))
    return walks
