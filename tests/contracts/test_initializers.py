"""Every initializer gives every family a sound start, on any data that can be fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.engines import engine_for
from mixfold.executors import LocalExecutor
from mixfold.fitting import prior_for
from mixfold.fold import Fold
from mixfold.initialization import INITIALIZERS
from mixfold.models import Penalized
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.structures import FULL, STRUCTURES, Structure
from mixfold.typing import Array, FloatArray
from tests.examples import blobs

initializers = pytest.mark.parametrize("name", list(INITIALIZERS))
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


def fold_over(rows: Array, weights: Array | None = None) -> Fold:
    """Give the fold over rows in memory, on this thread."""
    return Fold(ArraySource(rows, Marks(weights)), engine_for(rows), LocalExecutor())


@initializers
@pytest.mark.parametrize("structure", list(STRUCTURES), ids=lambda s: s.name)
def test_the_statistics_are_of_all_the_weight(name: str, structure: Structure) -> None:
    rows, _ = blobs(200, 3, 2)
    weights = np.random.default_rng(0).uniform(0.5, 2.0, size=200)
    statistics = INITIALIZERS[name](fold_over(rows, weights), 3, structure, np.random.RandomState(0))
    assert statistics.structure is structure
    assert float(np.sum(statistics.count)) == pytest.approx(float(np.sum(weights)))
    if name in {"k-means++", "random_from_data"}:
        assert all(np.any(np.all(mean == rows, axis=1)) for mean in statistics.means)
    else:
        np.testing.assert_allclose(statistics.count @ statistics.means, weights @ rows, rtol=1e-9)


@initializers
@families
def test_a_start_has_covariances_on_the_scale_of_the_data(name: str, covariance_type: str) -> None:
    # Elsewhere 'tied' with k-means++ starts with a covariance N/K times too large.
    rows, _ = blobs(600, 3, 2)
    family = FAMILIES[covariance_type]
    statistics = INITIALIZERS[name](fold_over(rows), 3, family.structure, np.random.RandomState(0))
    prior = prior_for("auto", fold_over(rows), family, 3)
    parameters = Penalized(family, prior).maximize(statistics)
    covariances = family.dense(parameters.covariances, 3, 2)
    whole = np.cov(rows.T)
    assert np.all(np.linalg.eigvalsh(covariances) > 0.0)
    within = np.einsum("k,kii->", parameters.weights, covariances)
    assert within <= 1.01 * np.trace(whole)


@initializers
def test_a_seed_repeats_the_start(name: str) -> None:
    rows, _ = blobs(300, 4, 3)
    first, second = (INITIALIZERS[name](fold_over(rows), 4, FULL, np.random.RandomState(5)) for _ in range(2))
    np.testing.assert_array_equal(first.scatter, second.scatter)


@initializers
def test_shifting_the_data_shifts_the_start(name: str) -> None:
    rows = np.round(blobs(300, 3, 2)[0] * 1024) / 1024  # so that the shift is exact
    near = INITIALIZERS[name](fold_over(rows), 3, FULL, np.random.RandomState(0))
    far = INITIALIZERS[name](fold_over(rows + 2.0**20), 3, FULL, np.random.RandomState(0))
    np.testing.assert_allclose(far.means - 2.0**20, near.means, atol=1e-8)
    np.testing.assert_allclose(far.scatter_about_means, near.scatter_about_means, rtol=1e-7, atol=1e-7)


@initializers
def test_a_tensor_starts_like_an_array(name: str, library: Callable[[FloatArray], Array]) -> None:
    rows, _ = blobs(200, 3, 2)
    expected = INITIALIZERS[name](fold_over(rows), 3, FULL, np.random.RandomState(0))
    actual = INITIALIZERS[name](fold_over(library(rows)), 3, FULL, np.random.RandomState(0))
    np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=1e-10, atol=1e-10)


HARD_ROWS = {
    "zeros": np.zeros((6, 2)),
    "two distinct rows": np.repeat([[1.0, 2.0], [3.0, 4.0]], 5, axis=0),
    "constant column": np.column_stack([np.arange(9.0), np.full(9, 7.0)]),
    "more features than rows": np.random.default_rng(0).normal(size=(5, 12)),
    "outlier": np.array([[0.0], [1.0], [1e9]]),
}


def covering() -> Iterator[tuple[str, str, str]]:
    """Give every pair of a family and rows with two initializers, and every initializer with each of both, in turn."""
    names = list(INITIALIZERS)
    for (i, covariance_type), (j, rows) in product(enumerate(FAMILIES), enumerate(HARD_ROWS)):
        for turn in (0, len(names) // 2):
            yield names[(i + j + turn) % len(names)], covariance_type, rows


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning")
@pytest.mark.parametrize(("name", "covariance_type", "hard"), list(covering()))
def test_hard_data_give_a_sound_fit(name: str, covariance_type: str, hard: str) -> None:
    rows = HARD_ROWS[hard]
    model = GaussianMixture(3, covariance_type=covariance_type, init_params=name, random_state=0).fit(rows)
    assert np.isfinite(model.lower_bound_)
    assert np.all(np.isfinite(model.means_))
    np.testing.assert_allclose(np.sum(model.predict_proba(rows), axis=1), 1.0)
