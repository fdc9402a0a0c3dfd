"""A mixture as a query: run where the rows are."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.errors import InputError
from mixfold.exports import Scorer, SQLExporter
from mixfold.typing import FloatArray
from tests.exports.examples import NAMES, example


def query_of(mixture: Mixture, threshold: float | None, dialect: str) -> str:
    return SQLExporter('my "rows"', dialect).content(Scorer.of(mixture, threshold)).decode()  # type: ignore[arg-type]


def answers(dialect: str, rows: FloatArray, query: str) -> FloatArray:
    """Put rows into a table of a real database, and ask it."""
    connection = sqlite3.connect(":memory:") if dialect == "sqlite" else pytest.importorskip("duckdb").connect()
    columns = ", ".join('"' + name.replace('"', '""') + '" DOUBLE' for name in NAMES)
    connection.execute(f'CREATE TABLE "my ""rows""" ({columns})')
    connection.executemany('INSERT INTO "my ""rows""" VALUES (?, ?, ?)', rows.tolist())
    found = connection.execute(query).fetchall()
    connection.close()
    return np.array(found, dtype=float)


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
@pytest.mark.parametrize("covariance_type", ["full", "spherical"])
def test_a_query_scores_as_the_mixture_does(dialect: str, covariance_type: str) -> None:
    mixture, rows, threshold = example(covariance_type)
    found = answers(dialect, rows, query_of(mixture, threshold, dialect))
    np.testing.assert_array_equal(found[:, :3], rows)
    np.testing.assert_array_equal(found[:, 3], mixture.labels(rows))
    np.testing.assert_allclose(found[:, 4], mixture.log_density(rows), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found[:, 5:9], mixture.responsibilities(rows), atol=1e-9)
    np.testing.assert_array_equal(found[:, 9], mixture.log_density(rows) < threshold)


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_a_missing_value_has_no_answer(dialect: str) -> None:
    mixture = example("full")[0]
    rows = [[None, 1.0, 2.0]]
    found = answers(dialect, np.array(rows, dtype=object), query_of(mixture, None, dialect))
    assert np.all(np.isnan(found[:, 3:]))


def test_other_columns_are_kept_where_they_are_named() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical", ["size"])
    connection = sqlite3.connect(":memory:")
    connection.execute('CREATE TABLE "rows" (size DOUBLE, id INTEGER)')
    connection.executemany('INSERT INTO "rows" VALUES (?, ?)', [(0.1, 7), (8.8, 8)])
    query = SQLExporter(dialect="sqlite", keep=("id",)).content(Scorer.of(mixture)).decode()
    assert [row[:3] for row in connection.execute(query)] == [(7, 0.1, 0), (8, 8.8, 1)]


def test_one_component_is_scored_too() -> None:
    mixture = Mixture([1.0], [[1.0, -2.0, 3.0]], [2.0], "spherical", NAMES)
    rows = np.array([[0.0, 0.0, 0.0]])
    found = answers("sqlite", rows, query_of(mixture, None, "sqlite"))
    assert found[0, 4] == pytest.approx(mixture.log_density(rows)[0])


def test_a_dialect_is_known() -> None:
    with pytest.raises(InputError, match="one of \\['duckdb', 'sqlite'\\], got 'oracle'"):
        SQLExporter("rows", "oracle")  # type: ignore[arg-type]
