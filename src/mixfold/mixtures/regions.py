"""Highest-density regions: the smallest sets that hold a given probability."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar
from scipy.special import chdtri

from mixfold.errors import InputError, ShapeError
from mixfold.mixtures.contours import contours, crossings
from mixfold.mixtures.mode_finding import modes
from mixfold.mixtures.probabilities import box_probabilities
from mixfold.mixtures.sample import Random, n_rows_of, random_of
from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

REACH = 40.0
"""Standard deviations beyond the outermost mean, where every density is zero."""
PLANE = 2


@dataclass(frozen=True, slots=True)
class HighestDensityRegion:
    """Where the density of a mixture is at least a level: of all sets of its probability the smallest.

    Attributes
    ----------
    mixture : Mixture
    mass : float
        Its probability.
    log_level : float
        The log density on its boundary.
    standard_error : float
        Of its probability; zero with one feature or one component, where the level is exact.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import highest_density_region
    >>> region = highest_density_region(Mixture([0.5, 0.5], [[0.0], [100.0]], [1.0, 1.0], "spherical"), 0.95)
    >>> region.intervals().round(3)
    array([[ -1.96,   1.96],
           [ 98.04, 101.96]])
    >>> region.contains([[0.0], [50.0]])
    array([ True, False])
    >>> plane = highest_density_region(Mixture([1.0], [[0.0, 0.0]], [[1.0, 4.0]], "diag"), 0.5)
    >>> (ellipse,) = plane.contours()
    >>> ellipse.max(axis=0).round(2)  # sqrt(2 log 2) = 1.18 deviations
    array([1.18, 2.35])
    """

    mixture: Mixture
    mass: float
    log_level: float
    standard_error: float

    def contains(self, X: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether each row (n, n_features) is in the region, (n,)."""
        return np.asarray(self.mixture.log_density(X)) >= self.log_level

    def intervals(self) -> FloatArray:
        """Give the intervals of which the region of one feature consists, (n, 2), from the left to the right.

        Raises
        ------
        ShapeError
            If there are more features.
        """
        return _intervals(self.mixture, self.log_level)

    def contours(self, resolution: int = 81) -> list[FloatArray]:
        """Give the closed curves around the region of two features, each (n_points, 2), the longest first.

        Points are on the level to the last bits. What is smaller than the grid can be missed: a component has
        `resolution` of its lines in each direction, up to 1000 of all, which is enough unless components are some 20
        times as long as wide.

        Raises
        ------
        ShapeError
            If there are not two features.
        """
        if self.mixture.n_features != PLANE:
            message = (
                f"A region has curves around it with two features, got {self.mixture.n_features}. `boundary` gives "
                "points on it in any number; or take the region of `mixture.marginal([...])`."
            )
            raise ShapeError(message)
        return contours(self.mixture, self.log_level, resolution)

    def boundary(self, n_points: int = 1000, random_state: Random | None = 0) -> FloatArray:
        """Give points on the boundary in any number of features, (n_points, n_features), to the last bits.

        Rows within the region, drawn from the mixture, go in random directions until they are out of it.
        """
        n, random = n_rows_of(n_points), random_of(random_state)
        inside = self._rows_inside(n, random)
        directions = random.standard_normal(inside.shape)
        directions *= self.mixture.deviations.max(axis=0) / np.linalg.norm(directions, axis=1, keepdims=True)
        outside, within = inside + directions, np.ones(n, dtype=bool)
        while np.any(within := within & self.contains(outside)):
            outside[within] += outside[within] - inside[within]
        return crossings(self.mixture, self.log_level, inside, outside)

    def _rows_inside(self, n: int, random: np.random.RandomState | np.random.Generator) -> FloatArray:
        """Draw rows of the mixture until n are in the region."""
        found = np.empty((0, self.mixture.n_features))
        while len(found) < n:
            rows = random.permutation(self.mixture.sample(max(int(2 * n / self.mass), 100), random)[0])
            found = np.concatenate([found, rows[self.contains(rows)]])
        return found[:n]


