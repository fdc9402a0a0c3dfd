"""Rows of files, clusters and tensors that lack values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mixfold import GaussianMixture
from mixfold.errors import InputError
from mixfold.sources import BlocksSource
from tests.estimators.rows_with_gaps import ROWS, fitted, start_of, with_gaps
from tests.examples import blobs

MANY = with_gaps(blobs(17000, 3, 4, seed=5)[0])


@pytest.fixture(scope="module")
def in_array() -> GaussianMixture:
    """Give the fit of rows in memory."""
    return fitted(MANY)


@pytest.mark.parametrize(
    "kind", [*(pytest.param(kind, marks=pytest.mark.nightly) for kind in ("npy", "csv")), "parquet", "blocks"]
)
def test_files_may_lack_values(kind: str, tmp_path: Path, in_array: GaussianMixture) -> None:
    path: Any = tmp_path / f"rows.{kind}"
    frame = pl.DataFrame(MANY, schema=["a", "b", "c", "d"]).fill_nan(None)
    if kind == "npy":
        np.save(path, MANY)
    elif kind == "blocks":
        path = BlocksSource([MANY[:5000], MANY[5000:]])
    else:
        {"parquet": frame.write_parquet, "csv": frame.write_csv, "arrow": frame.write_ipc}[kind](path)
    model = fitted(path)
    np.testing.assert_allclose(model.means_, in_array.means_, atol=1e-3)
    np.testing.assert_array_equal(model.n_missing_, in_array.n_missing_)
    assert np.mean(np.asarray(model.predict(path)) == in_array.predict(MANY)) > 0.999
    assert model.score(path) == pytest.approx(in_array.score(MANY), abs=0.01)
    with pytest.raises(InputError, match=r"must be finite, but (column '.'|feature \d)"):
        fitted(path, missing="raise")


def test_a_small_file_is_the_array_that_it_holds(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    np.testing.assert_array_equal(fitted(tmp_path / "rows.npy").means_, fitted().means_)


@pytest.mark.filterwarnings("default")
def test_collections_of_a_cluster_may_lack_values(in_array: GaussianMixture) -> None:
    distributed, array = pytest.importorskip("distributed"), pytest.importorskip("dask.array")
    with distributed.Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None):
        rows = array.from_array(MANY, chunks=(8000, 4))
        model = fitted(rows)
        np.testing.assert_allclose(model.means_, in_array.means_, atol=1e-3)
        np.testing.assert_array_equal(np.asarray(model.predict(rows)), model.predict(MANY))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_tensors_may_lack_values(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    rows = ROWS[:400].copy()
    rows[7] = np.nan
    tensor = torch.tensor(rows, dtype=getattr(torch, dtype))
    model, like = fitted(tensor, init_params="kmeans"), fitted(rows, init_params="kmeans")
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    assert (type(model.means_), model.means_.dtype) == (torch.Tensor, tensor.dtype)
    np.testing.assert_allclose(model.means_.numpy(), like.means_, atol=tolerance)
    np.testing.assert_array_equal(model.n_missing_, like.n_missing_)
    np.testing.assert_array_equal(model.predict(tensor).numpy(), like.predict(rows))
    np.testing.assert_allclose(model.score_samples(tensor).numpy(), like.score_samples(rows), atol=10.0 * tolerance)
    filled = model.impute(tensor)
    assert filled.dtype == tensor.dtype
    np.testing.assert_allclose(filled.numpy(), like.impute(rows), atol=10.0 * tolerance)
    tensor[3, 1] = np.inf
    with pytest.raises(InputError, match="must be finite, but holds infinity"):
        fitted(tensor)


@pytest.mark.filterwarnings("ignore")  # they end before they converge
def test_a_row_of_a_file_without_values_tells_nothing(in_array: GaussianMixture) -> None:
    empty = np.full((2000, 4), np.nan)
    rows, whole = np.concatenate([MANY, empty]), MANY[~np.isnan(MANY).all(axis=1)]
    blocks, settings = (
        BlocksSource([rows[:9000], rows[9000:]]),
        {"max_iter": 3, "tol": 0.0, "reg_covar": 1e-6, **start_of(in_array)},
    )
    model, like = fitted(blocks, **settings), fitted(whole, **settings)
    np.testing.assert_allclose(model.means_, like.means_, rtol=1e-9)
    for score in (model.score, model.bic):
        assert score(blocks) == pytest.approx(score(whole), rel=1e-12)
    assert model.score(BlocksSource([np.tile(empty, (9, 1))])) == 0.0


def test_infinite_values_of_files_are_refused(tmp_path: Path) -> None:
    rows = MANY.copy()
    rows[15, 2] = np.inf
    np.save(tmp_path / "rows.npy", rows)
    with pytest.raises(InputError, match="feature 2 is missing, NaN or infinite in row 15"):
        fitted(tmp_path / "rows.npy")


def test_labels_of_all_rows_of_a_file_that_lacks_values_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", MANY)
    with pytest.raises(InputError, match="begins on a sample"):
        fitted(tmp_path / "rows.npy", labels_init=np.arange(len(MANY)) % 3)
