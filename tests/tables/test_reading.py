"""What a caller says of a table is checked when it is said, and refused where it means nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.tables import Reading, read_table, write_table


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"delimiter": ";;"}, "`delimiter` must be one character, 'tab' or 'space', got ';;'"),
        ({"delimiter": '"'}, "`delimiter` must be one character"),
        ({"decimal": "'"}, "`decimal` must be '.' or ','"),
        ({"delimiter": ",", "decimal": ","}, "`decimal` and `delimiter` must differ, but both are ','"),
        ({"encoding": "klingon"}, "`encoding` must be one that Python knows"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Reading(**wrong)


def test_delimiters_have_names() -> None:
    assert [Reading(delimiter=name).delimiter for name in ("tab", "space", r"\t", "semicolon")] == [
        "\t",
        " ",
        "\t",
        ";",
    ]


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".npy"])
@pytest.mark.parametrize(
    ("reading", "option"),
    [
        (Reading(delimiter=";"), "--delimiter"),
        (Reading(header=False), "--no-header"),
        (Reading(missing=("?",)), "--missing"),
    ],
)
def test_a_file_that_says_itself_how_it_is_written_is_not_told(
    suffix: str, reading: Reading, option: str, tmp_path: Path
) -> None:
    path = tmp_path / f"t{suffix}"
    write_table(path, pa.table({"a": [1.0, 2.0]}))
    with pytest.raises(InputError, match=rf"`{option}` is for tables that end in one of \.csv"):
        read_table(path, reading)
