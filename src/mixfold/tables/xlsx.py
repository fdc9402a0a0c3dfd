"""Tables as sheets of Excel's .xlsx files."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from mixfold.errors import InputError
from mixfold.tables.abstract import Table, unreadable
from mixfold.tables.dialect import NULLS, NUMBERS, names_columns, shown
from mixfold.tables.reading import AS_FOUND, Reading, Say, nobody

LARGEST_SHEETS = 2**29
"""Bytes of all that is packed in a file: what Excel can show is less."""
SMALL_SHEETS, LARGEST_RATIO = 2**25, 100
"""Bytes up to which it may be packed in any way, and how many times larger than the file more may be: tables of numbers
are some ten times as large, and what is a thousand times was made to fill memories."""
NUMBER = NUMBERS["."]


@final
@dataclass(frozen=True, slots=True)
class Xlsx:
    """An .xlsx file, of which one sheet is the table."""

    suffix: str = ".xlsx"
    has_names: bool = True
    heeds: frozenset[str] = frozenset({"sheet", "header", "missing"})

    def read(self, path: Path, reading: Reading = AS_FOUND, say: Say = nobody) -> Table:
        """Read a sheet: values, not formulas; lines above the table that fill one cell only are left out."""
        import pyarrow as pa  # noqa: PLC0415  (optional extra)

        rows = _cropped(self._rows(path, reading, say))
        if not rows:
            raise unreadable(path, self.suffix, "its sheet is empty")
        while len(rows[0]) > 1 and len(rows) > 1 and sum(value is not None for value in rows[0]) == 1:
            say(f"{path}: left out above the table: {shown([cell for cell in _texts(rows[0]) if cell])}")
            rows = _cropped(rows[1:])
        first = _texts(rows[0])
        has_names = self._has_names(path, rows, reading.missing) if reading.header is None else reading.header
        if not has_names and reading.header is None:
            say(f"{path}: its first row ({shown(first)}) was not taken for names; `--header` takes it for them")
        names = [cell.strip() for cell in first] if has_names else [f"x{position}" for position in range(len(first))]
        columns = zip(*rows[1 if has_names else 0 :], strict=True)
        nulls = {*NULLS, *reading.missing}
        return pa.table([_array(column, nulls) for column in columns] or [pa.nulls(0)] * len(names), names=names)

    def write(self, path: Path, table: Table) -> None:
        """Write names and rows into one sheet; text stays text, even where it looks like a formula."""
        from openpyxl import Workbook  # noqa: PLC0415  (optional extra)
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  (optional extra)

        book = Workbook(write_only=True)
        sheet = book.create_sheet("table")

        def cell(value: Any) -> Any:
            if not isinstance(value, str):
                return value
            made = WriteOnlyCell(sheet, value="")
            made.value = value
            made.data_type = "s"
            return made

        sheet.append([cell(name) for name in table.column_names])
        for batch in table.to_batches(1000):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                sheet.append([cell(value) for value in row])
        book.save(path)

    def _has_names(self, path: Path, rows: Sequence[Sequence[Any]], missing: Sequence[str]) -> bool:
        try:
            return names_columns(_texts(rows[0]), [_texts(row) for row in rows[1:100]], missing=missing)
        except InputError as error:
            message = f"{path}: {error}."
            raise InputError(message) from error

    def _rows(self, path: Path, reading: Reading, say: Say) -> list[tuple[Any, ...]]:
        """Give the rows of the sheet, all as long as the longest."""
        from openpyxl import load_workbook  # noqa: PLC0415  (optional extra)

        try:
            with zipfile.ZipFile(path) as packed:
                size = sum(one.file_size for one in packed.infolist())
            ratio = size // max(path.stat().st_size, 1)
            if size > LARGEST_SHEETS or (size > SMALL_SHEETS and ratio > LARGEST_RATIO):
                message = f"it holds {size / 2**30:.3g} GiB, {ratio} times its size, more than a sheet of numbers does"
                raise InputError(message)  # noqa: TRY301
            book = load_workbook(path, read_only=True, data_only=True)
            try:
                sheets = {sheet.title: sheet for sheet in book.worksheets}
                name = next(iter(sheets)) if reading.sheet is None else reading.sheet
                if name not in sheets:
                    message = f"there is no sheet {name!r} in it; its sheets are {shown(list(sheets))}"
                    raise InputError(message)
                if len(sheets) > 1 and reading.sheet is None:
                    say(f"{path}: read sheet {name!r} of {shown(list(sheets))}; `--sheet` chooses another")
                rows = [tuple(row) for row in sheets[name].iter_rows(values_only=True)]
            finally:
                book.close()
        except OSError as error:
            if error.errno is not None:  # the system's own: it can not be opened
                raise
            raise unreadable(path, self.suffix, error) from error
        except Exception as error:  # openpyxl meets damage with any kind of error
            raise unreadable(path, self.suffix, error) from error
        longest = max(map(len, rows), default=0)
        return [row + (None,) * (longest - len(row)) for row in rows]


def _cropped(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Leave out rows and columns without a value."""
    filled = [row for row in rows if any(value is not None for value in row)]
    width = len(filled[0]) if filled else 0
    used = [position for position in range(width) if any(row[position] is not None for row in filled)]
    return [[row[position] for position in used] for row in filled]


def _texts(row: Sequence[Any]) -> list[str]:
    return ["" if value is None else str(value) for value in row]


def _array(values: Sequence[Any], nulls: set[str]) -> Any:
    """Give a column as numbers, truth values or times where all its values are, else as text."""
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    values = [None if str(value).strip() in nulls else value for value in values]
    values = [_number(value) for value in values]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float}:
        is_whole = kinds == {int} and all(abs(value or 0) < 2**63 for value in values)
        return pa.array(values, pa.int64() if is_whole else pa.float64()) if kinds else pa.nulls(len(values))
    if len(kinds) == 1:
        return pa.array(values)
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _number(value: Any) -> Any:
    """Give text that is a number as one: some programs store numbers so."""
    return float(value) if isinstance(value, str) and NUMBER.fullmatch(value.strip()) else value
