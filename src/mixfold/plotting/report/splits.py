"""How far apart the two groups are that each split parts, in cells of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixfold.estimators.clusters import SPLITS_SHOWN, p_value_in_words, parted, share_in_words
from mixfold.search import LikelihoodRatioTest


@dataclass(frozen=True, slots=True)
class Splits:
    """What is known of each split of clusters.

    Attributes
    ----------
    lines : tuple of dict
        For each split into two groups or more, the first ones: the bell-shaped clusters of the two that it parts, how
        much of the rows of one the other takes, the p-values of the dip test of one mode and of the bootstrap test of
        one normal, empty where there was none, and whether it is made.
    n_splits : int
        How many there are.

    Examples
    --------
    >>> from mixfold import AutoGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.plotting.report.splits import Splits
    >>> X = load_faithful().data
    >>> model = AutoGaussianMixture([3], covariance_types=["tied"], random_state=0).fit(X)
    >>> splits = Splits.of(model, {2: model.split_test(X, n_bootstrap=19)})
    >>> [line["one_mode"] for line in splits.lines], [line["one_normal"] for line in splits.lines]
    (['p < 0.001', 'p = 0.95'], ['p = 0.05', ''])
    """

    lines: tuple[dict[str, Any], ...]
    n_splits: int

    @classmethod
    def of(cls, estimator: Any, tests: Mapping[int, LikelihoodRatioTest]) -> Self:
        """Say what an `AutoGaussianMixture` knows of its splits, and what a test says of each into so many."""
        lines = []
        for split in estimator.cluster_splits_[:SPLITS_SHOWN]:
            n_clusters = int(split["n_clusters"])
            one, other = parted(estimator.cluster_tree_, n_clusters)
            lines.append(
                {
                    "n_clusters": n_clusters,
                    "one": one,
                    "other": other,
                    "shared": share_in_words(split["misclassified"]),
                    "one_mode": "" if np.isnan(split["p_value"]) else p_value_in_words(split["p_value"]),
                    "one_normal": p_value_in_words(tests[n_clusters].p_value) if n_clusters in tests else "",
                    "is_made": n_clusters <= estimator.n_clusters_,
                }
            )
        return cls(tuple(lines), len(estimator.cluster_splits_))

    @property
    def are_tested(self) -> bool:
        """Whether there is a bootstrap test of one of them."""
        return any(line["one_normal"] for line in self.lines)
