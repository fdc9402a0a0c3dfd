"""Folders, patterns and large files are read and written in pieces, to the same results."""

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.examples import blobs

from mixfold import GaussianMixture, Mixture
from mixfold.fold import Fold
from mixfold.sources import ArrowSource
from mixfold.tables import read_table

ROWS = blobs(20_000, 3, 3)[0]
FIT = ("--components", 3, "--n-init", 1, "--max-iter", 5)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "events"
    folder.mkdir()
    for number, part in enumerate(np.split(ROWS, [7000, 7001])):
        table = pa.table({**dict(zip("abc", part.T.copy(), strict=True)), "note": ["x"] * len(part)})
        parquet.write_table(table, folder / f"{number}.parquet")
    return folder


def test_a_folder_is_fitted_like_one_table(mixfold, folder, tmp_path):
    np.save(tmp_path / "rows.npy", ROWS[:, [2, 0]])
    for data, out in ((folder, "pieces"), (tmp_path / "rows.npy", "whole")):
        columns = ("--columns", "c,a") if data is folder else ()
        result = mixfold("fit", data, *columns, *FIT, "--out", tmp_path / out)
        assert result.exit_code == 0, result.output
    pieces, whole = (Mixture.load(tmp_path / out / "model.safetensors") for out in ("pieces", "whole"))
    np.testing.assert_array_equal(pieces.means, whole.means)
    assert pieces.feature_names == ("c", "a")
    assignments = read_table(tmp_path / "pieces" / "assignments.parquet")
    assert assignments.column_names == ["c", "a", "label", *(f"responsibility_{k}" for k in range(3))]
    np.testing.assert_array_equal(assignments["label"], whole.labels(ROWS[:, [2, 0]]))
    assert {path.name for path in (tmp_path / "pieces").iterdir()} >= {"clusters.png", "convergence.png"}


@pytest.mark.parametrize("start", [("--init", "auto"), ("--init", "kmeans", "--n-init", 1)])
def test_a_fit_walks_over_a_folder_four_times_more_than_its_steps_need(mixfold, folder, start, tmp_path, monkeypatch):
    walks, walk = [], ArrowSource.runs
    monkeypatch.setattr(ArrowSource, "runs", lambda source: walks.append(source) or walk(source))
    steps, step = [], Fold.statistics
    monkeypatch.setattr(
        Fold,
        "statistics",
        lambda fold, *asked: steps.append(isinstance(fold.source, ArrowSource)) or step(fold, *asked),
    )
    out = tmp_path / "out"
    result = mixfold("fit", folder, "-k", 2, *start, "--columns", "a,b,c", "--json", "--out", out)
    assert result.exit_code == 0, result.output
    assert 0 < len(walks) - sum(steps) <= 4
    said, mixture = json.loads(result.output[result.output.index("{") :]), Mixture.load(out / "model.safetensors")
    expected = -2.0 * said["log_likelihood"] + mixture.n_parameters * np.log(len(ROWS))
    assert said["bic"] == pytest.approx(expected, rel=1e-12)


def test_known_criteria_are_those_of_a_walk(mixfold, folder, tmp_path):
    result = mixfold("fit", folder, "-k", 2, "--columns", "a,b,c", "--json", "--out", tmp_path / "out")
    said = json.loads(result.output[result.output.index("{") :])
    estimator = GaussianMixture(2, random_state=0, tol=1e-6, max_iter=1000).fit(ROWS)
    assert said["bic"] == pytest.approx(estimator.bic(ROWS), rel=1e-9)
    assert said["aic"] == pytest.approx(estimator.aic(ROWS), rel=1e-9)


