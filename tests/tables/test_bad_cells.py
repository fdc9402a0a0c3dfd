"""All columns that single values keep from being numbers are named in one error, by whatever reads them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.sources.arrow import ArrowSource
from mixfold.tables import features_of, numeric_columns, read_table

TEXT = "a,b,c,d,e,f,g\n1,2,3,4,5,6,7\n-,?,3,4,5,6,7\n1,2,3x,n/b,.,x,u\n1,2,3,4,5,6,7\n1,2,3,4,5,6,7\n"
SAID = (
    "Columns must hold numbers, but 'a' holds '-' in row 2, 'b' holds '?' in row 2, 'c' holds '3x' in row 3, "
    "'d' holds 'n/b' in row 3, 'e' holds '.' in row 3, and 2 more (the first row of data is 1). Write "
    "`--missing - --missing '?' --missing 3x --missing n/b --missing . --missing x --missing u` and"
)


@pytest.mark.parametrize("columns", [None, list("abcdefg")])
def test_the_first_bad_cell_of_each_column_is_named_and_at_most_five_columns(
    tmp_path: Path, columns: list[str] | None
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TEXT)
    with pytest.raises(InputError) as error:
        features_of(read_table(path), columns)
    assert str(error.value).startswith(SAID)


def test_what_the_error_advises_reads_the_table(tmp_path: Path) -> None:
    from mixfold.tables import Reading

    path = tmp_path / "t.csv"
    path.write_text(TEXT)
    table = read_table(path, Reading(missing=("-", "?", "3x", "n/b", ".", "x", "u")))
    assert features_of(table).names == tuple("abcdefg")


def test_bad_cells_after_the_first_megabyte_are_named_for_all_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n" + "11111111,2,33333333\n" * 60_000 + "x,1,y\n")
    said = "t.csv: Columns must hold numbers, but 'a' holds 'x' in row 60001, 'c' holds 'y' in row 60001 (the first row"
    with pytest.raises(InputError) as error:
        ArrowSource(path)
    assert said in str(error.value)


def test_the_first_alone_is_named_where_to_look_for_more_would_take_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixfold.tables.delimited.LOOKED_THROUGH", 2**20)
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n" + "11111111,2,33333333\n" * 60_000 + "x,1,y\n")
    with pytest.raises(InputError, match=r"t\.csv: Column 'a' must hold numbers, but holds 'x' in row 60001"):
        ArrowSource(path)


def test_columns_with_missing_and_infinite_values_are_named_together() -> None:
    table = pa.table({"a": [1.0, None, 2.0], "b": [1.0, 2.0, 3.0], "c": [float("inf"), 1.0, float("inf")]})
    with pytest.raises(InputError) as error:
        numeric_columns(table)
    assert str(error.value) == (
        "Columns must hold a finite number in every row, but 'a' has 1 missing value (row 2), 'c' has 2 infinite values "
        "(rows 1, 3); the first row of data is 1. Fill or drop those rows, or choose other columns."
    )


def test_columns_of_a_later_file_are_named_together(tmp_path: Path) -> None:
    (tmp_path / "0.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "1.csv").write_text("a,b\n1,2\n?,-\n3,4\n")
    with pytest.raises(InputError, match=r"1\.csv: Columns must hold numbers, but 'a' holds '\?' in row 2, 'b' holds"):
        ArrowSource(tmp_path)
    (tmp_path / "1.csv").write_text("c\n1\n")
    with pytest.raises(InputError, match=r"1\.csv lacks 'a', 'b'"):
        ArrowSource(tmp_path)
