"""`mixfold impute` fills in what is missing, and tables that lack values go through every command."""

import json

import numpy as np
import pyarrow as pa
import pytest

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.tables import read_table, write_table

X = load_faithful().data
GAPS = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)


@pytest.fixture
def gaps(tmp_path):
    """A table of which a tenth of the values are missing, and a column of text."""
    columns = {
        name: pa.array(column, from_pandas=True)
        for name, column in zip(("eruptions", "waiting"), np.ascontiguousarray(GAPS.T), strict=True)
    }
    write_table(tmp_path / "gaps.csv", pa.table({"name": [f"r{n}" for n in range(len(X))], **columns}))
    return tmp_path / "gaps.csv"


@pytest.fixture
def fitted(mixfold, gaps, tmp_path):
    """The results of a fit of it."""
    result = mixfold("fit", gaps, "--components", "2", "--keep-missing", "--out", tmp_path / "fit")
    assert result.exit_code == 0, result.output
    return tmp_path / "fit"


def test_values_are_what_the_model_expects_and_other_columns_stay(mixfold, gaps, fitted, tmp_path):
    result = mixfold("impute", fitted / "model.safetensors", gaps, "--std", "--out", tmp_path / "filled.csv")
    assert result.exit_code == 0, result.output
    table = read_table(tmp_path / "filled.csv")
    expected, std = GaussianMixture(2, random_state=0, tol=1e-6).fit(GAPS).impute(GAPS, return_std=True)
    assert table.column_names == ["name", "eruptions", "waiting", "eruptions_std", "waiting_std"]
    np.testing.assert_allclose(table["waiting"].to_numpy(), expected[:, 1], rtol=1e-4)
    np.testing.assert_allclose(table["eruptions_std"].to_numpy(), std[:, 0], rtol=1e-3, atol=1e-12)
    n_missing = np.isnan(GAPS).sum(axis=0)
    assert f"filled in: {n_missing[0]} in eruptions, {n_missing[1]} in waiting" in result.stderr


def test_draws_are_tables_one_after_the_other(mixfold, gaps, fitted, tmp_path):
    arguments = ("impute", fitted / "model.safetensors", gaps, "--draws", "3", "--out")
    assert mixfold(*arguments, tmp_path / "one.parquet").exit_code == 0
    mixfold(*arguments, tmp_path / "other.parquet")
    one, other = (read_table(tmp_path / f"{name}.parquet") for name in ("one", "other"))
    assert one.equals(other)
    assert one["draw"].to_numpy().tolist() == [n for n in (1, 2, 3) for _ in range(len(X))]
    values = one["waiting"].to_numpy().reshape(3, -1)
    assert np.all((np.ptp(values, axis=0) > 0.0) == np.isnan(GAPS[:, 1]))


def test_calibrated_deviations_are_those_of_the_estimator(mixfold, gaps, fitted, tmp_path):
    out = tmp_path / "filled.csv"
    result = mixfold("impute", fitted / "model.safetensors", gaps, "--std", "--calibrated", "--out", out)
    assert result.exit_code == 0, result.output
    model = GaussianMixture(2, random_state=0, tol=1e-6).fit(GAPS)
    _, std = model.impute(GAPS, return_std=True, random_state=0, calibrated=True)
    np.testing.assert_allclose(read_table(out)["waiting_std"].to_numpy(), std[:, 1], rtol=1e-2, atol=1e-12)


def test_a_table_without_gaps_comes_back_as_it_is(mixfold, model, table):
    result = mixfold("impute", model, table)
    assert len(result.stdout.splitlines()) == 1 + len(X)
    assert "nothing, for no value is missing" in result.stderr


def test_results_are_not_written_over_the_table(refused, fitted, gaps):
    assert "gaps.csv" in refused("impute", fitted / "model.safetensors", gaps, "--out", gaps)


def test_what_was_missing_is_told_by_fit_and_inspect(mixfold, gaps, fitted):
    n_missing = np.isnan(GAPS).sum(axis=0)
    said = f"{n_missing[0]} in eruptions, {n_missing[1]} in waiting"
    assert said in mixfold("inspect", fitted / "model.safetensors").stdout
    notes = json.loads(mixfold("inspect", fitted / "model.safetensors", "--json").stdout)["notes"]
    assert notes["missing_values"] == {"eruptions": n_missing[0], "waiting": n_missing[1]}
    assigned = read_table(fitted / "assignments.csv")
    assert assigned["waiting"].null_count == n_missing[1]
    again = mixfold("predict", fitted / "model.safetensors", gaps, "--keep-missing")
    assert len(again.stdout.splitlines()) == 1 + len(X)


def test_a_report_says_what_was_missing(mixfold, gaps, tmp_path):
    arguments = ("fit", gaps, "--components", "2", "--missing", "em", "--report", "--out", tmp_path / "with")
    assert mixfold(*arguments).exit_code == 0
    assert f"{np.isnan(GAPS[:, 0]).sum()} in eruptions" in (tmp_path / "with" / "report.html").read_text()


def test_selection_and_anomalies_keep_such_rows_too(mixfold, gaps, tmp_path):
    choosing = ("--components", "1:3", "--keep-missing", "--report", "--out", tmp_path / "choice")
    chosen = mixfold("select", gaps, *choosing)
    assert chosen.exit_code == 0, chosen.output
    assert "in waiting" in chosen.stdout
    assert "Where values are missing" in (tmp_path / "choice" / "report.html").read_text()
    flagged = mixfold("anomalies", gaps, "--components", "2", "--keep-missing", "--out", tmp_path / "unusual")
    assert flagged.exit_code == 0, flagged.output
    assert len(read_table(tmp_path / "unusual" / "anomalies.csv")) == len(X)


def test_data_that_are_read_in_pieces_keep_them(mixfold, tmp_path):
    rows = np.tile(GAPS, (2, 1))
    (tmp_path / "parts").mkdir()
    for number, part in enumerate(np.split(rows, 2)):
        columns = [pa.array(np.ascontiguousarray(column), from_pandas=True) for column in part.T]
        write_table(tmp_path / "parts" / f"{number}.parquet", pa.table(columns, names=["eruptions", "waiting"]))
    out = tmp_path / "fit"
    refusal = mixfold("fit", tmp_path / "parts", "--components", "2", "--out", out)
    assert refusal.exit_code == 2
    result = mixfold("fit", tmp_path / "parts", "--components", "2", "--keep-missing", "--out", out)
    assert result.exit_code == 0, result.output
    assert read_table(out / "assignments.parquet")["waiting"].null_count == np.isnan(rows[:, 1]).sum()
    to = ("--keep-missing", "--out", tmp_path / "p.parquet")
    assert mixfold("predict", out / "model.safetensors", tmp_path / "parts", *to).exit_code == 0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--drop-missing",), "kept or left out"),
        (("--by", "name"), "cannot be with `--by`"),
    ],
)
def test_what_cannot_be_with_gaps_is_refused(refused, gaps, tmp_path, more, says):
    assert says in refused("fit", gaps, "--components", "2", "--keep-missing", *more, "--out", tmp_path / "fit")


def test_complete_rows_are_asked_for_by_the_bootstrap(refused, gaps, tmp_path):
    arguments = ("--components", "2", "--keep-missing", "--bootstrap", "9", "--out", tmp_path / "choice")
    assert "draws complete tables" in refused("select", gaps, *arguments)
