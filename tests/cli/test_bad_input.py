"""Each bad input is one line that says what came, exit code 2, and no file."""

import numpy as np
import pytest

BAD_TABLES = {
    "NaN": (
        b"a,b\n1,2\n3,nan\n5,6\n",
        "Column 'b' must hold a finite number in every row, but has 1 missing value (row 2;",
    ),
    "infinity": (
        b"a,b\n1,2\n3,4\ninf,6\n",
        "Column 'a' must hold a finite number in every row, but has 1 infinite value",
    ),
    "strings only": (b"a,b\nx,y\nz,w\n", "must have a column of numbers, but its columns are 'a' (text), 'b' (text)"),
    "empty": (b"", "there is no line in it"),
    "header only": (b"a,b\n", "must hold rows, but has only the names of its columns ('a', 'b')"),
    "perhaps no header": (
        b"1,u\n3,v\n5,w\n",
        "t.csv: its first line ('1', 'u') may be names or a row: write `--header`",
    ),
    "one row": (b"a,b\n1,2\n", "must have at least 2 rows for 2 component(s), got 1"),
    "ragged": (b"a,b\n1,2\n3\n", "must have 2 values in every row, but row 2 (the first row of data is 1) has 1: '3'"),
}


def _fit(path, out, *more):
    return ["fit", path, "--components", 2, "--out", out, *more]


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_is_refused_and_no_folder_made(refused, tmp_path, name):
    content, message = BAD_TABLES[name]
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    assert message in refused(*_fit(path, tmp_path / "o"))
    assert [place.name for place in tmp_path.iterdir()] == ["t.csv"]


def test_fewer_rows_than_components_are_refused(refused, table, tmp_path):
    line = refused("fit", table, "--components", 300, "--out", tmp_path / "o")
    assert "must have at least 300 rows for 300 component(s), got 272" in line


@pytest.mark.parametrize("command", ["fit", "predict"])
def test_a_missing_table_is_refused(refused, model, tmp_path, command):
    path = tmp_path / "none.csv"
    line = refused(*(_fit(path, tmp_path / "o") if command == "fit" else ["predict", model, path]))
    assert line == f"Error: {path} must be a table, but it does not exist. Check the path."


def test_an_unknown_format_is_refused(refused, tmp_path):
    assert "must end in one of .csv, .csv.gz" in refused(*_fit(tmp_path / "t.xls", tmp_path / "o"))


def test_an_unknown_column_is_refused_with_those_there_are(refused, table, tmp_path):
    line = refused(*_fit(table, tmp_path / "o", "--columns", "eruptions,length"))
    assert "no column 'length'; the columns are 'eruptions', 'waiting'" in line


def test_columns_with_nothing_between_two_commas_are_refused(refused, table, tmp_path):
    assert "names with commas between them" in refused(*_fit(table, tmp_path / "o", "--columns", "eruptions,,waiting"))


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".npy"])
def test_a_truncated_table_is_refused(refused, tmp_path, suffix):
    from mixfold.tables import read_table, write_table

    np.save(tmp_path / "whole.npy", np.arange(20.0).reshape(10, 2))
    path = tmp_path / f"t{suffix}"
    write_table(path, read_table(tmp_path / "whole.npy"))
    path.write_bytes(path.read_bytes()[:-9])
    assert f"must be a complete {suffix} file" in refused(*_fit(path, tmp_path / "o"))


def test_complex_numbers_are_refused(refused, tmp_path):
    np.save(tmp_path / "t.npy", np.ones((5, 2), dtype=complex))
    assert "must hold real numbers" in refused(*_fit(tmp_path / "t.npy", tmp_path / "o"))


@pytest.mark.parametrize("below", [".", "deep/down"])
def test_a_file_in_the_way_of_the_output_folder_is_refused_before_the_table_is_read(refused, tmp_path, below):
    (tmp_path / "file").write_text("mine")
    line = refused(*_fit(tmp_path / "none.csv", tmp_path / "file" / below))
    assert "`--out` must be a folder that can be written" in line
    assert "not a directory" in line or "file exists" in line
    assert (tmp_path / "file").read_text() == "mine"


def test_a_prediction_that_cannot_be_written_is_refused_before_the_model_is_read(refused, tmp_path):
    (tmp_path / "file").write_text("mine")
    line = refused("predict", "none.safetensors", "none.csv", "--out", tmp_path / "file" / "p.csv")
    assert "`--out` must be a file in a folder that exists" in line
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in refused("predict", "none.safetensors", "none.csv", "--out", tmp_path / "folder.csv")


BAD_MODELS = {
    "missing": ("model.safetensors", None, "There is no model file"),
    "foreign": ("model.safetensors", b"foreign", "must be a model file written by mixfold"),
    "incomplete": ("model.json", b'{"mixfold": "mixture"}', "must be a model file written by mixfold"),
    "pickle": ("model.pkl", b"", "must end in .safetensors or .json"),
}


@pytest.mark.parametrize("command", ["predict", "sample", "inspect"])
@pytest.mark.parametrize("kind", BAD_MODELS)
def test_what_is_no_model_is_refused(refused, table, tmp_path, command, kind):
    name, content, message = BAD_MODELS[kind]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert message in refused(command, tmp_path / name, *([table] if command == "predict" else []))


def test_a_truncated_model_is_refused(refused, model, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(model.read_bytes()[:-10])
    assert "truncated" in refused("inspect", path)


@pytest.mark.parametrize(
    "option",
    [
        ["--covariance", "round"],
        ["--init", "magic"],
        ["--components", "0"],
        ["--n-init", "0"],
        ["--seed", "-1"],
        ["--jobs", "0"],
    ],
    ids=lambda option: option[0],
)
def test_an_option_out_of_range_is_a_usage_error(mixfold, table, tmp_path, option):
    result = mixfold(*_fit(table, tmp_path / "o"), *option)
    assert result.exit_code == 2
    assert option[0] in result.stderr
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("value", ["much", "-1", "nan", "inf"])
def test_a_regularization_that_is_no_number_is_refused(refused, table, tmp_path, value):
    assert "'inverse-wishart' or a number" in refused(*_fit(table, tmp_path / "o", "--reg-covar", value))
