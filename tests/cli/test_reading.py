"""Tables as people have them: read, or refused with what to write instead."""

import gzip
from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

from mixfold import Mixture
from mixfold.cli.app import app
from mixfold.cli.reading import features_read
from mixfold.tables import AS_FOUND, read_table, write_table

ROWS = [(0.1, 1.5), (0.3, 1.1), (0.2, 1.9), (0.4, 1.2), (9.1, 7.5), (9.3, 7.1), (9.2, 7.9), (9.4, 7.2)]
FIT = ("-k", 1, "--n-init", 1)


def fit(mixfold, path, tmp_path, *more):
    result = mixfold("fit", path, *FIT, "--out", tmp_path / "out", *more)
    assert result.exit_code == 0, result.output
    return result.stderr, Mixture.load(tmp_path / "out" / "model.safetensors")


def text_of(rows=ROWS, delimiter=",", names="a,b"):
    return "\n".join([names.replace(",", delimiter), *(delimiter.join(map(str, row)) for row in rows)]) + "\n"


def test_columns_that_say_nothing_of_a_row_are_left_out_with_a_line_and_taken_when_they_are_asked_for(
    mixfold, tmp_path
):
    path = tmp_path / "t.csv"
    rows = [(10 * number, number + 1, *row, "u") for number, row in enumerate(ROWS)]
    path.write_text(text_of(rows, names=",id,a,b,kind"))
    said, model = fit(mixfold, path, tmp_path)
    assert "left out: '' (has no name), 'id' (identifies the rows), 'kind' (text); `--columns` chooses" in said
    assert model.feature_names == ("a", "b")
    assert fit(mixfold, path, tmp_path, "--columns", '"",id,a')[1].feature_names == ("", "id", "a")
    assert fit(mixfold, path, tmp_path, "--id", "a")[1].feature_names == ("b",)


def test_columns_with_a_long_tail_are_named(tmp_path, capsys):
    path = tmp_path / "sold.csv"
    path.write_text(text_of([(2.0**row, row) for row in range(30)], names="fresh,day"))
    features_read(path, None, AS_FOUND)
    assert "'fresh' is never negative and strongly skewed" in " ".join(capsys.readouterr().err.split())


def test_the_results_of_an_earlier_fit_are_fitted_like_the_table(mixfold, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text_of())
    _, model = fit(mixfold, path, tmp_path)
    (tmp_path / "out" / "assignments.csv").rename(tmp_path / "assigned.csv")
    said, again = fit(mixfold, tmp_path / "assigned.csv", tmp_path)
    assert again == model
    assert "left out: 'label', 'responsibility_0' (of an earlier prediction)" in said


@pytest.mark.parametrize("command", ["fit", "select", "predict", "anomalies"])
def test_one_bad_cell_is_an_error_that_says_how_to_go_on(mixfold, refused, model, tmp_path, command):
    path = tmp_path / "t.csv"
    path.write_text(text_of([*ROWS, (5.0, "?")], names="eruptions,waiting"))
    arguments = {
        "fit": ("fit", path, *FIT, "--out", tmp_path / "o"),
        "select": ("select", path, "-k", "1", "--families", "full", "--out", tmp_path / "o"),
        "predict": ("predict", model, path),
        "anomalies": ("anomalies", path, "-k", 1),
    }[command]
    line = refused(*arguments)
    assert line.startswith(f"Error: {path}: Column 'waiting' must hold numbers, but holds '?' in row 9")
    assert "Write `--missing '?'` and `--drop-missing` to leave such rows out" in line
    assert "1 missing value (row 9;" in refused(*arguments, "--missing", "?")
    result = mixfold(*arguments, "--missing", "?", "--drop-missing")
    assert result.exit_code == 0, result.output
    assert "left out: 1 of 9 rows, which lack a value (row 9; the first is 1)" in result.stderr


def test_rows_without_a_value_are_left_out_of_the_results(mixfold, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text_of([(1.0, ""), *ROWS]))
    fit(mixfold, path, tmp_path, "--drop-missing")
    assert read_table(tmp_path / "out" / "assignments.csv").num_rows == len(ROWS)


def test_a_number_may_stand_for_a_missing_value(mixfold, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text_of([(-999, -9), *ROWS]))
    said, model = fit(mixfold, path, tmp_path, "--missing", "-999", "--missing", "-9", "--drop-missing")
    assert f"{len(ROWS)} rows, columns a, b" in said
    path.write_text(text_of())
    assert fit(mixfold, path, tmp_path)[1] == model


