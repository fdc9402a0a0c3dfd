"""Bootstrap tests of what `mixfold select` chose: one component less and more, and each split of clusters.

A test that cannot be made costs nothing else: it says why in place of its p-value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from mixfold.cli.progress import TaskProgress
from mixfold.errors import MixfoldError
from mixfold.estimators import AutoGaussianMixture
from mixfold.estimators.clusters import SPLITS_SHOWN
from mixfold.search import LikelihoodRatioTest, bootstrap_likelihood_ratio
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class BootstrapTests:
    """Tests of a choice.

    Attributes
    ----------
    of_components, of_splits : list of dict
        What is tested, with `statistic` and `p_value`, None where `reason` says why there is none.
    splits : dict of int to LikelihoodRatioTest
        Of the splits into so many clusters that could be tested.
    """

    of_components: list[dict[str, Any]]
    of_splits: list[dict[str, Any]]
    splits: dict[int, LikelihoodRatioTest]

    @classmethod
    def of(cls, estimator: AutoGaussianMixture, rows: FloatArray, n_bootstrap: int, seed: int, n_jobs: int) -> Self:
        """Test a choice; nothing where no data sets are to be drawn."""
        tests = cls([], [], {})
        if not n_bootstrap:
            return tests
        drawn: dict[str, Any] = {"n_bootstrap": n_bootstrap, "random_state": seed, "n_jobs": n_jobs}
        family = estimator.covariance_type_
        for k in range(max(1, estimator.n_components_ - 1), estimator.n_components_ + 1):
            told, _ = _tried(
                f"bootstrap of {k} against {k + 1} components",
                partial(bootstrap_likelihood_ratio, rows, k, family, **drawn),
            )
            tests.of_components.append({"n_components": k, "covariance_type": family, **told})
        for n_clusters in range(2, min(estimator.n_clusters_, SPLITS_SHOWN) + 1):
            told, test = _tried(
                f"bootstrap of the split into {n_clusters} clusters",
                partial(estimator.split_test, rows, n_clusters, **drawn),
            )
            tests.of_splits.append({"n_clusters": n_clusters, **told})
            if test is not None:
                tests.splits[n_clusters] = test
        return tests

    def in_words(self) -> list[str]:
        """Give a sentence for each."""
        return [_sentence(test) for test in (*self.of_components, *self.of_splits)]


def _tried(task: str, test: Callable[..., LikelihoodRatioTest]) -> tuple[dict[str, Any], LikelihoodRatioTest | None]:
    try:
        with TaskProgress(task) as progress:
            made = test(callback=progress)
    except MixfoldError as error:
        return {"statistic": None, "p_value": None, "reason": str(error)}, None
    return {"statistic": made.statistic, "p_value": made.p_value}, made


def _sentence(test: dict[str, Any]) -> str:
    if "n_clusters" in test:
        told = f"split into {test['n_clusters']} clusters, one normal or two"
    else:
        k, family = test["n_components"], test["covariance_type"]
        told = f"{k} against {k + 1} components, {family}"
    if test["p_value"] is None:
        return f"{told}: not tested. {test['reason']}"
    return f"{told}: likelihood ratio {test['statistic']:.2f}, p = {test['p_value']:.3g}"
