"""Text becomes the table that it means, or is refused with file, row, column and value."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.tables import Reading, read_table
from mixfold.tables.delimited import Delimited

CSV = Delimited(".csv", ",")


def written(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a;b\n1,5;2\n-3;4\n", "t.csv"),
        ("a\tb\n1.5\t2\n-3\t4\n", "t.txt"),
        ("a  b\n1.5 2\n -3 4 \n", "t.txt"),
        ("# a b\n1.5 2\n-3 4\n", "t.csv"),
        ("a,b\r1.5,2\r-3,4\r", "t.csv"),
    ],
)
def test_text_of_many_kinds_is_one_table(text: str, name: str, tmp_path: Path) -> None:
    assert read_table(written(tmp_path, text, name)).to_pydict() == {"a": [1.5, -3.0], "b": [2, 4]}


def test_what_was_found_is_said_with_the_name_of_the_file(tmp_path: Path) -> None:
    said: list[str] = []
    path = written(tmp_path, "3,6;79\n1,8;54\n")
    assert read_table(path, say=said.append).to_pydict() == {"x0": [3.6, 1.8], "x1": [79, 54]}
    assert [sentence.startswith(f"{path}: ") for sentence in said] == [True] * 3


def test_what_stands_for_a_missing_value_can_be_said(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,?\n-,2\n")
    assert read_table(path, Reading(missing=("?", "-"))).to_pydict() == {"a": [1, None], "b": [None, 2]}


def test_the_same_name_twice_and_no_name_are_kept(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, ",a,a\n1,2,3\n"))
    assert table.column_names == ["", "a", "a"]
    assert [column.to_pylist() for column in table.columns] == [[1], [2], [3]]


@pytest.mark.parametrize(
    "text",
    [
        'name,a\nu,1\n"v,2\nw,3\nx,4\n',
        'name,a\nu,1\n"v,2\nw,3\n"x",4\n',
        'a,b,name\n0,1,u\n1,2,"v\n3,4,w\n5,6,x"\n',
    ],
    ids=["to the end", "to another quote", "closed below"],
)
def test_a_quote_that_swallows_rows_is_refused_with_its_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must close every quote that it opens, but one in line 3 runs over the rows"):
        read_table(written(tmp_path, text))


def test_values_may_have_quotes_and_lines(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,note\n1,"two\nlines"\n2,"a ""word"""\n3,6" pipe\n')
    assert read_table(path)["note"].to_pylist() == ["two\nlines", 'a "word"', '6" pipe']


def test_a_row_with_another_number_of_values_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must have 2 values in every row, but row 3 .* has 3: '5,6,7'"):
        read_table(written(tmp_path, "a,b\n1,2\n3,4\n5,6,7\n"))


def test_text_of_more_than_can_be_looked_at_is_refused_before_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixfold.tables.delimited.LARGEST_TEXT", 2**22)
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a\n" + b"1\n" * 2**23))
    with pytest.raises(InputError, match="must hold less than .* of text to be read into memory"):
        read_table(path)


def test_text_that_was_packed_to_fill_memories_is_refused_before_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixfold.tables.delimited.SMALL_TEXT", 2**16)
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a\n" + b"1\n" * 2**16))
    with pytest.raises(InputError, match=r"t\.csv\.gz must hold about as much as .* times its size, .* `gunzip`"):
        read_table(path)
    numbers = np.random.default_rng(0).normal(size=4_000)
    path.write_bytes(gzip.compress("\n".join(["a", *map(str, numbers)]).encode(), compresslevel=1))
    assert read_table(path).num_rows == 4_000


def test_batches_are_the_columns_asked_for_as_numbers(tmp_path: Path) -> None:
    path = written(tmp_path, "name;a;b\nu;1;1,5\nv;2;?\n")
    (batch,) = CSV.batches(path, ["b", "a"], Reading(missing=("?",)))
    assert batch.to_pydict() == {"b": [1.5, None], "a": [1.0, 2.0]}
    with pytest.raises(InputError, match=r"t\.csv: Column 'b' must hold numbers, but holds '\?' in row 2"):
        list(CSV.batches(path, ["a", "b"]))


def test_a_quote_that_is_open_at_the_end_of_a_line_cannot_be_read_in_pieces(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must close every quote in the line in which it opens .* begins with '\"v,2'"):
        list(CSV.batches(written(tmp_path, 'name,a\nu,1\n"v,2\nw,3\n'), ["a"]))


def test_formulas_get_an_apostrophe_and_numbers_stay_as_they_are() -> None:
    values = ["=cmd|' /C calc'!A0", "+1+2", "@SUM(A1)", "\tx", "-2.5", "-", "=", "plain", None]
    text = CSV.text_of(pa.table({"=name": values, "b": [-1.5] * len(values)}))
    lines = [line.rpartition(",")[0].strip('"') for line in text.splitlines()]
    assert lines[:4] == ["'=name", "'=cmd|' /C calc'!A0", "'+1+2", "'@SUM(A1)"]
    assert lines[4:] == ["'\tx", "-2.5", "-", "=", "plain", ""]
    assert text.splitlines()[1].endswith(",-1.5")
