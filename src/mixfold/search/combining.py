"""Clusters from components: those that overlap are merged, as few as leave the assignment of rows clear.

A criterion such as BIC chooses as many components as the density needs; a cluster that is not Gaussian needs several.
Baudry, Raftery, Celeux, Lo & Gottardo (2010, J. Comp. Graph. Statistics 19, 332-353) merge, step by step, the two whose
union lowers the entropy of the assignment most (section 3). Plotted against the number of clusters the entropy falls
along a line of one slope while components of one cluster are merged, and along another where clusters are; an elbow
between the two lines is always there (section 4), though, also where nothing is to be merged. So combining ends before
two clusters that take few rows of each other: by the misclassification that their rows are expected to suffer (Hennig
2010, Adv. Data Analysis and Classification 4, 3-34, section 4.3), at the value that it has for two normals so close
that their density has one mode.

A cluster that is curved, skewed or flat is cut into components that take few of each other's rows: shapes.py says
which are pieces of one shape, and one_shape.py whether all are: by BIC, and one and a half standard errors. Gaussian
components are left alone: two that overlap have one mode, too, and are two.
Levels were chosen on half of a bank of generated tables (`benchmarks.cluster_bank`) and judged on the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, xlogy

from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.fitting.pilots import STANDARD_ERRORS
from mixfold.mixtures import Mixture
from mixfold.search.one_shape import advantage_over_one_shape
from mixfold.search.shapes import Shapes
from mixfold.typing import FloatArray, IntArray
from mixfold.validation import rows_of, weights_of

MISCLASSIFIED = float(ndtr(-1.0))
"""Share of a cluster's rows that the other takes of two that are one: normals of equal weight and variance have one
mode where their means are at most two deviations apart, and this share of rows is then beyond the middle."""
CLEARLY = 0.5 * STANDARD_ERRORS
"""Standard errors by which a single shape must be better: of 30 tables that are the hardest to tell, of fewer than a
hundred rows, none with clusters was so by more than one."""


@dataclass(frozen=True, slots=True)
class CombinedComponents:
    """Components merged, one pair at a time, from K clusters down to one.

    Attributes
    ----------
    groups_by_size : tuple of ndarray of shape (K,)
        The cluster of each component, when there are 1, 2, ..., K clusters; clusters are numbered by their first
        component.
    entropies : ndarray of shape (K,)
        Of the assignment of all rows to 1, 2, ..., K clusters, in nats; rising.
    misclassified : ndarray of shape (K - 1,)
        For the two clusters that become one when there are 1, 2, ..., K - 1: the larger share of the rows of one that
        are expected to be given to the other.
    p_values : ndarray of shape (K - 1,)
        For the same two clusters: of the dip test that nothing lies between them, one mode in all, along the direction
        that parts them best. NaN where rows do not say it.
    n_rows : float
        Rows, or the sum of their weights.
    n_clusters : int
        The number of clusters, when merging ends before the first two that take few rows of each other, and have a
        mode each; one where `of` finds that the rows are clearly better described by a single shape.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.search import CombinedComponents
    >>> mixture = Mixture([0.4, 0.3, 0.3], [[0.0], [0.5], [9.0]], [1.0, 1.0, 1.0], "spherical")
    >>> combined = CombinedComponents.of(mixture, mixture.sample(1000, random_state=0)[0])
    >>> combined.groups(2), combined.n_clusters
    (array([0, 0, 1]), 2)
    """

    groups_by_size: tuple[IntArray, ...]
    entropies: FloatArray
    misclassified: FloatArray
    p_values: FloatArray
    n_rows: float
    n_clusters: int

    @classmethod
    def of(cls, mixture: Mixture, X: Any, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Merge the components of a mixture by how rows are shared between them.

        Parameters
        ----------
        mixture : Mixture
        X : array-like, data frame or tensor of shape (n_rows, n_features)
            The rows that the mixture was fitted to, or others of that kind.
        sample_weight : array-like of shape (n_rows,), optional
        """
        shares = mixture.responsibilities(X)
        weights = weights_of(sample_weight, shares)
        rows = np.asarray(to_numpy(rows_of(X)), dtype=np.float64)
        w = np.ones(len(rows)) if weights is None else np.asarray(to_numpy(weights))
        combined = cls.of_responsibilities(to_numpy(shares), w, rows)
        if combined.n_clusters > 1 and advantage_over_one_shape(mixture, rows, w) < -CLEARLY:
            return replace(combined, n_clusters=1)
        return combined

    @classmethod
    def of_responsibilities(
        cls, responsibilities: FloatArray, weights: FloatArray | None = None, rows: FloatArray | None = None
    ) -> Self:
        """Merge columns of responsibilities (n_rows, K).

        Parameters
        ----------
        responsibilities : ndarray of shape (n_rows, n_components)
        weights : ndarray of shape (n_rows,), optional
        rows : ndarray of shape (n_rows, n_features), optional
            With which it is seen that clusters between which nothing lies are one; without them, and with weights that
            do not count rows, by their responsibilities alone.
        """
        w = np.ones(len(responsibilities)) if weights is None else weights
        clusters = _Clusters(responsibilities, w)
        shapes = None if rows is None else Shapes.of(rows, responsibilities, w)
        links = [] if shapes is None else list(shapes.links)
        sizes, entropies = [_numbered(clusters.groups)], [clusters.entropy]
        misclassified: list[float] = []
        p_values: list[float] = []
        n_clusters = None
        while clusters.n_clusters > 1:
            pair, is_one = _next_to_merge(clusters, shapes if n_clusters is None else None, links)
            if not is_one and n_clusters is None:
                n_clusters = clusters.n_clusters
            misclassified.append(clusters.misclassified(*pair))
            p_values.append(np.nan if shapes is None else shapes.p_value(*(clusters.members(group) for group in pair)))
            clusters.merge(*pair)
            sizes.append(_numbered(clusters.groups))
            entropies.append(clusters.entropy)
        return cls(
            tuple(reversed(sizes)),
            np.array(entropies[::-1]),
            np.array(misclassified[::-1]),
            np.array(p_values[::-1]),
            float(np.sum(w)),
            n_clusters or 1,
        )

    @property
    def n_components(self) -> int:
        """Number of components K."""
        return len(self.entropies)

    def groups(self, n_clusters: int | None = None) -> IntArray:
        """Give the cluster of each component.

        Parameters
        ----------
        n_clusters : int, optional
            From 1 to the number of components; by default `n_clusters` of this object.
        """
        wanted = self.n_clusters if n_clusters is None else n_clusters
        if not isinstance(wanted, int | np.integer) or not 1 <= wanted <= self.n_components:
            message = (
                f"`n_clusters` must be a whole number from 1 to the number of components, {self.n_components}, got "
                f"{n_clusters!r}."
            )
            raise InputError(message)
        return self.groups_by_size[wanted - 1]

    @property
    def tree(self) -> FloatArray:
        """The merges as a linkage matrix of SciPy, (K - 1, 4): what is merged, at which step, and how many components.

        Components are the leaves. ``scipy.cluster.hierarchy.fcluster(tree, n_clusters, "maxclust")`` cuts it anywhere.
        """
        k = self.n_components
        names = list(range(k))  # of the cluster of each component
        rows = []
        for step in range(1, k):
            finer, coarser = self.groups_by_size[k - step], self.groups_by_size[k - step - 1]
            merged = next(cluster for cluster in coarser if len(np.unique(finer[coarser == cluster])) > 1)
            members = np.flatnonzero(coarser == merged)
            one, other = sorted({names[member] for member in members})
            rows.append([one, other, step, len(members)])
            for member in members:
                names[member] = k + step - 1
        return np.array(rows, dtype=np.float64).reshape(-1, 4)

    @property
    def splits(self) -> list[dict[str, float]]:
        """How far apart the two are that each split parts, from two clusters on, as rows of a table."""
        return [
            {"n_clusters": size, "misclassified": float(misclassified), "p_value": float(p_value)}
            for size, misclassified, p_value in zip(
                range(2, self.n_components + 1), self.misclassified, self.p_values, strict=True
            )
        ]

    @property
    def elbow(self) -> int:
        """The number of clusters at the elbow of the entropies."""
        return elbow(self.entropies)

    def labels(self, responsibilities: FloatArray, n_clusters: int | None = None) -> IntArray:
        """Give the most probable cluster of each row, (n_rows,), from the responsibilities of components."""
        return labels_of_groups(responsibilities, self.groups(n_clusters))


