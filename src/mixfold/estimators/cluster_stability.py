"""How sure clusters are: what stays when they are chosen again in random parts of the rows, or bootstrap samples.

Of each part, four fifths of the rows, an estimator of the same settings chooses among one component less, as many,
and one more, in the family that was chosen, as a sweep by default does before its searches. A cluster is recovered by
the cluster of the part that is most like it, by their Jaccard index: rows in both for rows in either (Hennig 2007,
Comp. Stat. Data Analysis 52, 258-271). Which clusters a part takes together or apart is seen in pairs of rows: how many
of them are in one cluster of the part, of those that are in it (the consensus of Monti, Tamayo, Mesirov & Golub 2003,
Machine Learning 52, 91-118), added up by the clusters of the two rows, as there are too many pairs to keep. Of
bootstrap samples, where these are asked for, each row is taken once, as Hennig does: rows that are there often would
be a cluster of their own.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, ConvergenceWarning, InputError, SelectionWarning, SpuriousComponentWarning
from mixfold.estimators.choice_by_bound import ELBO
from mixfold.estimators.clusters import complete_rows
from mixfold.typing import FloatArray, IntArray
from mixfold.validation import weights_of

if TYPE_CHECKING:
    from mixfold.estimators.auto_gaussian_mixture import AutoGaussianMixture

PART = 0.8
"""Of the rows."""
LEAST_ROWS = 5
"""Of which a part leaves one out."""
PARTS, BOOTSTRAP = "subsampling", "bootstrap"
SAMPLES = {PARTS: "parts of the rows", BOOTSTRAP: "bootstrap samples"}
"""What each way makes."""
TOO_SURE = 2.0
"""Odds that a part has the most frequent number of clusters, for those that it is right."""
VERDICTS = ((0.85, "stable"), (0.75, "a pattern"), (0.5, "doubtful"), (0.0, "dissolved"))
"""What a cluster is called whose Jaccard index is at least so much (Hennig 2007)."""


@dataclass(frozen=True, slots=True)
class ClusterStability:
    """What stays of clusters in random parts of the rows.

    Attributes
    ----------
    jaccard : ndarray of shape (n_clusters,)
        Of each cluster: how much of it was found again, on average over parts. Below .5 it is dissolved; from .75 on it
        is a pattern, and from .85 on it is stable (Hennig 2007).
    cluster_probabilities, component_probabilities : dict of int to float
        How often each number was found; of components, among those that were tried.
    n_samples : int
        Parts that had an answer.
    co_assignment : ndarray of shape (n_clusters, n_clusters)
        Of all pairs of a row of one cluster and a row of another, or of the same one, in all parts: how many were in
        one cluster of the part. Ones in the diagonal and zeros beside it say that clusters were the same in all of them
        (Monti et al. 2003).
    resampling : {'subsampling', 'bootstrap'}
        How the parts were drawn: four fifths of the rows, or bootstrap samples, of which each row is taken once.
    tried : tuple of int
        Numbers of components that were tried in parts, rising: the least may stand for fewer, and the largest for more.
    """

    jaccard: FloatArray
    cluster_probabilities: dict[int, float]
    component_probabilities: dict[int, float]
    n_samples: int
    co_assignment: FloatArray
    resampling: str = PARTS
    tried: tuple[int, ...] = ()

    @property
    def probability(self) -> float:
        """How probable it is that the number of clusters found most often is the right one.

        Parts agree on what is wrong in all of them, too, such as a group that none sees: of generated tables with known
        clusters the odds that a number is right are half of those that a part has it, (c + 1/2) / (n - c + 1/2) of c
        parts of n that do (`benchmarks.cluster_bank`, 166 tables of even seeds; a logistic calibration, Platt 1999,
        whose slope of 1.03 is taken for one). NaN of bootstrap samples, of which that was not asked, and where no other
        number was tried.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.estimators.cluster_stability import ClusterStability
        >>> one = np.array([1.0])
        >>> [round(ClusterStability(one, {1: c / 10}, {1: 1.0}, 10, one).probability, 2) for c in (6, 8, 9, 10)]
        [0.42, 0.63, 0.76, 0.91]
        """
        if self.resampling != PARTS or self.tried == (1,):
            return np.nan
        agree = self.n_samples * max(self.cluster_probabilities.values())
        odds = (agree + 0.5) / (self.n_samples - agree + 0.5) / TOO_SURE
        return float(odds / (1.0 + odds))

    def in_words(self) -> str:
        """Say it in a sentence.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.estimators.cluster_stability import ClusterStability
        >>> one, _, other = ClusterStability(
        ...     np.array([0.98, 0.6]), {1: 0.1, 2: 0.9}, {2: 1.0}, 20, np.eye(2)
        ... ).in_words().partition("; ")
        >>> one
        '2 clusters in 90 % of 20 parts of the rows, 1 in 10 % (2 are right with a probability of 79 %)'
        >>> other
        'the least stable, cluster 1, is found again to 60 %.'
        """
        worst = int(np.argmin(self.jaccard))
        found = f"the least stable, cluster {worst}, is found again to {100.0 * self.jaccard[worst]:.0f} %."
        return f"{self.clusters_in_words()}; {found}"

    def clusters_in_words(self, noun: str = "cluster") -> str:
        """Say how often each number of clusters was found, and how probable the first is.

        Parameters
        ----------
        noun : str, default='cluster'
            What clusters are called.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.estimators.cluster_stability import ClusterStability
        >>> ClusterStability(np.ones(1), {1: 1.0}, {1: 1.0}, 10, np.eye(1)).clusters_in_words()
        '1 cluster in 100 % of 10 parts of the rows (right with a probability of 91 %)'
        """
        told = often_in_words(self.cluster_probabilities, noun, self.n_samples, self.resampling)
        if np.isnan(self.probability):
            return f"{told} (open: no other number was tried)" if self.tried == (1,) else told
        most = max(self.cluster_probabilities, key=lambda number: self.cluster_probabilities[number])
        which = f"{most} {'are' if most > 1 else 'is'} " if len(self.cluster_probabilities) > 1 else ""
        return f"{told} ({which}right with a probability of {100.0 * self.probability:.0f} %)"

    def components_in_words(self, noun: str = "component") -> str:
        """Say how often each number of components was found, and that it is open where most parts have the largest.

        Parameters
        ----------
        noun : str, default='component'
            What components are called.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.estimators.cluster_stability import ClusterStability
        >>> found = np.array([1.0]), {1: 1.0}, {2: 0.3, 3: 0.7}, 10, np.eye(1), "subsampling"
        >>> ClusterStability(*found, (2, 3, 4)).components_in_words()
        '3 components in 70 % of 10 parts of the rows, 2 or fewer in 30 %'
        >>> ClusterStability(*found, (1, 2, 3)).components_in_words()
        '3 or more components in 70 % of 10 parts of the rows, 2 in 30 % (open: no more than 3 were tried in parts)'
        """
        told = often_in_words(self.component_probabilities, noun, self.n_samples, self.resampling, self.tried)
        if len(self.tried) < 2 or self.component_probabilities.get(self.tried[-1], 0.0) < 0.5:
            return told
        return f"{told} (open: no more than {self.tried[-1]} were tried in parts)"

    def pairs_in_words(self) -> str:
        """Say how many pairs of rows of a cluster stay together, and which two clusters are joined most.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.estimators.cluster_stability import ClusterStability
        >>> pairs = np.array([[0.98, 0.01, 0.0], [0.01, 0.8, 0.25], [0.0, 0.25, 0.97]])
        >>> ClusterStability(np.ones(3), {3: 1.0}, {3: 1.0}, 20, pairs).pairs_in_words()
        'at least 80 % of pairs of rows in a cluster stay together, at most 25 % in two (1 and 2) are joined'
        """
        least = 100.0 * float(np.min(np.diag(self.co_assignment)))
        told = f"at least {least:.0f} % of pairs of rows in a cluster stay together"
        joined = enumerate(self.joined_most())
        pair = max(joined, key=lambda pair: self.co_assignment[pair], default=None)
        if pair is None:
            return told
        return f"{told}, at most {100.0 * self.co_assignment[pair]:.0f} % in two ({pair[0]} and {pair[1]}) are joined"

    def joined_most(self) -> list[int]:
        """Give for each cluster the other one with whose rows its own are together most often; empty of one cluster.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.estimators.cluster_stability import ClusterStability
        >>> pairs = np.array([[0.98, 0.01, 0.0], [0.01, 0.8, 0.25], [0.0, 0.25, 0.97]])
        >>> ClusterStability(np.ones(3), {3: 1.0}, {3: 1.0}, 20, pairs).joined_most()
        [1, 2, 1]
        """
        n_clusters = len(self.co_assignment)
        others = np.where(np.eye(n_clusters, dtype=bool), -1.0, self.co_assignment)
        return [int(np.argmax(row)) for row in others] if n_clusters > 1 else []

    def verdicts(self) -> list[str]:
        """Say of each cluster how stable it is, in Hennig's (2007) words.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.estimators.cluster_stability import ClusterStability
        >>> ClusterStability(np.array([0.9, 0.8, 0.6, 0.1]), {4: 1.0}, {4: 1.0}, 10, np.eye(4)).verdicts()
        ['stable', 'a pattern', 'doubtful', 'dissolved']
        """
        return [next(verdict for least, verdict in VERDICTS if value >= least) for value in self.jaccard]


def often_in_words(
    shares: dict[int, float], noun: str, n_samples: int, resampling: str = PARTS, tried: Sequence[int] = ()
) -> str:
    """Give numbers with how often they were found, the most frequent first.

    Parameters
    ----------
    shares : dict of int to float
    noun : str
    n_samples : int
    resampling : str, default='subsampling'
    tried : sequence of int, optional
        In rising order, if others were not: the first and the last stand for those beyond.

    Examples
    --------
    >>> often_in_words({1: 0.2, 2: 0.8}, "cluster", 5)
    '2 clusters in 80 % of 5 parts of the rows, 1 in 20 %'
    >>> often_in_words({2: 1.0}, "cluster", 5, "bootstrap")
    '2 clusters in 100 % of 5 bootstrap samples'
    >>> often_in_words({1: 0.2, 2: 0.8}, "component", 5, tried=[1, 2])
    '2 or more components in 80 % of 5 parts of the rows, 1 in 20 %'
    """

    def named(number: int) -> str:
        if len(tried) < 2 or number not in (tried[0], tried[-1]) or number == 1:
            return str(number)
        return f"{number} or {'fewer' if number == tried[0] else 'more'}"

    (number, share), *others = sorted(shares.items(), key=lambda item: -item[1])
    first = f"{named(number)} {noun}{'s' * (number != 1)} in {100.0 * share:.0f} % of {n_samples} {SAMPLES[resampling]}"
    return ", ".join([first, *(f"{named(number)} in {100.0 * share:.0f} %" for number, share in others)])


def stability_of(
    estimator: AutoGaussianMixture,
    X: Any,
    sample_weight: npt.ArrayLike | None,
    n_samples: int,
    random_state: int | np.random.RandomState | None,
    resampling: str = PARTS,
) -> ClusterStability:
    """Choose again in random parts of the rows (see `AutoGaussianMixture.cluster_stability`)."""
    if resampling not in SAMPLES:
        message = f"`resampling` must be {' or '.join(map(repr, SAMPLES))}, got {resampling!r}."
        raise InputError(message)
    rows = complete_rows(X, "stability")
    if n_samples < 1 or len(rows) < LEAST_ROWS:
        message = (
            f"Stability must be of one part or more of {LEAST_ROWS} rows or more, got n_samples={n_samples} and "
            f"{len(rows)} rows. Give more."
        )
        raise InputError(message)
    weights = weights_of(sample_weight, rows[:, 0])
    weights = None if weights is None else np.asarray(to_numpy(weights))
    random = check_random_state(random_state)
    before = to_numpy(estimator.cluster_labels(X)).astype(np.intp)
    tried = _tried(estimator)
    again = choosing_again(estimator, tried)
    jaccard, clusters, components = [], [], []
    joined, pairs = np.zeros((2, estimator.n_clusters_, estimator.n_clusters_))
    for _ in range(n_samples):
        part = drawn(len(rows), random, resampling)
        again.set_params(random_state=int(random.randint(2**31)))
        n_weighted = len(part) if weights is None else int(np.count_nonzero(weights[part]))
        if n_weighted < tried[0]:  # no answer
            continue
        with warnings.catch_warnings():
            for kind in (ConvergenceWarning, SelectionWarning, SpuriousComponentWarning):
                warnings.simplefilter("ignore", kind)
            try:
                again.fit(rows[part], sample_weight=None if weights is None else weights[part])
            except CollapseError:
                continue
        labels = again.cluster_labels(rows[part])
        jaccard.append(recovered(before[part], labels, estimator.n_clusters_))
        more = pairs_of(before[part], labels, estimator.n_clusters_)
        joined, pairs = joined + more[0], pairs + more[1]
        clusters.append(again.n_clusters_)
        components.append(again.n_components_)
    if not jaccard:
        message = f"No part of the rows has an answer with about {estimator.n_components_} components. Fit fewer."
        raise CollapseError(message)
    co_assignment = np.divide(joined, pairs, out=np.eye(len(pairs)), where=pairs > 0.0)
    mean, shares = np.nanmean(jaccard, axis=0), (_shares(clusters), _shares(components))
    return ClusterStability(mean, *shares, len(jaccard), co_assignment, resampling, tried)


def drawn(n_rows: int, random: np.random.RandomState, resampling: str) -> IntArray:
    """Give the rows of a part, rising; those of a bootstrap sample once each.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.cluster_stability import drawn
    >>> drawn(5, np.random.RandomState(0), "subsampling"), drawn(5, np.random.RandomState(0), "bootstrap")
    (array([0, 1, 2, 3]), array([0, 3, 4]))
    """
    if resampling == PARTS:
        return np.sort(random.choice(n_rows, int(PART * n_rows), replace=False))
    return np.unique(random.randint(n_rows, size=n_rows))


def choosing_again(estimator: AutoGaussianMixture, levels: Sequence[int]) -> AutoGaussianMixture:
    """Give an estimator that chooses among numbers of components in the family that was chosen.

    Examples
    --------
    >>> from mixfold import AutoGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.estimators.cluster_stability import choosing_again
    >>> model = AutoGaussianMixture([2], covariance_types=["tied"], random_state=0).fit(load_faithful().data)
    >>> choosing_again(model, [1, 2]).n_components
    [1, 2]
    """
    settings = {"n_components": list(levels), "covariance_types": [estimator.covariance_type_]}
    # No clone: it would copy the callback, which may hold what cannot be copied.
    given = estimator.get_params(deep=False)
    again = type(estimator)(**{**given, **settings, "verbose": 0, "checkpoint": None, "callback": None})
    again._known = vars(estimator).get("grid_models_", [])  # noqa: SLF001  (its own kind)
    return again


def recovered(before: IntArray, after: IntArray, n_clusters: int) -> FloatArray:
    """Give the Jaccard index of each cluster with that which is most like it; zero where no row of it is left.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.cluster_stability import recovered
    >>> recovered(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2).round(3)
    array([0.667, 0.5  ])
    """
    table = _counted(before, after, n_clusters)
    either = table.sum(axis=1)[:, None] + table.sum(axis=0) - table
    return np.max(np.divide(table, either, out=np.zeros_like(table), where=either > 0.0), axis=1)


def pairs_of(before: IntArray, after: IntArray, n_clusters: int) -> tuple[FloatArray, FloatArray]:
    """Count for two clusters, or one, the pairs of their rows that are in one cluster afterwards, and all of them.

    Parameters
    ----------
    before, after : ndarray of int of shape (n_rows,)
    n_clusters : int
        Before.

    Returns
    -------
    joined, pairs : ndarray of shape (n_clusters, n_clusters)
        Ordered pairs of two different rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.cluster_stability import pairs_of
    >>> joined, pairs = pairs_of(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2)
    >>> joined.tolist(), pairs.tolist()
    ([[2.0, 1.0], [1.0, 0.0]], [[6.0, 3.0], [3.0, 0.0]])
    """
    table = _counted(before, after, n_clusters)
    counts = table.sum(axis=1)
    alone = np.diag(counts)  # of each row with itself
    return table @ table.T - alone, np.outer(counts, counts) - alone


def _counted(before: IntArray, after: IntArray, n_clusters: int) -> FloatArray:
    """Count the rows of each cluster before and each afterwards."""
    table = np.zeros((n_clusters, int(np.max(after)) + 1))
    np.add.at(table, (before, after), 1.0)
    return table


def _tried(estimator: AutoGaussianMixture) -> tuple[int, ...]:
    """Give the numbers of components next to what was chosen; a posterior finds fewer by itself, few rows allow one."""
    k, tried = estimator.n_components_, {row["n_components"] for row in estimator.results_}
    if estimator.criterion == ELBO or (isinstance(estimator.n_components, str) and tried == {1}):
        return (k,)
    return tuple(number for number in (k - 1, k, k + 1) if number > 0)


def _shares(numbers: list[int]) -> dict[int, float]:
    return {number: count / len(numbers) for number, count in sorted(Counter(numbers).items())}
