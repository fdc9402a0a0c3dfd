"""Starts for rows some of which are linked: groups whose rows are of one component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from sklearn.utils import check_random_state

from mixfold.engines import to_numpy
from mixfold.errors import CollapseError
from mixfold.estimators.exported import exported
from mixfold.fold import Fold
from mixfold.initialization import GivenLabels
from mixfold.models import Model
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.sources import ArraySource, in_memory
from mixfold.typing import FloatArray, IntArray


def linked_starts(
    fold: Fold,
    complete: Fold,
    model: Model,
    find: Callable[[Fold], Parameters],
    random_state: int | np.random.RandomState | None,
) -> list[tuple[str, Parameters]]:
    """Name what is found where the rows of each group lie at their mean; nothing where rows are not linked.

    What is found in single rows may part a group whose rows are far from each other, and EM would not leave it.

    Parameters
    ----------
    fold : Fold
    complete : Fold
        Over the rows, completed and alone.
    model : Model
    find : callable
        Finds parameters in a fold.
    random_state : int, RandomState or None
    """
    links = fold.source.marks.links
    if links is None:
        return []
    over = with_groups_at_means(complete, links)
    found = find(over)
    initialize = GivenLabels(to_numpy(over.labels(model.potentials(found))).astype(np.int64))
    try:
        statistics = initialize(complete, len(found.means), model.structure, check_random_state(random_state))
        return [("groups at their means", model.maximize(statistics))]
    except CollapseError:
        return []


def with_groups_at_means(complete: Fold, links: IntArray) -> Fold:
    """Give the fold over rows of which those of a group lie at its mean."""
    source = in_memory(complete.source)
    weights = None if source.weights is None else to_numpy(source.weights)
    values = exported(at_means(to_numpy(source.values), links, weights), source.values)
    return replace(complete, source=ArraySource(values, Marks(source.weights)))


def at_means(values: FloatArray, links: IntArray, weights: FloatArray | None) -> FloatArray:
    """Give rows of which those of a group lie at its mean.

    Parameters
    ----------
    values : ndarray of shape (n, n_features)
    links : ndarray of int of shape (n,)
    weights : ndarray of shape (n,) or None
    """
    linked = links >= 0
    counted = np.ones(len(values)) if weights is None else weights.astype(np.float64)
    total, sums = np.zeros(np.max(links) + 1), np.zeros((np.max(links) + 1, values.shape[1]))
    np.add.at(total, links[linked], counted[linked])
    np.add.at(sums, links[linked], counted[linked, None] * values[linked])
    gathered = np.array(values)
    gathered[linked] = (sums / np.where(total > 0.0, total, 1.0)[:, None])[links[linked]]
    return gathered


def agreement(shares: FloatArray, links: IntArray) -> tuple[float, float]:
    """Count the pairs of rows of one group that are expected to be of one component, and all pairs.

    Parameters
    ----------
    shares : ndarray of shape (n, n_components)
    links : ndarray of int of shape (n,)

    Examples
    --------
    >>> agreement(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), np.array([0, 0, 0, -1]))
    (1.0, 3.0)
    """
    linked = links >= 0
    sums, counts = np.zeros((np.max(links) + 1, shares.shape[1])), np.bincount(links[linked])
    np.add.at(sums, links[linked], shares[linked])
    return float(np.sum(sums**2) - np.sum(shares[linked] ** 2)) / 2.0, float(np.sum(counts * (counts - 1))) / 2.0
