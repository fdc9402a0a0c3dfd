"""Clusters from components: those that overlap are merged, as few as leave the assignment of rows clear.

A criterion such as BIC chooses as many components as the density needs; a cluster that is not Gaussian needs several.
Baudry, Raftery, Celeux, Lo & Gottardo (2010, J. Comp. Graph. Statistics 19, 332-353) merge, step by step, the two whose
union lowers the entropy of the assignment most (section 3). Plotted against the number of clusters the entropy falls
along a line of one slope while components of one cluster are merged, and along another where clusters are; an elbow
between the two lines is always there (section 4), though, also where nothing is to be merged. So combining ends before
two clusters that take few rows of each other: by the misclassification that their rows are expected to suffer (Hennig
2010, Adv. Data Analysis and Classification 4, 3-34, section 4.3), at the value that it has for two normals so close
that their density has one mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, xlogy

from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.mixtures import Mixture
from mixfold.typing import FloatArray, IntArray
from mixfold.validation import weights_of

MISCLASSIFIED = float(ndtr(-1.0))
"""Share of a cluster's rows that the other takes of two that are one: normals of equal weight and variance have one
mode where their means are at most two deviations apart, and this share of rows is then beyond the middle."""


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
    n_rows : float
        Rows, or the sum of their weights.

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
    n_rows: float

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
        return cls.of_responsibilities(to_numpy(shares), None if weights is None else to_numpy(weights))

    @classmethod
    def of_responsibilities(cls, responsibilities: FloatArray, weights: FloatArray | None = None) -> Self:
        """Merge columns of responsibilities (n_rows, K)."""
        n, k = responsibilities.shape
        w = np.ones(n) if weights is None else weights
        shares = [np.ascontiguousarray(column) for column in responsibilities.T]
        own = [_entropy(share, w) for share in shares]
        gains = np.full((k, k), -np.inf)  # what the union of two clusters takes from the entropy
        for i, j in zip(*np.triu_indices(k, 1), strict=True):
            gains[i, j] = own[i] + own[j] - _entropy(shares[i] + shares[j], w)
        groups = np.arange(k)
        sizes, entropies, misclassified = [_numbered(groups)], [float(sum(own))], []
        for _ in range(k - 1):
            i, j = np.unravel_index(np.argmax(gains), gains.shape)
            misclassified.append(
                _misclassified([shares[group] for group in np.unique(groups)], shares[i], shares[j], w)
            )
            shares[i] = shares[i] + shares[j]
            own[i], own[j] = _entropy(shares[i], w), 0.0
            groups = np.where(groups == j, i, groups)
            gains[j, :] = gains[:, j] = -np.inf
            for other in np.unique(groups[groups != i]):
                first, second = min(i, other), max(i, other)
                gains[first, second] = own[i] + own[other] - _entropy(shares[i] + shares[other], w)
            sizes.append(_numbered(groups))
            entropies.append(float(sum(own[group] for group in np.unique(groups))))
        reversed_shares = np.array(misclassified[::-1])
        return cls(tuple(reversed(sizes)), np.array(entropies[::-1]), reversed_shares, float(np.sum(w)))

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
    def n_clusters(self) -> int:
        """The number of clusters, when combining ends before the first two that take few rows of each other."""
        apart = np.flatnonzero(self.misclassified < MISCLASSIFIED)
        return int(apart[-1]) + 2 if len(apart) else 1

    @property
    def elbow(self) -> int:
        """The number of clusters at the elbow of the entropies."""
        return elbow(self.entropies)

    def labels(self, responsibilities: FloatArray, n_clusters: int | None = None) -> IntArray:
        """Give the most probable cluster of each row, (n_rows,), from the responsibilities of components."""
        groups = self.groups(n_clusters)
        members = np.eye(int(np.max(groups)) + 1)[groups]
        return np.argmax(responsibilities @ members, axis=1)


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
