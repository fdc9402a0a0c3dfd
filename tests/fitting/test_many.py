"""EM from k-means on many tables at once."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import Prior, family_for
from mixfold.engines import ArrayEngine, NativeEngine, Tables
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.executors import LocalExecutor
from mixfold.fitting import Stopping
from mixfold.fitting.many import ManyFits, em_of_tables, fit_many_tables, fit_together
from mixfold.fold import Fold
from mixfold.models import Penalized
from mixfold.parameters import Parameters
from mixfold.sources import ArraySource
from tests.examples import blobs

pytestmark = pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")


def fitted(rows: np.ndarray, spans: list[list[int]], k: int = 2, name: str = "full", ridge: float = 1e-6) -> ManyFits:
    """Fit tables with the usual settings."""
    return fit_many_tables(
        Tables(rows, None, np.array(spans)),
        k,
        Penalized(family_for(name), Prior.from_ridge(ridge)),
        Stopping(1e-6, 200),
        seed=0,
        n_init=3,
        batch=NativeEngine(),
    )


def test_tables_that_are_large_or_of_families_with_an_iteration_of_their_own_are_left_alone() -> None:
    sizes = np.array([2, 3, 400, 9000])
    assert fit_together(sizes, 3, 2, family_for("full"), 200).tolist() == [False, True, True, False]
    assert not fit_together(sizes, 3, 2, family_for("VVE"), 200).any()
    assert fit_together(np.array([8000]), 2, 64, family_for("full"), 200).all()
    assert not fit_together(np.array([8000]), 100, 64, family_for("full"), 200).any()
    assert not fit_together(np.array([8000]), 2, 64, family_for("full"), 10_000).any()


def test_components_come_by_their_weight() -> None:
    rows = np.concatenate([blobs(200, 3, 2, seed=seed, separation=8.0)[0] for seed in range(5)])
    weights = fitted(rows, [[200 * i, 200 * i + 200] for i in range(5)], k=3).fits.weights
    assert np.all(np.diff(np.round(weights, 6), axis=1) <= 0.0)


def test_a_table_whose_covariances_are_singular_is_not_done_and_its_neighbor_is() -> None:
    line = np.repeat(np.arange(20.0)[:, None], 2, axis=1)
    rows = np.concatenate([line, blobs(100, 2, 2)[0]])
    assert fitted(rows, [[0, 20], [20, 120]], ridge=0.0).is_done.tolist() == [False, True]


@pytest.mark.parametrize("name", ["full", "tied", "diag", "spherical"])
def test_more_restarts_are_never_worse(name: str) -> None:
    rows = np.random.default_rng(0).normal(size=(600, 2))
    spans = [[60 * i, 60 * i + 60] for i in range(10)]
    best = fitted(rows, spans, 4, name).fits.objective
    first = fit_many_tables(
        Tables(rows, None, np.array(spans)), 4, Penalized(family_for(name), Prior.from_ridge(1e-6)), Stopping(1e-6, 200),
        seed=0, n_init=1, batch=NativeEngine(),
    ).fits.objective  # fmt: skip
    assert np.all(best >= first)
    assert np.any(best > first)


@pytest.mark.parametrize("name", ["full", "diag"])
def test_steps_on_many_tables_are_the_same_with_an_engine_that_makes_them_one_by_one(name: str) -> None:
    rows = blobs(300, 3, 2, seed=1)[0]
    tables = Tables(rows, np.linspace(0.5, 1.5, 300), np.array([[0, 100], [100, 220], [220, 300]])).repeated(2)
    assert tables.spans[:, 0].tolist() == [0, 0, 100, 100, 220, 220]
    first = np.array([rows[start + at] for start, at in zip(tables.spans[:, 0], (0, 7, 0, 7, 0, 7), strict=True)])
    means = np.stack([first, first + 1.0], axis=1)
    family = family_for(name)
    covariances = np.broadcast_to(np.eye(2) if name == "full" else np.ones(2), (6, *family.shape(2, 2))).copy()
    starts, model = Parameters(np.full((6, 2), 0.5), means, covariances), Penalized(family, Prior.from_ridge(1e-3))
    native = em_of_tables(Fold.of_rows(rows), tables, starts, model, 10)
    others = em_of_tables(Fold(ArraySource(rows), ArrayEngine(), LocalExecutor()), tables, starts, model, 10)
    np.testing.assert_allclose(native.objective, others.objective, rtol=1e-9)
    np.testing.assert_allclose(native.means, others.means, rtol=1e-6)
    collapsed = Parameters(starts.weights, means, 0.0 * covariances)
    for fold in (Fold.of_rows(rows), Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())):
        assert np.all(em_of_tables(fold, tables, collapsed, model, 10).objective == -np.inf)