def labels_of_groups(responsibilities: FloatArray, groups: IntArray) -> IntArray:
    """Give the most probable group of components of each row.

    Parameters
    ----------
    responsibilities : ndarray of shape (n_rows, n_components)
    groups : ndarray of shape (n_components,)
        The group of each component, numbered from 0.

    Returns
    -------
    labels : ndarray of shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search import labels_of_groups
    >>> labels_of_groups(np.array([[0.4, 0.3, 0.3]]), np.array([0, 1, 1]))
    array([1])
    """
    return np.argmax(responsibilities @ np.eye(int(np.max(groups)) + 1)[groups], axis=1)


def elbow(entropies: FloatArray) -> int:
    """Give the number of clusters at which two lines that meet there fit the entropies best.

    Parameters
    ----------
    entropies : ndarray of shape (K,)
        With 1, 2, ..., K clusters.

    Returns
    -------
    n_clusters : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search import elbow
    >>> elbow(np.array([0.0, 1.0, 2.0, 12.0, 22.0]))
    3
    """
    k = len(entropies)
    if k < 3:
        return k
    numbers = np.arange(1.0, k + 1.0)
    errors = [
        _error(numbers[: at + 1], entropies[: at + 1]) + _error(numbers[at:], entropies[at:]) for at in range(1, k - 1)
    ]
    return 2 + int(np.argmin(errors))


