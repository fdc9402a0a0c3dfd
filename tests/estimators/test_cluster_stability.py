"""Clusters that are there are found again in parts of the rows, and those that are not dissolve."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import InputError
from mixfold.estimators.cluster_stability import recovered

X = load_faithful().data


def test_clear_clusters_are_found_again() -> None:
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["diag"], random_state=0).fit(X)
    stability = model.cluster_stability(X, n_samples=4)
    assert np.all(stability.jaccard > 0.95)
    assert stability.cluster_probabilities == {2: 1.0}
    assert sum(stability.component_probabilities.values()) == pytest.approx(1.0)
    assert stability.n_samples == 4
    assert stability.in_words().startswith("2 clusters in 100 % of 4 parts of the rows;")
    assert stability.verdicts() == ["stable", "stable"]
    assert "components in " in stability.components_in_words()


def test_a_cluster_that_chance_made_dissolves() -> None:
    rows = np.random.default_rng(0).normal(size=(120, 2))
    model = AutoGaussianMixture([3], covariance_types=["spherical"], random_state=0).fit(rows)
    model._know_clusters(np.arange(3), model.cluster_tree_, model.cluster_splits_)
    stability = model.cluster_stability(rows, n_samples=4)
    assert np.min(stability.jaccard) < 0.75
    assert stability.cluster_probabilities.get(3, 0.0) < 1.0


def test_a_seed_repeats_it_and_weights_count_rows() -> None:
    model = AutoGaussianMixture([2], covariance_types=["diag"], random_state=0).fit(X)
    first, second = (model.cluster_stability(X, n_samples=2, random_state=3) for _ in range(2))
    np.testing.assert_array_equal(first.jaccard, second.jaccard)
    weighted = model.cluster_stability(X, np.where(X[:, 0] > 3.0, 1.0, 0.5), n_samples=2, random_state=3)
    assert np.all(weighted.jaccard > 0.9)


def test_the_best_match_counts_and_a_cluster_without_rows_is_not_found() -> None:
    found = recovered(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]), 3)
    np.testing.assert_allclose(found, [2 / 3, 0.5, 0.0])


@pytest.mark.parametrize(("rows", "n_samples"), [(X, 0), (X[:3], 5)])
def test_too_little_to_choose_again_is_refused(rows: np.ndarray, n_samples: int) -> None:
    model = AutoGaussianMixture([2], covariance_types=["diag"], random_state=0).fit(X)
    with pytest.raises(InputError, match="Stability must be of one part or more of 5 rows or more, got n_samples="):
        model.cluster_stability(rows, n_samples=n_samples)


def test_a_callback_that_cannot_be_copied_is_no_obstacle() -> None:
    class Callback:
        def __init__(self) -> None:
            self.lock = threading.RLock()

        def __call__(self, *_: object) -> None:
            """Do nothing."""

    model = AutoGaussianMixture([2], covariance_types=["diag"], random_state=0, callback=Callback()).fit(X)
    assert model.cluster_stability(X, n_samples=1).n_samples == 1
