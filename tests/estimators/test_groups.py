"""How rows come in groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixfold import fit_many
from mixfold.errors import InputError, ShapeError
from mixfold.estimators.groups import Grouping, grouped
from tests.examples import blobs

ROWS = blobs(90, 2, 2)[0]
LABELS = np.array(["u", "v", "w"])[np.random.default_rng(0).integers(0, 3, 90)]
COLUMNS = {"kind": LABELS, "size": ROWS[:, 0], "mass": ROWS[:, 1]}


def as_file(kind: str, folder: Path) -> Path:
    """Write the table."""
    path = folder / f"table.{kind}"
    if kind == "csv":
        pd.DataFrame(COLUMNS).to_csv(path, index=False)
    else:
        pq.write_table(pa.table(COLUMNS), path)
    return path


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "csv", "parquet", "list", "offsets"])
def test_every_way_to_name_groups_gives_the_same_mixtures(kind: str, tmp_path: Path) -> None:
    expected = fit_many(ROWS, groups=LABELS, n_components=2, random_state=0)
    names = list(dict.fromkeys(LABELS.tolist()))
    parts = [ROWS[name == LABELS] for name in names]
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    ways: dict[str, tuple[Any, dict[str, Any]]] = {
        "pandas": (pd.DataFrame(COLUMNS), {"groups": "kind"}),
        "polars": (pl.DataFrame(COLUMNS), {"groups": "kind"}),
        "arrow": (pa.table(COLUMNS), {"groups": "kind"}),
        "list": (parts, {"groups": names}),
        "offsets": (np.concatenate(parts), {"offsets": offsets}),
    }
    X, how = ways[kind] if kind in ways else (as_file(kind, tmp_path), {"groups": "kind"})
    found = fit_many(X, n_components=2, random_state=0, **how)
    np.testing.assert_array_equal(found.means, expected.means)
    if kind != "offsets":
        assert found.groups.tolist() == expected.groups.tolist() == names
    if kind not in {"list", "offsets"}:
        assert found.feature_names == ("size", "mass")


def test_rows_that_come_group_by_group_are_not_moved() -> None:
    grouping = Grouping.by_labels([5, 5, 2, 9, 9], 5)
    assert grouping.order is None
    assert (grouping.labels.tolist(), grouping.starts.tolist()) == ([5, 2, 9], [0, 2, 3, 5])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"groups": ["a"]}, "a label for each of 90 rows, got shape"),
        ({"groups": np.where(np.arange(90) == 7, np.nan, 1.0)}, "missing, but is in row 7"),
        ({"groups": np.array([None] * 90)}, "missing, but is in row 0"),
        ({"offsets": [0, 5]}, "ascend from 0 to the number of rows, 90"),
        ({"offsets": [0, 50, 40, 90]}, "ascend from 0"),
        ({"offsets": [0, 90], "groups": LABELS}, "both came"),
    ],
)
def test_groups_that_do_not_fit_the_rows_are_refused(how: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError if "label" not in message else ShapeError, match=message):
        grouped(ROWS, how.get("groups"), how.get("offsets"))


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    for X in (pd.DataFrame(COLUMNS), pa.table(COLUMNS), as_file("csv", tmp_path)):
        with pytest.raises(InputError, match="kind, size, mass.*got 'sort'"):
            grouped(X, "sort", None)
    with pytest.raises(InputError, match="must name the column"):
        grouped(as_file("csv", tmp_path), None, None)


def test_lists_of_arrays_must_fit_each_other() -> None:
    with pytest.raises(InputError, match="same features"):
        grouped([np.zeros((2, 1)), np.zeros((2, 2))], None, None)
    with pytest.raises(ShapeError, match="a label for each of 2 arrays"):
        grouped([np.zeros((2, 1)), np.zeros((2, 1))], ["a"], None)
    with pytest.raises(InputError, match="some are equal"):
        grouped([np.zeros((2, 1)), np.zeros((2, 1))], ["a", "a"], None)
