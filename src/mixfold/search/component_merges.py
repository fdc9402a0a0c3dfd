"""Merges of two components of a posterior: which may pay, and what the bound gains by one before any EM step.

Under conjugate priors the bound of rows that are shared in one way has a closed form, and so has what it gains where
two components share their rows as one. EM goes on from there, so that this is the least that a merge gains: several
that gain by it are made at once (Hughes & Sudderth 2013, section 4), and what loses too much is not tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import gammaln, xlogy

from mixfold.observations import n_named
from mixfold.search.found_components import LOG_ODDS, Found
from mixfold.search.sample import NEGLIGIBLE_SHARE
from mixfold.search.split_merge import N_PROMISING
from mixfold.search.tried_moves import TriedMoves
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray


def likely_merges(found: Found, tried: TriedMoves) -> Iterator[SufficientStatistics]:
    """Yield the sums where components are merged: at first all pairs that gain by it, then one pair after another.

    What loses more than a nat for each row of the two is left out.

    Parameters
    ----------
    found : Found
    tried : TriedMoves
        Pairs that were tried in vain are left out, and those that are yielded alone are added.

    Yields
    ------
    statistics : SufficientStatistics
    """
    pairs, statistics = likely_pairs(found), found.point.statistics
    if not pairs:
        return
    gains = merge_gains(found, pairs) + LOG_ODDS
    best_first = [(pairs[at], gains[at]) for at in np.argsort(-gains, kind="stable")]
    certain: list[tuple[int, int]] = []
    for pair, gain in best_first:
        if gain > 0.0 and not any(component in other for other in certain for component in pair):
            certain.append(pair)
    if len(certain) > 1:
        yield joined(statistics, certain)
    names = tried.names(found)
    for pair, gain in best_first:
        # EM hardly makes up for more than a nat for each row of the two.
        if gain > -np.sum(statistics.count[[*pair]]) and tried.is_new(names, pair):
            yield joined(statistics, [pair])


def likely_pairs(found: Found) -> list[tuple[int, int]]:
    """Give the pairs that share most rows; where they share none, those nearest to each other.

    Two components that labels name are no pair.
    """
    posterior, model = found.posterior, found.problem.model
    k, d = posterior.means.shape
    if k == 1:
        return []
    responsibilities = found.responsibilities
    shared = responsibilities.T @ responsibilities
    size = np.sqrt(np.maximum(np.diagonal(shared), np.finfo(np.float64).tiny))
    away = posterior.means[:, None] - posterior.means  # (k, k, d)
    between = np.sum(away @ np.linalg.inv(model.family.dense(posterior.covariances, k, d)) * away, axis=2)
    likely = shared / np.outer(size, size) - 0.5 * NEGLIGIBLE_SHARE * (between + between.T)
    one, other = np.triu_indices(k, 1)
    may_be_one = other >= n_named(found.problem.fold.observations)
    one, other = one[may_be_one], other[may_be_one]
    order = np.argsort(-likely[one, other], kind="stable")[: N_PROMISING * k]
    return [(int(one[at]), int(other[at])) for at in order]


def merge_gains(found: Found, pairs: Sequence[tuple[int, int]]) -> FloatArray:
    """Give what the bound gains at once by each merge, in nats of all rows.

    The evidence of means and precisions is exact, and so is the entropy of how rows are shared; that of weights is as
    if components had no place and their concentration were known.

    Parameters
    ----------
    found : Found
    pairs : sequence of tuple of int

    Returns
    -------
    gains : ndarray of shape (n_pairs,)
    """
    model, statistics, shares = found.problem.model, found.point.statistics, found.responsibilities
    weights = found.row_weights
    one, other = np.transpose(pairs)
    rows, count = model.shared(statistics), statistics.count
    if model.family.are_equal:
        every = (model.log_evidence(model.shared(joined(statistics, [pair]))) for pair in pairs)
        evidence = np.array(list(every)) - model.log_evidence(rows)
    else:
        each = model.log_evidences(rows)
        evidence = model.log_evidences(rows.joined(one, other)) - each[one] - each[other]
    of_each = -weights @ xlogy(shares, shares)
    of_both = np.array([-weights @ xlogy(both := shares[:, i] + shares[:, j], both) for i, j in pairs])
    n_rows = np.maximum(count, 1.0)
    of_weights = gammaln(n_rows[one] + n_rows[other]) - gammaln(n_rows[one]) - gammaln(n_rows[other])
    return np.asarray(evidence + of_both - of_each[one] - of_each[other] + of_weights)


def joined(statistics: SufficientStatistics, pairs: Sequence[tuple[int, int]]) -> SufficientStatistics:
    """Give the sums where two components are one, which takes the place of the first, for each of some pairs.

    No component is in two pairs.
    """
    one, other = np.transpose(pairs)
    count, means = statistics.count, statistics.means
    center = statistics.center.copy()
    both = np.maximum(count[one] + count[other], np.finfo(np.float64).tiny)[:, None]
    center[one] = center[other] = (count[one, None] * means[one] + count[other, None] * means[other]) / both
    around = statistics.around(center)
    count, shift, scatter = around.count.copy(), around.shift.copy(), around.scatter.copy()
    sums = [count, shift] if statistics.structure.is_shared else [count, shift, scatter]
    labels = None if around.label_count is None else around.label_count.copy()
    if labels is not None:
        sums.append(labels)
    for each in sums:
        each[one] += each[other]
    kept = np.delete(np.arange(len(count)), other)
    return replace(around, count=count, shift=shift, scatter=scatter, label_count=labels).take(kept)