def highest_density_region(
    mixture: Mixture, mass: float, n_samples: int = 100_000, random_state: Random | None = 0
) -> HighestDensityRegion:
    """Give the smallest set that holds a probability (Hyndman 1996).

    Parameters
    ----------
    mixture : Mixture
    mass : float
        Between 0 and 1.
    n_samples : int, default=100_000
        Rows whose densities give the level, with more than one feature and component.
    random_state : int, RandomState, Generator or None, default=0

    Returns
    -------
    region : HighestDensityRegion

    Raises
    ------
    InputError
        If `mass` is not between 0 and 1.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import highest_density_region
    >>> region = highest_density_region(Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical"), 0.5)
    >>> region.contains([[1.0, 0.0], [1.0, 1.0]])  # a circle of radius sqrt(2 log 2) = 1.18
    array([ True, False])
    """
    if not 0.0 < mass < 1.0:
        message = f"`mass` must be a probability between 0 and 1, got {mass!r}."
        raise InputError(message)
    if mixture.n_features == 1:
        return HighestDensityRegion(mixture, mass, _exact_level(mixture, mass), 0.0)
    if np.count_nonzero(mixture.weights) == 1:  # an ellipsoid
        top = float(np.max(np.asarray(mixture.log_density(mixture.means))))
        return HighestDensityRegion(mixture, mass, top - float(chdtri(mixture.n_features, 1.0 - mass)) / 2.0, 0.0)
    densities = np.asarray(mixture.log_density(mixture.sample(n_samples, random_state)[0]))
    error = float(np.sqrt(mass * (1.0 - mass) / len(densities)))
    return HighestDensityRegion(mixture, mass, float(np.quantile(densities, 1.0 - mass)), error)


def _exact_level(mixture: Mixture, mass: float) -> float:
    """Find the level whose intervals hold a probability."""
    turns = _turns(mixture)

    def excess(log_level: float) -> float:
        ends = _crossed(mixture, log_level, turns)
        if not len(ends):
            return -mass
        return float(np.sum(box_probabilities(mixture, ends[:, :1], ends[:, 1:])[0])) - mass

    top = float(np.max(np.asarray(mixture.log_density(modes(mixture)))))
    low = top - 1.0
    while excess(low) < 0.0:
        low = top - 2.0 * (top - low)
    return float(brentq(excess, low, top, xtol=1e-13, rtol=1e-14))


def _intervals(mixture: Mixture, log_level: float) -> FloatArray:
    if mixture.n_features != 1:
        message = f"A region has intervals with one feature, got {mixture.n_features}. `contains` takes any rows."
        raise ShapeError(message)
    return _crossed(mixture, log_level, _turns(mixture))


def _turns(mixture: Mixture) -> list[float]:
    """Give places between which the density of one feature is monotone: modes, antimodes, and where it is zero."""
    tops = np.sort(modes(mixture)[:, 0])
    width = REACH * mixture.deviations.max()
    return [mixture.means.min() - width, *_with_antimodes(mixture, tops), mixture.means.max() + width]


def _crossed(mixture: Mixture, log_level: float, turns: list[float]) -> FloatArray:
    """Give the intervals above a level, which is crossed once at most between two turns."""

    def above(x: float) -> float:
        return float(np.asarray(mixture.log_density([[x]]))[0]) - log_level

    heights = [above(turn) for turn in turns]
    crossings = [
        float(brentq(above, left, right, xtol=1e-14, rtol=1e-14))
        for left, right, one, other in zip(turns[:-1], turns[1:], heights[:-1], heights[1:], strict=True)
        if (one < 0.0) != (other < 0.0)
    ]
    return np.array(crossings).reshape(-1, 2)


def _with_antimodes(mixture: Mixture, tops: FloatArray) -> list[float]:
    """Put the lowest point between each two neighboring modes between them."""
    turns = [float(tops[0])]
    for left, right in pairwise(tops):
        found = minimize_scalar(
            lambda x: float(np.asarray(mixture.log_density([[x]]))[0]), bounds=(left, right), method="bounded"
        )
        turns += [float(found.x), float(right)]
    return turns
