"""What rows say that are shared out to groups of nearest neighbors, in kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mixfold.engines import kernels
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray, IntArray


class Group(NamedTuple):
    """Components that are a row and its nearest neighbors each.

    Attributes
    ----------
    space : ndarray of shape (n, n_features_of_it)
        The rows, as distance between them is measured.
    seeds : ndarray of int of shape (s,)
        The rows.
    n_nearest : int
        Of all others.
    """

    space: FloatArray
    seeds: IntArray
    n_nearest: int


def groups_of(
    groups: Sequence[Group], rows: FloatArray, weights: FloatArray, structure: Structure
) -> SufficientStatistics:
    """Give what rows say of which each component has a group, about the means of these.

    Parameters
    ----------
    groups : sequence of Group
        One after the other.
    rows, weights : ndarray of shape (n, n_features), (n,)
    structure : Structure
        Of the scatter: full or diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.groups import Group, groups_of
    >>> from mixfold.structures import DIAGONAL
    >>> rows = np.array([[0.0], [2.0], [7.0], [9.0]])
    >>> groups_of([Group(rows, np.array([0, 3]), 1)], rows, np.ones(4), DIAGONAL).center.ravel()
    array([1., 8.])
    """
    k, d = sum(len(group.seeds) for group in groups), rows.shape[1]
    center, count, scatter = np.empty((k, d)), np.empty(k), np.empty(structure.shape(k, d))
    rows, first = np.ascontiguousarray(rows), 0
    fill = kernels.compiled.groups_of if kernels.NATIVE_AVAILABLE else _filled
    for space, seeds, n_nearest in groups:
        those = slice(first, first + len(seeds))
        space = np.ascontiguousarray(space)  # noqa: PLW2901
        fill(space, rows, weights, seeds, n_nearest, center[those], count[those], scatter[those])
        first += len(seeds)
    return SufficientStatistics(
        center, count, np.zeros((k, d)), scatter, structure, 0.0, len(rows), float(np.sum(count))
    )


def _filled(
    space: FloatArray,
    rows: FloatArray,
    weights: FloatArray,
    seeds: IntArray,
    n_nearest: int,
    center: FloatArray,
    count: FloatArray,
    scatter: FloatArray,
) -> None:
    """Fill center, count and scatter."""
    for k, seed in enumerate(seeds.tolist()):
        distance = np.sum((space - space[seed]) ** 2, axis=1)
        members = np.argsort(distance, kind="stable")[: n_nearest + 1]
        own, share = rows[members], weights[members]
        count[k] = np.sum(share)
        center[k] = share @ own / count[k]
        apart = own - center[k]
        scatter[k] = (share[:, None] * apart).T @ apart if scatter.ndim == 3 else share @ apart**2