def _next_to_merge(
    clusters: _Clusters, shapes: Shapes | None, links: list[tuple[int, int]]
) -> tuple[tuple[int, int], bool]:
    """Give the two clusters to merge next, and whether they are one; links that are merged are taken from the list."""
    while links:
        i, j = (int(clusters.groups[component]) for component in links.pop(0))
        if i != j:
            return (min(i, j), max(i, j)), True
    nearest = clusters.nearest()
    if clusters.misclassified(*nearest) >= MISCLASSIFIED:
        return nearest, True
    pair = None if shapes is None else shapes.one_mode(clusters.groups)
    return (nearest, False) if pair is None else (pair, True)


class _Clusters:
    """Groups of components, by what the union of any two would take from the entropy of the assignment."""

    def __init__(self, responsibilities: FloatArray, weights: FloatArray) -> None:
        k = responsibilities.shape[1]
        self.groups: IntArray = np.arange(k)
        self._weights = weights
        self._shares = [np.ascontiguousarray(column) for column in responsibilities.T]
        self._own = [_entropy(share, weights) for share in self._shares]
        self._gains = np.full((k, k), -np.inf)
        for i, j in zip(*np.triu_indices(k, 1), strict=True):
            self._set_gain(int(i), int(j))

    @property
    def entropy(self) -> float:
        """Give that of the assignment, in nats."""
        return float(sum(self._own[group] for group in np.unique(self.groups)))

    @property
    def n_clusters(self) -> int:
        """Give the number of groups."""
        return len(np.unique(self.groups))

    def nearest(self) -> tuple[int, int]:
        """Give the two whose union takes most from the entropy."""
        i, j = np.unravel_index(np.argmax(self._gains), self._gains.shape)
        return int(i), int(j)

    def members(self, group: int) -> IntArray:
        """Give the components of a group."""
        return np.flatnonzero(self.groups == group)

    def misclassified(self, i: int, j: int) -> float:
        """Give the share of the rows of a group that are given to another, of two groups the larger."""
        shares = [self._shares[group] for group in np.unique(self.groups)]
        return _misclassified(shares, self._shares[i], self._shares[j], self._weights)

    def merge(self, i: int, j: int) -> None:
        """Make the later of two groups part of the earlier."""
        self._shares[i] = self._shares[i] + self._shares[j]
        self._own[i], self._own[j] = _entropy(self._shares[i], self._weights), 0.0
        self.groups = np.where(self.groups == j, i, self.groups)
        self._gains[j, :] = self._gains[:, j] = -np.inf
        for other in np.unique(self.groups[self.groups != i]):
            self._set_gain(min(i, int(other)), max(i, int(other)))

    def _set_gain(self, i: int, j: int) -> None:
        union = _entropy(self._shares[i] + self._shares[j], self._weights)
        self._gains[i, j] = self._own[i] + self._own[j] - union


def _error(x: FloatArray, y: FloatArray) -> float:
    """Give the sum of squares that a line leaves."""
    if len(x) < 3:
        return 0.0
    return float(np.sum((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2))


def _misclassified(shares: list[FloatArray], one: FloatArray, other: FloatArray, weights: FloatArray) -> float:
    """Give the share of the rows of a cluster that are given to another, of two clusters (n,) the larger."""
    highest, tiny = np.maximum.reduce(shares), np.finfo(np.float64).tiny
    given_to_other = float(weights @ np.where(other == highest, one, 0.0)) / max(float(weights @ one), tiny)
    given_to_one = float(weights @ np.where(one == highest, other, 0.0)) / max(float(weights @ other), tiny)
    return max(given_to_other, given_to_one)


def _entropy(share: FloatArray, weights: FloatArray) -> float:
    return -float(weights @ xlogy(share, share))


def _numbered(groups: IntArray) -> IntArray:
    """Give clusters numbers in the order of their first components."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.asarray(order[inverse], dtype=np.intp)
