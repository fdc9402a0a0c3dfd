"""What small tables often have beside their groups hides none of these."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine
from sklearn.metrics import adjusted_rand_score

from mixfold import AutoGaussianMixture, GaussianMixture, MixtureOutlierDetector
from mixfold.typing import FloatArray

GROUPS = np.repeat([0, 1, 2], [80, 60, 60])
COLUMNS: dict[str, Callable[[np.random.Generator], FloatArray]] = {
    "binary": lambda random: random.integers(0, 2, (200, 1)).astype(np.float64),
    "one-hot": lambda random: np.eye(3)[random.integers(0, 3, 200)],
    "Likert": lambda random: random.integers(1, 6, (200, 1)).astype(np.float64),
    "zero-inflated": lambda random: np.where(random.random((200, 1)) < 0.6, 0.0, random.exponential(size=(200, 1))),
}


def three_groups(random: np.random.Generator) -> FloatArray:
    """Give three clusters whose centers are six deviations apart."""
    return random.normal(size=(200, 2)) + 6.0 * np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])[GROUPS]


def index(rows: FloatArray, groups: np.ndarray, n_components: int = 3, seed: int = 0) -> float:
    labels = GaussianMixture(n_components, random_state=seed).fit_predict(rows)
    return float(adjusted_rand_score(groups, labels[: len(groups)]))


@pytest.mark.parametrize("name", list(COLUMNS))
@pytest.mark.parametrize("seed", [0, 1])
def test_a_column_that_has_nothing_to_do_with_groups_leaves_the_index_as_it_is(name: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = three_groups(random)
    assert index(np.column_stack([rows, COLUMNS[name](random)]), GROUPS) > index(rows, GROUPS) - 0.03


@pytest.mark.parametrize("far", [1e2, 1e4, 1e8])
def test_a_far_row_has_a_component_of_its_own_and_moves_no_label(far: float) -> None:
    rows = three_groups(np.random.default_rng(0))
    alone = GaussianMixture(3, random_state=0).fit_predict(rows)
    labels = GaussianMixture(4, random_state=0).fit_predict(np.vstack([rows, [[far, -far]]]))
    assert adjusted_rand_score(alone, labels[:200]) == 1.0
    assert labels[200] not in labels[:200]


@pytest.mark.parametrize(("d", "n_rare"), [(2, 5), (20, 15)])
def test_a_far_group_of_fewer_rows_than_a_covariance_needs_is_a_component(d: int, n_rare: int) -> None:
    random, groups = np.random.default_rng(0), np.repeat([0, 1, 2], (300, 300, n_rare))
    centers = np.linalg.qr(random.normal(size=(max(d, 3), 3)))[0].T[:, :d] * 20.0 / np.sqrt(2.0)
    assert index(random.normal(size=(len(groups), d)) + centers[groups], groups) == 1.0


def test_one_code_for_a_missing_value_is_a_component_of_its_own() -> None:
    rows = np.random.default_rng(0).normal(size=(120, 2))
    rows[7, 0] = -9999.0
    labels = GaussianMixture(2, random_state=0).fit_predict(rows)
    assert np.flatnonzero(labels == labels[7]).tolist() == [7]


def test_a_row_a_million_away_hides_no_anomaly_and_no_cluster() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(size=(250, 2)), random.normal(size=(250, 2)) + 8.0, [[1e6, 1e6]]])
    odd = np.array([[4.0, 4.0], [0.0, 8.0], [-6.0, -6.0], [14.0, 14.0]])
    assert np.all(MixtureOutlierDetector(contamination=0.01, random_state=0).fit(rows).predict(odd) == -1)
    model = AutoGaussianMixture([1, 2, 3, 4], covariance_types=["spherical", "full"], random_state=0).fit(rows)
    assert adjusted_rand_score(np.repeat([0, 1], 250), model.predict(rows)[:500]) > 0.99


def test_identical_rows_are_one_component() -> None:
    assert AutoGaussianMixture([1, 2, 3], random_state=0).fit(np.full((40, 2), 3.0)).n_components_ == 1


def test_centered_log_ratios_have_as_many_components_as_additive_ones() -> None:
    random = np.random.default_rng(0)
    additive = random.normal(size=(200, 2)) + np.repeat([[0.0, 0.0], [4.0, -3.0]], 100, axis=0)
    shares = np.column_stack([np.exp(additive), np.ones(200)])
    logs = np.log(shares / np.sum(shares, axis=1, keepdims=True))
    centered = logs - np.mean(logs, axis=1, keepdims=True)
    for rows in (additive, centered):
        model = AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0).fit(rows)
        assert model.n_components_ == 2


@pytest.mark.parametrize("n_init", [1, 10])
@pytest.mark.parametrize("name", ["iris", "petals", "wine"])
def test_the_tables_that_are_tried_first_have_their_groups(name: str, n_init: int) -> None:
    table = load_wine() if name == "wine" else load_iris()
    rows = table.data[:, 2:] if name == "petals" else table.data
    for seed in range(1 if n_init > 1 else 3):
        labels = GaussianMixture(3, n_init=n_init, random_state=seed).fit_predict(rows)
        assert adjusted_rand_score(table.target, labels) > 0.9
