"""Tables as Parquet."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.tables.parquet import Parquet

TABLE = pa.table({"size": [1.0, None, 3.0], "name": ["a", "b", None]})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    Parquet().write(path, TABLE)
    assert Parquet().read(path).equals(TABLE)


def test_names_of_folders_are_no_columns(tmp_path: Path) -> None:
    folder = tmp_path / "year=2024"
    folder.mkdir()
    Parquet().write(folder / "rows.parquet", TABLE)
    assert Parquet().read(folder / "rows.parquet").column_names == ["size", "name"]


def test_a_damaged_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    Parquet().write(path, TABLE)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"rows\.parquet"):
        Parquet().read(path)