@pytest.fixture
def other_model(tmp_path):
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], np.tile(np.eye(2), (2, 1, 1)), feature_names=["b", "a"])
    mixture.save(tmp_path / "model.npz")
    return tmp_path / "model.npz"


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".csv", ".csv.gz", ".tsv", ".npy"])
def test_results_are_written_piece_by_piece_in_every_format(
    mixfold, folder, other_model, suffix, tmp_path, monkeypatch
):
    monkeypatch.setattr("mixfold.cli.out_of_core.ROWS_AT_ONCE", 8192)
    out = tmp_path / f"p{suffix}"
    result = mixfold("predict", other_model, f"{folder}/*.parquet", "--out", out)
    assert result.exit_code == 0, result.output
    table, mixture = read_table(out), Mixture.load(other_model)
    assert table.num_rows == len(ROWS)
    np.testing.assert_array_equal(table.columns[2].to_numpy(), mixture.labels(ROWS[:, [1, 0]]))
    np.testing.assert_allclose(table.columns[4].to_numpy(), mixture.responsibilities(ROWS[:, [1, 0]])[:, 1], rtol=1e-9)


def test_a_bad_row_leaves_no_file(refused, folder, other_model, tmp_path):
    parquet.write_table(pa.table({"a": [1.0, None], "b": [1.0, 2.0]}), folder / "9.parquet")
    line = refused("predict", other_model, folder, "--out", tmp_path / "p.csv")
    assert "column 'a' is missing, NaN or infinite in row 1 (row group 0)" in line
    assert line.endswith(
        "Rows count from 0 here. `--drop-missing` leaves those that lack values out, "
        "`--keep-missing` counts them by what they have."
    )
    assert "9.parquet" in line
    assert not (tmp_path / "p.csv").exists()


def test_a_column_that_one_file_lacks_is_one_line(refused, folder, tmp_path):
    parquet.write_table(pa.table({"a": [1.0]}), folder / "9.parquet")
    assert "9.parquet lacks 'b'" in refused("fit", folder, "--columns", "a,b", *FIT, "--out", tmp_path / "out")


def test_results_of_pieces_need_a_file(refused, folder, other_model):
    assert "Name one with `--out`" in refused("predict", other_model, folder)


def test_a_checkpoint_is_kept_and_gone_on_from(mixfold, refused, folder, tmp_path):
    arguments = ("fit", folder, "--columns", "a,b", "--checkpoint", tmp_path / "fit.npz", "--out", tmp_path / "out")
    assert mixfold(*arguments, *FIT).exit_code == 0
    assert (tmp_path / "fit.npz").exists()
    assert mixfold(*arguments, *FIT).exit_code == 0
    assert "the checkpoint of another fit: it has `random_state` 0 (now 1)" in refused(*arguments, *FIT, "--seed", 1)


def hdf5(path):
    h5py = pytest.importorskip("h5py", reason="needs the extra `hdf5`")
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file.create_dataset("rows", data=ROWS)
    return path.with_suffix(".h5")


def zarr(path):
    pytest.importorskip("zarr", reason="needs the extra `zarr`").save_array(str(path.with_suffix(".zarr")), ROWS)
    return path.with_suffix(".zarr")


@pytest.mark.parametrize("written", [hdf5, zarr])
def test_arrays_in_hdf5_and_zarr_are_fitted_and_predicted_like_npy(mixfold, written, tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    for data, out in ((written(tmp_path / "rows"), "pieces"), (tmp_path / "rows.npy", "whole")):
        result = mixfold("fit", data, *FIT, "--out", tmp_path / out)
        assert result.exit_code == 0, result.output
        result = mixfold("predict", tmp_path / out / "model.safetensors", data, "--out", tmp_path / f"{out}.parquet")
        assert result.exit_code == 0, result.output
    pieces, whole = (Mixture.load(tmp_path / out / "model.safetensors") for out in ("pieces", "whole"))
    assert pieces == whole
    assert pieces.feature_names is None
    expected = read_table(tmp_path / "whole.parquet")
    assert read_table(tmp_path / "pieces.parquet").equals(expected)
    assert read_table(tmp_path / "pieces" / "assignments.parquet").equals(expected)


def test_columns_without_names_cannot_be_chosen(refused, tmp_path):
    line = refused("fit", hdf5(tmp_path / "rows"), "--columns", "x0", *FIT, "--out", tmp_path / "out")
    assert "must name columns of the data, but those of" in line
    assert not (tmp_path / "out").exists()
