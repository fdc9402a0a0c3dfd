"""Rows along curves without noise: whether they lie so, and along how many.

Gaussian components follow a curve as chords do, ever more and ever flatter ones the more rows there are, and what they
say of clusters is nothing. But of such rows, and of few others, the nearest neighbors of a row lie on a line; and
one curve is what goes on from row to row along these lines, without a gap that is long beside the steps before it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from mixfold.search.sample import RACE_ROWS
from mixfold.search.unimodality import LEAST_ROWS, has_one_mode
from mixfold.typing import FloatArray, IntArray

NEIGHBORS = LEAST_ROWS - 2
"""Of a row that lie on a line with it."""
ASTRAY = math.cos(math.radians(40.0))
"""Cosine of the angle between the line through a row and the way to a neighbor: of rows in a plane one in twenty has
all its neighbors within it."""


def pieces_of_curves(rows: FloatArray) -> IntArray | None:
    """Give the curve that each row lies on, where most lie along curves without noise; None where they do not.

    Two rows are on one curve if one is among the nearest of the other, and the way between them leaves both along the
    lines through their neighbors. So many are looked at, more where there are more rows, that a gap is longer than
    as many steps on either side: of rows that are independent hardly one curve in fifty has one by chance. Features
    that are all functions of one, rising or falling, and of two modes, are no curve.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)

    Returns
    -------
    pieces : ndarray of shape (n_rows,)
        Numbered from 0, in the order of their first rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.curves import pieces_of_curves
    >>> angle = np.random.default_rng(0).uniform(0.0, np.pi, 200)
    >>> arc = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> pieces = pieces_of_curves(np.concatenate([arc, [1.0, 0.5] - arc]))
    >>> pieces[:200].tolist() == [0] * 200, pieces[200:].tolist() == [1] * 200
    (True, True)
    >>> pieces_of_curves(np.random.default_rng(0).standard_normal((200, 2))) is None
    True
    """
    places, own = np.unique(rows, axis=0, return_inverse=True)
    spread = np.std(places, axis=0)
    places = places[:, spread > 0.0] / spread[spread > 0.0]
    n, d = places.shape
    if d < 2 or n < 2 * LEAST_ROWS:
        return None
    tree = KDTree(places)
    asked = np.random.RandomState(0).permutation(n)[: RACE_ROWS // LEAST_ROWS]
    if 2 * np.sum(_along(places, asked, tree.query(places[asked], NEIGHBORS + 1)[1])[1]) < len(asked):
        return None
    ranks = np.argsort(np.argsort(places, axis=0), axis=0)
    is_line = bool(np.all((ranks == ranks[:, :1]) | (ranks == n - 1 - ranks[:, :1])))
    if is_line and not any(has_one_mode(feature) for feature in places.T):
        return None  # one feature and functions of it: that has modes
    n_near = min(n - 1, NEIGHBORS + math.ceil(math.log2(n)))
    near = tree.query(places, n_near + 1)[1]
    along, _ = _along(places, np.arange(n), near[:, : NEIGHBORS + 1])
    one, other = np.repeat(np.arange(n), n_near), near[:, 1:].ravel()
    way = places[other] - places[one]
    length = np.linalg.norm(way, axis=1)
    cosines = [np.abs(np.sum(way * along[end], axis=1)) for end in (one, other)]
    goes_on = np.minimum(*cosines) > ASTRAY * length
    graph = coo_matrix((np.ones(int(np.sum(goes_on))), (one[goes_on], other[goes_on])), shape=(n, n))
    pieces = connected_components(graph, directed=False)[1]
    is_curve = np.bincount(pieces) >= LEAST_ROWS
    if not np.any(is_curve):
        return None
    kept = is_curve[pieces]
    if not np.all(kept):  # a few rows at a sharp bend belong to the nearest
        pieces = pieces[np.flatnonzero(kept)[KDTree(places[kept]).query(places)[1]]]
    _, first, pieces = np.unique(pieces[own.ravel()], return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[pieces], dtype=np.intp)


def _along(places: FloatArray, rows: IntArray, near: IntArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Give the line through each of some rows and its neighbors, (n, d), and whether none of these is off it."""
    steps = places[near] - np.mean(places[near], axis=1, keepdims=True)  # (n, k, d)
    if steps.shape[2] <= steps.shape[1]:
        along = np.linalg.eigh(np.einsum("nki,nkj->nij", steps, steps))[1][:, :, -1]
    else:  # of more features than neighbors: from how these lie to each other
        shares = np.linalg.eigh(steps @ np.swapaxes(steps, 1, 2))[1][:, :, -1:]
        along = (np.swapaxes(steps, 1, 2) @ shares)[:, :, 0]
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    ways = places[near] - places[rows][:, None, :]
    cosines = np.abs(np.einsum("nki,ni->nk", ways, along))
    return along, np.all(cosines >= ASTRAY * np.linalg.norm(ways, axis=2), axis=1)
