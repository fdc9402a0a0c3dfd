"""Sheets of Excel become the table that a reader sees in them."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.tables import Reading, read_table, write_table

openpyxl = pytest.importorskip("openpyxl", reason="needs the extra `xlsx`")


def book(tmp_path: Path, **sheets: list[list[Any]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(tmp_path / "t.xlsx")
    return tmp_path / "t.xlsx"


def test_numbers_text_and_times_are_told_apart(tmp_path: Path) -> None:
    day = dt.datetime(2024, 1, 1)  # noqa: DTZ001  (Excel knows no zones)
    path = book(tmp_path, data=[["size", "n", "name", "day", "mixed"], [0.5, 1, "u", day, 1], [2, 3, "v", day, "x"]])
    table = read_table(path)
    assert table.to_pydict() == {
        "size": [0.5, 2.0], "n": [1, 3], "name": ["u", "v"], "day": [day, day], "mixed": ["1", "x"]
    }  # fmt: skip


def test_a_title_empty_rows_and_empty_columns_around_the_table_are_left_out(tmp_path: Path) -> None:
    said: list[str] = []
    path = book(tmp_path, data=[["My measurements"], [], [None, "a", "b"], [None, 1, 2], [], [None, 3, 4]])
    assert read_table(path, say=said.append).to_pydict() == {"a": [1, 3], "b": [2, 4]}
    assert said == [f"{path}: left out above the table: 'My measurements'"]


def test_a_sheet_is_chosen_by_name_and_the_first_one_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    path = book(tmp_path, one=[["a"], [1]], two=[["b"], [2]])
    assert read_table(path, say=said.append).column_names == ["a"]
    assert said == [f"{path}: read sheet 'one' of 'one', 'two'; `--sheet` chooses another"]
    assert read_table(path, Reading(sheet="two")).column_names == ["b"]
    with pytest.raises(InputError, match="there is no sheet 'three' in it; its sheets are 'one', 'two'"):
        read_table(path, Reading(sheet="three"))


def test_rows_without_names_are_rows(tmp_path: Path) -> None:
    path = book(tmp_path, data=[[1.5, 2], [3, 4]])
    assert read_table(path).to_pydict() == {"x0": [1.5, 3.0], "x1": [2, 4]}
    assert read_table(path, Reading(header=True)).column_names == ["1.5", "2"]


def test_units_below_the_names_are_asked_about(tmp_path: Path) -> None:
    path = book(tmp_path, data=[["a", "b"], ["cm", "kg"], [1, 2], [3, 4.5]])
    with pytest.raises(InputError, match=r"t.xlsx: its first two lines \('a', 'b'; 'cm', 'kg'\) may both name"):
        read_table(path)


def test_numbers_kept_as_text_are_numbers_and_missing_values_are_none(tmp_path: Path) -> None:
    path = book(tmp_path, data=[["a", "b"], ["1.5", "?"], ["2", 3], ["NA", -999]])
    assert read_table(path, Reading(missing=("?", "-999"))).to_pydict() == {"a": [1.5, 2.0, None], "b": [None, 3, None]}


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    write_table(tmp_path / "t.xlsx", pa.table({"=a": ["=1+1", "plain"], "b": [0.1, 1e-300]}))
    assert read_table(tmp_path / "t.xlsx").to_pydict() == {"=a": ["=1+1", "plain"], "b": [0.1, 1e-300]}


def test_an_empty_sheet_and_one_that_inflates_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="its sheet is empty"):
        read_table(book(tmp_path, data=[[]]))
    path = book(tmp_path, data=[["a"], [1]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/zeros.bin", bytes(2**22))
    for limit in ("LARGEST_SHEETS", "SMALL_SHEETS"):
        with monkeypatch.context() as patch:
            assert len(read_table(path)) == 1
            patch.setattr(f"mixfold.tables.xlsx.{limit}", 2**20)
            with pytest.raises(InputError, match="more than a sheet of numbers does"):
                read_table(path)


def test_damage_inside_of_the_file_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, data=[["a"], [1]])
    with zipfile.ZipFile(path) as packed:
        content = {name: packed.read(name) for name in packed.namelist()}
    for damaged in content:
        with zipfile.ZipFile(path, "w") as packed:
            for name, one in content.items():
                packed.writestr(name, one[: len(one) // 2] if name == damaged else one)
        try:
            read_table(path)
        except InputError as error:
            assert "must be a complete .xlsx file" in str(error)  # noqa: PT017
