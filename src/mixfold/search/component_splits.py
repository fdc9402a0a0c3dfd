"""Splits of a component of a posterior in two: where it is cut, and the sums of the halves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from mixfold.covariance.abstract import cholesky, positive_definite
from mixfold.covariance.triangular import inverse_of_lower
from mixfold.rows import Rows
from mixfold.search.found_components import Found
from mixfold.search.split_merge import SPLIT_AXES
from mixfold.search.tried_moves import TriedMoves
from mixfold.statistics import SufficientStatistics
from mixfold.typing import BoolArray, FloatArray


def halves_of_components(found: Found, tried: TriedMoves) -> Iterator[SufficientStatistics]:
    """Yield the sums where one component is two, the largest first.

    Parameters
    ----------
    found : Found
    tried : TriedMoves
        Components that were split in vain are left out, and those that are yielded are added.

    Yields
    ------
    statistics : SufficientStatistics
    """
    responsibilities, posterior, rows = found.responsibilities, found.posterior, found.rows
    fold, structure = found.problem.fold, found.problem.model.structure
    is_round = len(posterior.weights) == 1 and structure.is_matrix  # where rows are in invariant coordinates
    names = tried.names(found)
    for component in np.argsort(-found.counts, kind="stable"):
        if not tried.is_new(names, [component]):
            continue
        share = responsibilities[:, component]
        sides = _cuts(rows - posterior.means[component], share, is_round=is_round)
        shares = np.stack([share[:, None] * ~sides, share[:, None] * sides], axis=2).reshape(len(rows), -1)
        halves = fold.centered_moments(_of_chunks(shares), shares.shape[1], structure)
        for first in range(0, shares.shape[1], 2):
            if np.min(halves.count[first : first + 2]) >= 1.0:  # a row
                yield halved(found.point.statistics, int(component), halves.take(np.array([first, first + 1])))


def halved(statistics: SufficientStatistics, component: int, halves: SufficientStatistics) -> SufficientStatistics:
    """Give the sums where one component is two, of which the first takes its place and the other comes last.

    Parameters
    ----------
    statistics : SufficientStatistics
    component : int
    halves : SufficientStatistics
        Of two components.

    Returns
    -------
    statistics : SufficientStatistics
    """
    means, structure = statistics.means, statistics.structure
    order, at = np.append(np.arange(len(means)), component), [component, -1]
    taken = replace(statistics.around(means), label_count=None).take(order)
    center, count, shift, scatter = (each.copy() for each in (taken.center, taken.count, taken.shift, taken.scatter))
    center[at], count[at], shift[at] = halves.means, halves.count, 0.0
    if structure.is_shared:  # what lies between the halves was within the component
        scatter -= structure.outer(halves.count, halves.means - means[component])
    else:
        scatter[at] = halves.scatter_about_means
    return replace(taken, center=center, count=count, shift=shift, scatter=scatter)


def _cuts(away: FloatArray, share: FloatArray, *, is_round: bool) -> BoolArray:
    """Give on which side of its mean a component's rows lie, across its longest axes: (N, n_axes), the lesser as True.

    All axes of a round one are as long: it is cut across those of least kurtosis, which two clusters have along the
    line between them (Pena & Prieto 2001).
    """
    scatter = (away * share[:, None]).T @ away
    if is_round:
        positive = positive_definite(scatter / np.sum(share), np.zeros(len(scatter)))
        whitener = inverse_of_lower(cholesky(positive, "The covariance of all rows"))
        white = away @ whitener.T
        squares = share * np.einsum("nd,nd->n", white, white)
        axes = np.linalg.eigh((squares[:, None] * white).T @ white)[1].T @ whitener
    else:
        axes = np.linalg.eigh(scatter)[1].T[::-1]
    sides = away @ axes[:SPLIT_AXES].T > 0.0
    # An axis has no sign: the lesser half comes last, as on a stick.
    return np.asarray(sides ^ (share @ sides > 0.5 * np.sum(share)))


def _of_chunks(shares: FloatArray) -> Callable[[Rows], FloatArray]:
    return lambda chunk: shares[chunk.span]
