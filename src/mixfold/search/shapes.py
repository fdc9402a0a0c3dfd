"""Which components are pieces of one shape that is no ellipse: what rows say of clusters beside their responsibilities.

A cluster that is curved, skewed or flat is cut into components that take few of each other's rows. Three things tell
pieces from clusters.

Pieces are no Gaussians themselves, and between two of them nothing is missing: the dip test sees one mode along the
direction that parts them best (Hennig 2010, section 3.2). That few components are not Gaussian may be chance, or two
clusters that one component covers; where most of those between which nothing is missing are not, all are pieces.

Pieces of a curve are laid end to end: the line from one to the next leaves both about along their longest axes. Each of
them may be as Gaussian as it likes, where there are enough. Two or three Gaussians may lie so by chance; from four on
it is a curve, and it is followed along its pieces, so that what it turns around stays apart. So are surfaces in three
features, of which pieces lie side by side (pieces.py).

Of curves without noise there are as many clusters as curves (curves.py), whatever components look like.

What is long and what is near is said in coordinates in which the average shape of components is a sphere: no unit of a
feature, and no invertible matrix, changes the answer. Pieces of a curve point everywhere, and stay as long as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

from mixfold.fold import SAMPLE_ROWS
from mixfold.search.curves import pieces_of_curves
from mixfold.search.pieces import IMBALANCE, Pieces, pairs_of
from mixfold.search.sample import NEGLIGIBLE_SHARE
from mixfold.search.unimodality import (
    EXCEEDED_BY,
    LEAST_ROWS,
    NOTHING,
    excess_of_dip,
    gaussian_probabilities,
    least_dip,
    p_value_of_excess,
)
from mixfold.typing import FloatArray, IntArray

Sets: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
"""Two sets of components."""

SIGNIFICANT = 0.05
"""Probability of a component's third and fourth moments below which it is no Gaussian, but part of another shape."""
PIECES = 4
"""Fewest components of which it is said together what is not said of each."""
MOST_ROWS = 4 * SAMPLE_ROWS
"""Of which dips are taken."""
CLEAR_GAP = EXCEEDED_BY[0.005]
"""Excess of the dip that one in two hundred uniform samples has: a curve is cut only there."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """What rows say of the shapes that components are pieces of.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_features)
        In coordinates of which no invertible matrix changes more than the directions (`in_common_shape`).
    responsibilities : ndarray of shape (n_rows, n_components)
    is_piece : ndarray of bool of shape (n_components,)
        Whether a component is part of a shape that is no ellipse.
    links : list of (int, int)
        Components that follow each other along a curve, or lie side by side on a surface.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.shapes import Shapes
    >>> along = np.linspace(0.0, 40.0, 400)
    >>> rows = np.column_stack([along, np.sin(along / 9.0)])
    >>> shapes = Shapes.of(rows, np.eye(5)[np.repeat(np.arange(5), 80)], np.ones(400))
    >>> shapes.links
    [(0, 1), (1, 2), (2, 3), (3, 4)]
    """

    rows: FloatArray
    responsibilities: FloatArray
    is_piece: npt.NDArray[np.bool_]
    links: list[tuple[int, int]]
    _labels: IntArray = field(repr=False)
    _in_curve: npt.NDArray[np.bool_] = field(repr=False)
    _means: FloatArray = field(repr=False)
    _seen: dict[Sets, float] = field(default_factory=dict, repr=False)
    _at_least: dict[Sets, float] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, rows: FloatArray, responsibilities: FloatArray, weights: FloatArray) -> Self | None:
        """Take rows as often as they count; None where weights are no numbers of rows, or values are missing."""
        shapes = cls.of_curves(rows, responsibilities, weights)
        if shapes is not None:
            shapes.find_pieces()
        return shapes

    @classmethod
    def of_curves(cls, rows: FloatArray, responsibilities: FloatArray, weights: FloatArray) -> Self | None:
        """Follow curves alone: to look for pieces of other shapes, as `of` does, is most of the work."""
        if np.any(weights % 1.0) or not np.all(np.isfinite(rows)) or np.sum(weights) > MOST_ROWS:
            return None
        counts = weights.astype(np.intp)
        values, shares = np.repeat(rows, counts, axis=0), np.repeat(responsibilities, counts, axis=0)
        k = shares.shape[1]
        labels = np.argmax(shares, axis=1)
        places, nothing = in_common_shape(values, shares), np.zeros(k, dtype=bool)
        means = shares.T @ places / np.maximum(np.sum(shares, axis=0), np.finfo(float).tiny)[:, None]
        shapes = cls(places, shares, nothing, [], labels, nothing.copy(), means)
        curves = pieces_of_curves(values)
        if curves is None:
            shapes._follow_curves()
        else:
            shapes._lie_on(curves)
        return shapes

    def one_mode(self, groups: IntArray) -> tuple[int, int] | None:
        """Give the two groups, neither of them a Gaussian, whose rows have most clearly one mode; None if none has.

        Parameters
        ----------
        groups : ndarray of shape (n_components,)
            The group of each component.
        """
        if len(groups) == 2:
            return None
        members = {int(name): np.flatnonzero(groups == name) for name in np.unique(groups)}
        shaped = [
            name
            for name, of in members.items()
            if not np.any(self._in_curve[of]) and (len(of) > 1 or np.any(self.is_piece[of]))
        ]
        found, least = None, 0.0
        for pair in combinations(shaped, 2):
            excess = self.excess(members[pair[0]], members[pair[1]], least)
            if excess < least:
                found, least = pair, excess
        return found

    def excess(self, one: IntArray, other: IntArray, below: float = np.inf) -> float:
        """Give the excess of the dip between two sets of components; infinite where there are too few rows.

        Parameters
        ----------
        one, other : ndarray of int
            The components.
        below : float, optional
            What is not below this may be infinite, too: most of that is known from the widest gap.
        """
        key = tuple(one.tolist()), tuple(other.tolist())
        if key not in self._seen and not self._at_least.get(key, -np.inf) >= below:
            first, second = self._rows_of(one), self._rows_of(other)
            direction = discriminant(first, second)
            along = None if direction is None else _rows_along(first, second, direction)
            if along is not None and key not in self._at_least:
                self._at_least[key] = excess_of_dip(along, least_dip)
            if along is None or self._at_least[key] < below:
                self._seen[key] = np.inf if along is None else excess_of_dip(along)
        return self._seen.get(key, np.inf)

    def p_value(self, one: IntArray, other: IntArray) -> float:
        """Give the p-value of one mode between two sets of components; NaN where too few rows say something.

        Between pieces of curves, of which the ends may be anywhere, that of the two pieces that are nearest to one.
        """
        if np.any(self._in_curve[one]) or np.any(self._in_curve[other]):
            ways = self._means[one][:, None] - self._means[other]
            excess = np.inf
            for at in np.argsort(np.sum(ways**2, axis=2), axis=None):  # the first is often the one that counts
                i, j = divmod(int(at), len(other))
                excess = min(excess, self._dip(int(one[i]), int(other[j]), excess))
        else:
            excess = self.excess(one, other)
        return p_value_of_excess(excess) if np.isfinite(excess) else np.nan

    def _rows_of(self, components: IntArray) -> FloatArray:
        """Give the rows whose most probable component is one of these."""
        among = np.zeros(self.responsibilities.shape[1], dtype=bool)
        among[components] = True
        return self.rows[among[self._labels]]

    def find_pieces(self) -> None:
        """Tell which components are part of a shape that is no ellipse."""
        probabilities = gaussian_probabilities(self.rows, self.responsibilities)
        self.is_piece[:] = probabilities < SIGNIFICANT
        touching = [pair for pair in pairs_of(self._touch()) if self._dip(*pair, 0.0) < 0.0]
        for members in connected(len(probabilities), touching):
            if len(members) >= PIECES and np.mean(self.is_piece[members]) > 0.5:
                self.is_piece[members] = True

    def _follow_curves(self) -> None:
        if self.rows.shape[1] < 2:
            return
        pieces = Pieces.of(self.rows, self.responsibilities, self._means)
        for follow, is_shape in ((pieces.end_to_end(), None), (pieces.side_by_side(), pieces.are_bent)):
            links = [pair for pair in pairs_of(follow) if self._gap_on_the_way(*pair) < CLEAR_GAP]
            found = np.zeros_like(self._in_curve)
            for members in connected(len(follow), links):
                found[members] = len(members) >= PIECES and (is_shape is None or is_shape(members))
            self._in_curve[found] = True
            self.links.extend(link for link in links if found[link[0]])

    def _lie_on(self, curves: IntArray) -> None:
        """Link the components of which most rows are on the same curve."""
        counts = np.zeros((self.responsibilities.shape[1], int(np.max(curves)) + 1))
        np.add.at(counts, (self._labels, curves), 1.0)
        on = np.argmax(counts, axis=1)
        self._in_curve[:] = True
        for curve in np.unique(on):
            members = np.flatnonzero(on == curve).tolist()
            self.links.extend(pairwise(members))

    def _gap_on_the_way(self, i: int, j: int) -> float:
        """Give the excess of the dip along the line from one piece to the next; infinite where there are too few rows.

        Not along their discriminant, which of pieces without thickness is across the curve.
        """
        rows = self._rows_of(np.array([i])), self._rows_of(np.array([j]))
        along = _rows_along(*rows, self._means[j] - self._means[i])
        return excess_of_dip(along) if len(along) >= LEAST_ROWS else np.inf

    def _dip(self, i: int, j: int, below: float) -> float:
        return self.excess(np.array([i]), np.array([j]), below)

    def _touch(self) -> npt.NDArray[np.bool_]:
        """Tell which components (K, K) have rows in common."""
        counts = np.sum(self.responsibilities, axis=0)
        common = self.responsibilities.T @ self.responsibilities
        return np.asarray(common > NEGLIGIBLE_SHARE * np.minimum(counts, counts[:, None]))


def in_common_shape(rows: FloatArray, shares: FloatArray) -> FloatArray:
    """Give rows in coordinates in which the average shape of their components is a sphere.

    That is of covariances of unit volume, of which a mean does not ask how wide components are; each takes D + 1 rows
    of what all have in common, as it may have too few. Features that are constant are none.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    shares : ndarray of shape (n_rows, n_components)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.shapes import in_common_shape
    >>> rows = np.random.default_rng(0).standard_normal((90, 2)) + 9.0 * np.eye(3, 2).repeat(30, axis=0)
    >>> shares = np.eye(3).repeat(30, axis=0)
    >>> one, other = in_common_shape(rows, shares), in_common_shape(rows @ [[1e-3, 5.0], [0.0, 1e3]], shares)
    >>> bool(np.allclose(one @ one.T, other @ other.T))  # but for a rotation the same
    True
    """
    varies = np.ptp(rows, axis=0) > 0.0  # what rounding leaves of a constant would have the scale of all else
    rows = np.compress(varies, rows, axis=1) if np.any(varies) else rows
    rows = rows - np.mean(rows, axis=0)
    rows = rows / _or_one(np.sqrt(np.mean(rows**2, axis=0)))
    d, counts = rows.shape[1], np.maximum(np.sum(shares, axis=0), np.finfo(float).tiny)
    around = (rows - mean for mean in shares.T @ rows / counts[:, None])
    scatters = np.stack([(one * share[:, None]).T @ one for one, share in zip(around, shares.T, strict=True)])
    within = np.sum(scatters, axis=0) / np.sum(counts)
    units = _or_one(np.sqrt(np.diag(within)))
    each = (scatters + (d + 1.0) * within) / units / units[:, None] / (counts + (d + 1.0))[:, None, None]
    share, volumes = counts / np.sum(counts), np.linalg.slogdet(each + NOTHING * np.eye(d))[1] / d
    variances, axes = np.linalg.eigh(np.einsum("k,kij->ij", share * np.exp(share @ volumes - volumes), each))
    return np.asarray(rows / units @ axes / np.sqrt(np.maximum(variances, NOTHING * variances[-1] or 1.0)))


def _or_one(units: FloatArray) -> FloatArray:
    return np.where(units > 0.0, units, 1.0)


def connected(n: int, pairs: list[tuple[int, int]]) -> list[IntArray]:
    """Give the sets of numbers below n that pairs connect, each ascending.

    Examples
    --------
    >>> from mixfold.search.shapes import connected
    >>> [members.tolist() for members in connected(4, [(2, 3), (0, 3)])]
    [[0, 2, 3], [1]]
    """
    names = np.arange(n)
    for i, j in pairs:
        low, high = sorted((int(names[i]), int(names[j])))
        names[names == high] = low
    return [np.flatnonzero(names == name) for name in np.unique(names)]


def discriminant(one: FloatArray, other: FloatArray) -> FloatArray | None:
    """Give the direction that parts the rows of two clusters best (Fisher 1936), of as many rows of each.

    Of the larger one the rows nearest to the other's mean are taken, four times as many at most: what lies between the
    two would be lost among the others. None where there are too few rows.
    """
    if min(len(one), len(other)) < LEAST_ROWS:
        return None
    one, other = near(one, other), near(other, one)
    centered = np.concatenate([one - np.mean(one, axis=0), other - np.mean(other, axis=0)])
    within = centered.T @ centered / len(centered)
    ridge = NOTHING * np.trace(within) * np.eye(len(within)) + np.finfo(float).tiny
    return np.asarray(np.linalg.solve(within + ridge, np.mean(other, axis=0) - np.mean(one, axis=0)))


def _rows_along(one: FloatArray, other: FloatArray, direction: FloatArray) -> FloatArray:
    """Give where the rows of two clusters are along a direction, of as many rows of each."""
    return np.concatenate([near(one, other), near(other, one)]) @ direction


def near(cluster: FloatArray, other: FloatArray) -> FloatArray:
    """Give the rows of a cluster that are nearest to the mean of another, four times as many as that has at most."""
    if len(cluster) <= IMBALANCE * len(other):
        return cluster
    apart = np.sum((cluster - np.mean(other, axis=0)) ** 2, axis=1)
    return cluster[np.sort(np.argpartition(apart, IMBALANCE * len(other))[: IMBALANCE * len(other)])]