def test_where_no_row_is_complete_none_is_left_out(refused, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,\n,2\n")
    line = refused("fit", path, *FIT, "--drop-missing", "--out", tmp_path / "o")
    assert "A row must remain, but every one lacks a value in 'a', 'b'" in line


def test_a_file_without_names_loses_no_row_and_is_predicted_as_it_was_fitted(mixfold, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text_of().split("\n", 1)[1])
    said, model = fit(mixfold, path, tmp_path)
    assert "its first line ('0.1', '1.5') was taken for a row" in said
    assert f"{len(ROWS)} rows, columns x0, x1" in said
    assert model.feature_names == ("x0", "x1")
    result = mixfold("predict", tmp_path / "out" / "model.safetensors", path)
    assert len(result.stdout.splitlines()) == 1 + len(ROWS)
    assert f"{len(ROWS) - 1} rows" in fit(mixfold, path, tmp_path, "--header")[0]


def test_latin_1_is_refused_before_any_work_and_read_when_it_is_named(mixfold, refused, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(text_of([(*row, "Zürich") for row in ROWS], names="a,b,town").encode("latin-1"))
    line = refused("fit", path, *FIT, "--out", tmp_path / "out")
    assert "line 2 holds the byte 0xfc. If that line should read '0.1,1.5,Zürich', write `--encoding latin-1`" in line
    fit(mixfold, path, tmp_path, "--encoding", "latin-1")
    assert read_table(tmp_path / "out" / "assignments.csv")["town"][0].as_py() == "Zürich"


def test_semicolons_and_decimal_commas_are_found_and_can_be_said(mixfold, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text_of())
    _, expected = fit(mixfold, path, tmp_path)
    path.write_text(text_of(delimiter=";").replace(".", ","))
    said, model = fit(mixfold, path, tmp_path)
    assert "read with ';' between the values" in said
    assert model == expected
    said, model = fit(mixfold, path, tmp_path, "--delimiter", ";", "--decimal", ",")
    assert "read with" not in said
    assert model == expected


def test_options_of_text_are_refused_for_other_tables(refused, tmp_path):
    assert "`--delimiter` is for tables that end in one of .csv" in refused(
        "fit", tmp_path / "t.parquet", *FIT, "--delimiter", ";", "--out", tmp_path / "o"
    )


def test_names_of_columns_do_not_reach_the_terminal_as_commands(mixfold, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text_of(names="a\x1b[2J,b"))
    result = mixfold("fit", path, *FIT, "--out", tmp_path / "out")
    assert "\x1b" not in result.output
    assert r"columns a\x1b[2J, b" in result.stderr
    assert "\x1b" not in mixfold("inspect", tmp_path / "out" / "model.safetensors").output


def test_data_read_in_pieces_take_the_same_options(mixfold, refused, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(2):
        rows = [(f"{a}".replace(".", ","), "?" if a == 9.2 else b) for a, b in ROWS]
        (folder / f"{number}.csv").write_text(text_of(rows, delimiter=";").replace(".", ","))
    line = refused("fit", folder, *FIT, "--out", tmp_path / "out")
    assert "0.csv: Column 'b' must hold numbers, but holds '?' in row 7" in line
    said, model = fit(mixfold, folder, tmp_path, "--missing", "?", "--drop-missing")
    assert "14 rows, columns a, b" in said
    path = tmp_path / "t.csv"
    path.write_text(text_of([row for row in ROWS if row[0] != 9.2] * 2))
    assert fit(mixfold, path, tmp_path)[1] == model


def test_standard_input_is_a_table_of_text(tmp_path):
    run = CliRunner().invoke
    done = run(app, ["fit", "-", *map(str, FIT), "--out", str(tmp_path / "out")], input=text_of(delimiter=";"))
    assert done.exit_code == 0, done.output
    assert f"standard input: {len(ROWS)} rows, columns a, b" in done.stderr
    assert read_table(tmp_path / "out" / "assignments.csv").num_rows == len(ROWS)
    model = str(tmp_path / "out" / "model.safetensors")
    done = run(app, ["predict", model, "-"], input=gzip.compress(text_of().encode()))
    assert len(done.stdout.splitlines()) == 1 + len(ROWS)
    assert "Error: standard input: there is no line in it" in run(app, ["predict", model, "-"], input="").stderr


@pytest.mark.skipif(find_spec("openpyxl") is None, reason="needs the extra `xlsx`")
def test_sheets_are_fitted_and_come_back_as_sheets(mixfold, refused, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text_of())
    _, expected = fit(mixfold, path, tmp_path)
    write_table(tmp_path / "t.xlsx", read_table(path))
    _, model = fit(mixfold, tmp_path / "t.xlsx", tmp_path, "--sheet", "table")
    assert model == expected
    assert read_table(tmp_path / "out" / "assignments.xlsx").column_names == ["a", "b", "label", "responsibility_0"]
    assert "there is no sheet 'none'" in refused("anomalies", tmp_path / "t.xlsx", "--sheet", "none")
