"""`mixfold predict` finds the columns of the model, and says so when it cannot."""

import io

import numpy as np
import pyarrow as pa
import pytest

from mixfold import Mixture
from mixfold.datasets import load_faithful
from mixfold.tables import read_table, write_table

X = load_faithful().data


def test_columns_are_found_by_name_whatever_their_order(mixfold, model, tmp_path):
    data = pa.table({"waiting": X[:, 1], "note": ["-"] * len(X), "eruptions": X[:, 0], "other": X[:, 0] * 9.0})
    write_table(tmp_path / "t.parquet", data)
    result = mixfold("predict", model, tmp_path / "t.parquet", "--out", tmp_path / "p.parquet")
    assert f"to {tmp_path / 'p.parquet'}\n" in result.stderr
    assert result.exit_code == 0, result.output
    rows = read_table(tmp_path / "p.parquet")
    assert rows.column_names == [*data.column_names, "label", "responsibility_0", "responsibility_1"]
    np.testing.assert_array_equal(rows["label"], Mixture.load(model).labels(X))
    assert "272 rows, log-likelihood -4.15" in result.stderr


def test_without_a_file_the_rows_go_to_standard_output_as_csv(mixfold, model, table):
    result = mixfold("predict", model, table)
    rows = np.genfromtxt(io.StringIO(result.stdout), delimiter=",", names=True)
    np.testing.assert_array_equal(rows["responsibility_1"], Mixture.load(model).responsibilities(X)[:, 1])


def test_a_matrix_counts_by_position(mixfold, model, tmp_path):
    np.save(tmp_path / "t.npy", X)
    mixfold("predict", model, tmp_path / "t.npy", "--out", tmp_path / "p.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy")[:, 2], Mixture.load(model).labels(X))


def test_other_names_are_listed_in_the_order_of_the_model(mixfold, model, tmp_path):
    write_table(tmp_path / "t.csv", pa.table({"w": X[:, 1], "e": X[:, 0]}))
    result = mixfold("predict", model, tmp_path / "t.csv", "--columns", "e,w", "--out", tmp_path / "p.csv")
    assert result.exit_code == 0, result.output
    np.testing.assert_array_equal(read_table(tmp_path / "p.csv")["label"], Mixture.load(model).labels(X))


def test_one_row_is_enough(mixfold, model, tmp_path):
    (tmp_path / "t.csv").write_text("eruptions,waiting\n4.5,80\n")
    assert mixfold("predict", model, tmp_path / "t.csv").stdout.splitlines()[1].startswith("4.5,80,0,1,")


def test_a_missing_column_is_named(refused, model, tmp_path):
    (tmp_path / "t.csv").write_text("eruptions,pause\n4.5,80\n")
    line = refused("predict", model, tmp_path / "t.csv", "--out", tmp_path / "p.csv")
    assert "must have the columns of the model (eruptions, waiting), but lacks waiting" in line
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.parametrize("n_columns", [1, 3])
def test_a_wrong_number_of_features_is_refused(refused, model, tmp_path, n_columns):
    np.save(tmp_path / "t.npy", np.ones((4, n_columns)))
    assert f"2 features (eruptions, waiting), but {tmp_path / 't.npy'} gives {n_columns} columns" in refused(
        "predict", model, tmp_path / "t.npy"
    )


def test_a_missing_value_is_refused(refused, model, tmp_path):
    (tmp_path / "t.csv").write_text("eruptions,waiting\n4.5,\n2,50\n")
    assert "Column 'waiting' must hold a finite number" in refused("predict", model, tmp_path / "t.csv")


def test_rows_that_a_model_holds_off_are_held_off_again(mixfold, tmp_path):
    random = np.random.default_rng(0)
    near = [random.normal(size=(100, 2)) + center for center in (0.0, 8.0)]
    rows = np.concatenate([*near, random.uniform(-20.0, 30.0, (20, 2))])
    np.savetxt(tmp_path / "t.csv", rows, delimiter=",", header="a,b", comments="")
    options = ["-k", 2, "--outliers", "uniform", "--out", tmp_path / "results"]
    result = mixfold("fit", tmp_path / "t.csv", *options)
    assert result.exit_code == 0, result.output
    model = tmp_path / "results" / "model.safetensors"
    result = mixfold("predict", model, tmp_path / "t.csv", "--out", tmp_path / "p.csv")
    assert result.exit_code == 0, result.output
    said, again = (read_table(path) for path in (tmp_path / "results" / "assignments.csv", tmp_path / "p.csv"))
    np.testing.assert_array_equal(again["label"], said["label"])
    assert 10 < np.sum(np.asarray(again["label"]) == -1) < 30
    whole = mixfold("predict", model, str(tmp_path / "t*.csv"), "--out", tmp_path / "q.csv")
    assert whole.exit_code == 2
    assert "read whole" in whole.output
