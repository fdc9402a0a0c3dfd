"""Tables as text: one line a row, a character between the values, names in the first line."""

from __future__ import annotations

import csv as python_csv
import gzip
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, final

from mixfold.errors import InputError
from mixfold.tables.abstract import STANDARD_INPUT, Table, called, damage_named
from mixfold.tables.bad_cells import FIRST_ROW, BadColumn, refuse_bad_columns
from mixfold.tables.dialect import NULLS, NUMBERS, Dialect
from mixfold.tables.reading import AS_FOUND, Reading, Say, nobody
from mixfold.tables.text import Stream, blocks_of, estimated_bytes, open_quote

LARGEST_TEXT = 2**31 - 1
"""Bytes that pyarrow can look at together when it decides on the type of a column."""
SMALL_TEXT, LARGEST_RATIO = 2**28, 100
"""Bytes up to which text may be packed in any way, and how many times larger than the file more may be: numbers are
three to ten times as large, and what is a thousand times was made to fill memories."""
LOOKED_THROUGH = 2**30
"""Bytes of text, times columns, that are read again to name every column with a bad cell, and not the first alone."""
RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+): (.{0,60})")
BAD_CELL = re.compile(r"In CSV column #(\d+): Row #(\d+): CSV conversion error to \w+: invalid value '(.*)'", re.DOTALL)
"""How pyarrow says it."""
FORMULA = re.compile(r"[=+\-@\t\r].")
"""How text begins that a spreadsheet runs."""


