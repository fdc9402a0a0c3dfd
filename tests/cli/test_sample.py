"""`mixfold sample` draws the library's rows."""

import numpy as np

from mixfold import Mixture
from mixfold.tables import read_table


def test_the_rows_are_those_of_the_mixture_with_the_same_seed(mixfold, model, tmp_path):
    result = mixfold("sample", model, "-n", 1000, "--seed", 3, "--out", tmp_path / "s.csv")
    assert result.exit_code == 0, result.output
    assert result.stderr == f"wrote 1000 rows to {tmp_path / 's.csv'}\n"
    rows = read_table(tmp_path / "s.csv")
    X, labels = Mixture.load(model).sample(1000, 3)
    assert rows.column_names == ["eruptions", "waiting", "label"]
    np.testing.assert_array_equal(np.column_stack(rows.columns), np.column_stack([X, labels]))


def test_without_a_file_the_rows_go_to_standard_output(mixfold, model):
    assert len(mixfold("sample", model, "-n", 5).stdout.splitlines()) == 6


def test_a_model_without_names_gives_numbered_columns(mixfold, tmp_path):
    Mixture([1.0], [[0.0, 1.0]], [1.0], "spherical").save(tmp_path / "m.json")
    assert mixfold("sample", tmp_path / "m.json").stdout.startswith("x0,x1,label\n")


def test_no_rows_is_a_usage_error(mixfold, model):
    assert mixfold("sample", model, "-n", 0).exit_code == 2
