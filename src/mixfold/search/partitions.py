"""One clustering from many: the one from which draws of a posterior are expected to vary least.

The distance of two clusterings is the variation of information, H(A) + H(B) - 2 I(A, B) (Meila 2007, J. Multivariate
Analysis 98, 873-895), and the clustering that is nearest to draws on average is a point estimate that neither depends
on names of clusters nor fills the draws' accidents in (Wade & Ghahramani 2018, Bayesian Analysis 13, 559-626).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.spatial.distance import squareform
from scipy.special import xlogy

from mixfold.search.sample import MOST_PAIRWISE_ROWS
from mixfold.typing import FloatArray, IntArray

MOST_LINKED_ROWS = 2 * MOST_PAIRWISE_ROWS
"""Rows up to which the tree of all is among the candidates: it needs the distances of all pairs."""


def variation_of_information(one: IntArray, other: IntArray) -> float:
    """Give how far apart two clusterings of the same rows are, in nats.

    Parameters
    ----------
    one, other : ndarray of int of shape (n_rows,)
        From 0.

    Returns
    -------
    variation : float
        Zero where they differ in names alone.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search import variation_of_information
    >>> halves = np.array([0, 0, 1, 1])
    >>> variation_of_information(halves, 1 - halves), round(variation_of_information(halves, np.zeros(4, int)), 3)
    (0.0, 0.693)
    """
    n, width = len(one), int(np.max(other)) + 1
    together = np.bincount(one * width + other, minlength=(int(np.max(one)) + 1) * width).reshape(-1, width)
    each = np.sum(xlogy(together.sum(axis=1), together.sum(axis=1))) + np.sum(
        xlogy(together.sum(axis=0), together.sum(axis=0))
    )
    return max(0.0, float(each - 2.0 * np.sum(xlogy(together, together))) / n)


def similarity_of(draws: Sequence[IntArray]) -> FloatArray:
    """Give the share of clusterings in which two rows are together, (n_rows, n_rows).

    Parameters
    ----------
    draws : sequence of ndarray of int of shape (n_rows,)

    Returns
    -------
    similarity : ndarray of shape (n_rows, n_rows)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.partitions import similarity_of
    >>> similarity_of([np.array([0, 0, 1]), np.array([0, 1, 1])])[1]
    array([0.5, 1. , 0.5])
    """
    together = np.zeros((len(draws[0]), len(draws[0])))
    for labels in draws:
        together += labels[:, None] == labels
    return together / len(draws)


def nearest_partition(draws: Sequence[IntArray], others: Sequence[IntArray] = ()) -> IntArray:
    """Give the clustering of least expected variation of information over draws, of those that are looked at.

    These are the draws themselves, `others`, the cuts of a tree by average linkage (of few rows), and what comes of the
    best of them by joining clusters for as long as that helps.

    Parameters
    ----------
    draws : sequence of ndarray of int of shape (n_rows,)
    others : sequence of ndarray of int of shape (n_rows,)

    Returns
    -------
    labels : ndarray of int of shape (n_rows,)
        From 0, the largest cluster first.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search import nearest_partition
    >>> nearest_partition([np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), np.array([0, 1, 2, 2])])
    array([0, 0, 1, 1])
    """
    draws = [np.unique(labels, return_inverse=True)[1] for labels in draws]
    distinct = {labels.tobytes(): labels for labels in [*draws, *others, *_cuts(draws)]}
    best, least = min(((labels, _expected(labels, draws)) for labels in distinct.values()), key=lambda pair: pair[1])
    while True:
        joined = [(labels, _expected(labels, draws)) for labels in _joined(best)]
        labels, value = min(joined, key=lambda pair: pair[1], default=(best, least))
        if not value < least:
            break
        best, least = labels, value
    _, named, sizes = np.unique(best, return_inverse=True, return_counts=True)
    return np.argsort(np.argsort(-sizes, kind="stable"))[named]


def _expected(labels: IntArray, draws: Sequence[IntArray]) -> float:
    return float(np.mean([variation_of_information(labels, draw) for draw in draws]))


def _cuts(draws: Sequence[IntArray]) -> Iterator[IntArray]:
    """Yield the cuts of the tree of all rows into as many clusters as draws have at most, and fewer."""
    from scipy.cluster.hierarchy import cut_tree, linkage  # noqa: PLC0415  (a twentieth of all that importing takes)

    if not 1 < len(draws[0]) <= MOST_LINKED_ROWS:
        return
    apart = squareform(1.0 - similarity_of(draws), checks=False)
    most = min(len(draws[0]), max(int(np.max(labels)) + 1 for labels in draws))
    yield from cut_tree(linkage(apart, "average"), n_clusters=range(1, most + 1)).T.astype(np.int64)


def _joined(labels: IntArray) -> Iterator[IntArray]:
    """Yield the clustering with two of its clusters as one, for each pair."""
    names = np.unique(labels)
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            yield np.where(labels == other, one, labels)