@final
@dataclass(frozen=True, slots=True)
class Delimited:
    """A file of text: .csv, .tsv or .txt, compressed where the suffix ends in .gz."""

    suffix: str
    delimiter: str
    has_names: bool = True
    heeds: frozenset[str] = frozenset({"delimiter", "decimal", "encoding", "header", "missing"})

    def read(self, path: Path, reading: Reading = AS_FOUND, say: Say = nobody) -> Table:
        """Read the file into memory; all values of a column decide on its type."""
        if str(path) != STANDARD_INPUT:
            self._refuse_large(path)
        dialect, blocks = self._looked_at(path, reading)
        for said in dialect.said:
            say(f"{called(path)}: {said}")
        content = list(self._bounded(path, blocks))
        runs_on = any(open_quote(block) is not None for block in content)
        return self._parsed(path, b"".join(content), dialect, reading, runs_on=runs_on)

    def head(self, path: Path, reading: Reading = AS_FOUND, say: Say = nobody) -> Table:
        """Read the rows of the first megabyte."""
        dialect, blocks = self._looked_at(path, reading)
        for said in dialect.said:
            say(f"{called(path)}: {said}")
        first = next(blocks)
        return self._parsed(path, first, dialect, reading, runs_on=open_quote(first) is not None)

    def batches(self, path: Path, names: Sequence[str], reading: Reading = AS_FOUND) -> Iterator[Any]:
        """Yield record batches of some columns as float64, reading on as they are asked for."""
        dialect, blocks = self._looked_at(path, reading)
        with self._faults_named(path, dialect, lambda first: self._bad_columns(path, names, reading, first)):
            yield from self._converted(path, names, reading, dialect, blocks)

    def _converted(
        self, path: Path, names: Sequence[str], reading: Reading, dialect: Dialect, blocks: Iterator[bytes]
    ) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415  (optional extra)
        from pyarrow import csv  # noqa: PLC0415  (optional extra)

        first = next(blocks)
        if not first.strip():
            return
        positions = [str(dialect.names.index(name)) for name in names]
        read = csv.ReadOptions(use_threads=False, column_names=_placeholders(dialect.names))
        convert = csv.ConvertOptions(
            include_columns=positions, column_types=dict.fromkeys(positions, "float64"), **_conversion(dialect, reading)
        )
        stream = pa.PythonFile(Stream(_lines_checked(path, chain([first], blocks))), mode="r")
        parse = csv.ParseOptions(delimiter=dialect.parsed_delimiter)
        for batch in csv.open_csv(stream, read, parse, convert):
            yield pa.RecordBatch.from_arrays(batch.columns, names=list(names))

    def _bad_columns(self, path: Path, names: Sequence[str], reading: Reading, first: BadColumn) -> list[BadColumn]:
        """Give the first bad cell of each column, as far as that costs little."""
        import pyarrow as pa  # noqa: PLC0415  (optional extra)

        if str(path) == STANDARD_INPUT or len(names) * estimated_bytes(path) > LOOKED_THROUGH:
            return [first]
        bad = []
        for name in names:
            dialect, blocks = self._looked_at(path, reading)
            try:
                for _ in self._converted(path, [name], reading, dialect, blocks):
                    pass
            except pa.ArrowInvalid as error:
                bad.append(_bad_cell(str(error), dialect.names) or first)
        return bad

    def _parsed(self, path: Path, content: bytes, dialect: Dialect, reading: Reading, *, runs_on: bool) -> Table:
        import pyarrow as pa  # noqa: PLC0415  (optional extra)
        from pyarrow import csv  # noqa: PLC0415  (optional extra)

        if runs_on:  # a quoted value over several lines
            _refuse_swallowed_rows(path, content, dialect)
        names = _placeholders(dialect.names)
        if not content.strip():
            return pa.table([pa.nulls(0)] * len(names), names=list(dialect.names))
        # One block: with several, the first alone decides, and 0.5 after a megabyte of whole numbers is an error.
        read = csv.ReadOptions(use_threads=False, block_size=len(content), column_names=names)
        parse = csv.ParseOptions(delimiter=dialect.parsed_delimiter, newlines_in_values=runs_on)
        convert = csv.ConvertOptions(**_conversion(dialect, reading))
        with self._faults_named(path, dialect):
            table = csv.read_csv(pa.BufferReader(content), read, parse, convert)
        return table.rename_columns(list(dialect.names))

    @contextmanager
    def _faults_named(
        self, path: Path, dialect: Dialect, look_on: Callable[[BadColumn], Sequence[BadColumn]] = lambda first: [first]
    ) -> Iterator[None]:
        """Say in which row a file is not as it must be, in which columns, and what is there."""
        import pyarrow as pa  # noqa: PLC0415  (optional extra)

        with damage_named(path, self.suffix):
            try:
                yield
            except pa.ArrowInvalid as error:
                if ragged := RAGGED.search(str(error)):
                    message = (
                        f"{called(path)} must have {ragged[2]} values in every row, but row {ragged[1]} ({FIRST_ROW}) "
                        f"has {ragged[3]}: {ragged[4]!r}. Mend that row, or name the `--delimiter`."
                    )
                    raise InputError(message) from error
                bad = _bad_cell(str(error), dialect.names)
                if bad is None:
                    raise
                refuse_bad_columns(look_on(bad), f"{called(path)}: ")

    def write(self, path: Path, table: Table) -> None:
        """Write names and rows; numbers round-trip exactly."""
        content = self.text_of(table).encode()
        path.write_bytes(gzip.compress(content, mtime=0) if self._is_compressed else content)

    def text_of(self, table: Table) -> str:
        r"""Give names and rows as text; text that a spreadsheet would run as a formula gets an apostrophe before it.

        Examples
        --------
        >>> import pyarrow
        >>> Delimited(".csv", ",").text_of(pyarrow.table({"a": [0.5], "b, c": ["d"]})).splitlines()
        ['a,"b, c"', '0.5,"d"']
        >>> Delimited(".csv", ",").text_of(pyarrow.table({"a": [-0.5], "b": ["=1+1"]})).splitlines()
        ['a,b', '-0.5,"\'=1+1"']
        """
        import pyarrow as pa  # noqa: PLC0415  (optional extra)
        from pyarrow import csv  # noqa: PLC0415  (optional extra)

        # pyarrow quotes every name or none (and all text), so the first line is written here.
        names = [_quoted(_no_formula(name), self.delimiter) for name in table.column_names]
        options = csv.WriteOptions(include_header=False, delimiter=self.delimiter, quoting_style="needed")
        stream = pa.BufferOutputStream()
        csv.write_csv(_without_formulas(table), stream, options)
        return self.delimiter.join(names) + "\n" + stream.getvalue().to_pybytes().decode()

    @property
    def _is_compressed(self) -> bool:
        return self.suffix.endswith(".gz")

    def _looked_at(self, path: Path, reading: Reading) -> tuple[Dialect, Iterator[bytes]]:
        """Give how the file is written, and the blocks of its rows."""
        blocks = blocks_of(path, reading.encoding)
        first = next(blocks, b"")
        try:
            dialect = Dialect.of(first.decode(), self.delimiter, reading)
        except InputError as error:
            message = f"{called(path)}: {error}."
            raise InputError(message) from error
        lines = first.split(b"\n", dialect.n_lines_before)
        rows = lines[-1] if len(lines) > dialect.n_lines_before else b""
        return dialect, map(dialect.squeezed, chain([rows], blocks))

    def _bounded(self, path: Path, blocks: Iterator[bytes]) -> Iterator[bytes]:
        seen = 0
        for block in blocks:
            seen += len(block)
            if seen > LARGEST_TEXT:
                raise self._too_long(path)
            yield block

    def _refuse_large(self, path: Path) -> None:
        """Refuse what can not be held, by an estimate, before any of it is."""
        size = estimated_bytes(path)
        if size > 2 * LARGEST_TEXT:
            raise self._too_long(path)
        ratio = size // max(path.stat().st_size, 1)
        if size > SMALL_TEXT and ratio > LARGEST_RATIO:
            message = (
                f"{called(path)} must hold about as much as its size promises, but holds about {size / 2**30:.1f} GiB, "
                f"{ratio} times its size, more than numbers do. If it is what it should be, unpack it with `gunzip`."
            )
            raise InputError(message)

    def _too_long(self, path: Path) -> InputError:
        return InputError(
            f"{called(path)} must hold less than {LARGEST_TEXT / 2**30:.0f} GiB of text to be read into memory, "
            "but holds more. `mixfold fit` and `mixfold predict` read it in pieces; or convert it to Parquet."
        )


