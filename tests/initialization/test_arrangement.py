"""Rows of neighbors side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.engines import ArrayEngine, kernels
from mixfold.fold import Fold
from mixfold.initialization import side_by_side
from mixfold.potentials import Potentials
from mixfold.rows import Marks
from mixfold.sources import in_memory
from mixfold.structures import DIAGONAL
from tests.examples import blobs

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
K = 1000


def clusters() -> tuple[np.ndarray, np.ndarray]:
    """Give rows of many clusters in random order, and the clusters' centers."""
    random = np.random.default_rng(0)
    centers = random.normal(size=(K, 3)) * 40.0
    return centers[random.integers(0, K, 20_000)] + random.normal(size=(20_000, 3)), centers


def test_the_same_rows_come_in_another_order_with_their_weights() -> None:
    rows, _ = clusters()
    weights = np.arange(1.0, len(rows) + 1.0)
    source = in_memory(side_by_side(Fold.of_rows(rows, Marks(weights)), K).source)
    order = np.asarray(source.weights, dtype=np.intp) - 1
    assert sorted(order) == list(range(len(rows)))
    assert not np.array_equal(order, np.sort(order))
    np.testing.assert_array_equal(source.values, rows[order])


def test_fewer_components_are_looked_at_for_the_same_sums() -> None:
    rows, centers = clusters()
    potentials = Potentials(np.zeros(K), centers, np.ones((K, 3)), DIAGONAL)
    plain = Fold.of_rows(rows)
    arranged = side_by_side(plain, K)
    one, other = (fold.statistics(potentials, DIAGONAL) for fold in (plain, arranged))
    assert K * (1.0 - other.share_skipped) < 0.5 * K * (1.0 - one.share_skipped)
    np.testing.assert_allclose(other.count, one.count, rtol=1e-9)
    np.testing.assert_allclose(other.scatter, one.scatter, rtol=1e-9)


def test_few_components_few_rows_and_engines_that_have_no_use_for_it_keep_their_order() -> None:
    rows, _ = clusters()
    fold = Fold.of_rows(rows)
    assert side_by_side(fold, 255) is fold
    assert side_by_side(few := Fold.of_rows(rows[:16_384]), K) is few
    assert side_by_side(other := replace(fold, engine=ArrayEngine()), K) is other
    assert side_by_side(late := replace(fold, deadline=0.0), K) is late


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_labels_that_a_caller_gives_are_those_of_the_rows_in_their_own_order() -> None:
    k, (rows, labels) = 300, blobs(16_500, 300, 2, separation=100.0)
    model = GaussianMixture(k, labels_init=labels, max_iter=1, random_state=0).fit(rows)
    for at in (0, 7, 299):
        np.testing.assert_allclose(model.means_[at], np.mean(rows[labels == at], axis=0), atol=1e-6)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_the_bits_of_a_fit_of_arranged_rows_do_not_depend_on_threads() -> None:
    rows, _ = clusters()
    one, two = (GaussianMixture(K, max_iter=3, random_state=0, n_jobs=n_jobs).fit(rows) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one.means_, two.means_)
    assert one.lower_bound_ == two.lower_bound_
