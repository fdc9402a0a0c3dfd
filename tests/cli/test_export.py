"""`mixfold export` writes what the library does."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.exports import CExporter, Scorer
from mixfold.tables import read_table


def test_the_file_is_that_of_the_library(mixfold, model, tmp_path):
    result = mixfold("export", model, "--out", tmp_path / "scorer.c", "--threshold", -7.5)
    assert result.exit_code == 0, result.output
    assert "2 features" in result.stdout
    assert (tmp_path / "scorer.c").read_bytes() == CExporter().content(Scorer.of(Mixture.load(model), -7.5))


def test_a_query_is_of_the_table_that_was_named(mixfold, model, tmp_path):
    mixfold("sample", model, "-n", 20, "--out", tmp_path / "s.csv")
    options = ["--table", "eruptions of a geyser", "--dialect", "sqlite", "--keep", "id"]
    result = mixfold("export", model, "--to", "sql", "--out", tmp_path / "query.txt", *options)
    assert result.exit_code == 0, result.output
    rows = np.column_stack(read_table(tmp_path / "s.csv").columns)[:, :2]
    connection = sqlite3.connect(":memory:")
    connection.execute('CREATE TABLE "eruptions of a geyser" (id INTEGER PRIMARY KEY, eruptions, waiting)')
    connection.executemany(
        'INSERT INTO "eruptions of a geyser" (eruptions, waiting) VALUES (?, ?)', rows.astype(float).tolist()
    )
    found = connection.execute((tmp_path / "query.txt").read_text()).fetchall()
    assert [row[0] for row in found] == list(range(1, 21))
    np.testing.assert_array_equal([row[3] for row in found], Mixture.load(model).labels(rows.astype(float)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "scorer.txt"], "must end in one of"),
        (["--out", "scorer.c", "--to", "cobol"], "must be one of"),
        (["--out", "scorer.sql", "--dialect", "oracle"], "must be one of duckdb, sqlite"),
    ],
)
def test_what_cannot_be_written_is_refused(mixfold, model, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    result = mixfold("export", model, *options)
    assert result.exit_code == 2
    assert message in " ".join(result.output.replace("│", " ").split())
    assert not list(tmp_path.glob("scorer*"))