def _bad_cell(said: str, names: Sequence[str]) -> BadColumn | None:
    """Say in our words what pyarrow says of a cell; None of anything else."""
    bad = BAD_CELL.search(said)
    return None if bad is None else BadColumn(names[int(bad[1])], f"{bad[3]!r} in row {bad[2]}", bad[3])


def _placeholders(names: Sequence[str]) -> list[str]:
    """Give names without repetitions, because pyarrow finds columns by them."""
    return [str(position) for position in range(len(names))]


def _conversion(dialect: Dialect, reading: Reading) -> dict[str, Any]:
    """Give how text becomes values."""
    return {"decimal_point": dialect.decimal, "null_values": [*NULLS, *reading.missing]}


def _lines_checked(path: Path, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Refuse values that run over lines, because pieces end where lines do."""
    for block in blocks:
        line = open_quote(block)
        if line is not None:
            begin = block.split(b"\n", line + 1)[line][:60].decode(errors="replace")
            message = (
                f"{called(path)} must close every quote in the line in which it opens to be read in pieces, but a line "
                f"that begins with {begin!r} does not. Close it, or convert the file to Parquet."
            )
            raise InputError(message)
        yield block


def _refuse_swallowed_rows(path: Path, content: bytes, dialect: Dialect) -> None:
    """Refuse a quote that is not closed, or only after lines that look like rows."""
    n_columns, before = len(dialect.names), dialect.n_lines_before
    lines = io.StringIO(content.decode(), newline="")
    python_csv.field_size_limit(LARGEST_TEXT)
    reader = python_csv.reader(lines, delimiter=dialect.parsed_delimiter, strict=True)
    begin = 0
    try:
        for row in reader:
            swallowed = [part for cell in row for part in cell.split("\n")[1:-1]]
            if (
                swallowed
                and n_columns > 1
                and all(part.count(dialect.parsed_delimiter) == n_columns - 1 for part in swallowed)
            ):
                break
            begin = reader.line_num
        else:
            return
    except python_csv.Error:
        pass
    message = (
        f"{called(path)} must close every quote that it opens, but one in line {before + begin + 1} runs over the rows "
        "below it. Close it, or write it twice if it belongs to the value."
    )
    raise InputError(message)


def _without_formulas(table: Table) -> Table:
    import pyarrow as pa  # noqa: PLC0415  (optional extra)
    import pyarrow.compute as pc  # noqa: PLC0415  (optional extra)
    from pyarrow import types  # noqa: PLC0415  (optional extra)

    for position, column in enumerate(table.columns):
        kind = column.type.value_type if types.is_dictionary(column.type) else column.type
        if types.is_string(kind) or types.is_large_string(kind):
            if not pc.any(pc.match_substring_regex(column.cast("string"), rf"^{FORMULA.pattern}")).as_py():
                continue
            values = [None if value is None else _no_formula(value) for value in column.to_pylist()]
            table = table.set_column(position, table.field(position).name, pa.array(values, pa.string()))
    return table


def _no_formula(text: str) -> str:
    is_number = any(number.fullmatch(text) for number in NUMBERS.values())
    return text if is_number or not FORMULA.match(text) else "'" + text


def _quoted(name: str, delimiter: str) -> str:
    if not name or any(character in name for character in (delimiter, '"', "\n", "\r")):
        return '"' + name.replace('"', '""') + '"'
    return name
