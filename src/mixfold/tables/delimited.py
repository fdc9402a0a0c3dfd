"""Tables as text: one line a row, a character between the values, names in the first line."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import final

from mixfold.errors import InputError
from mixfold.tables.abstract import Table, unreadable

LARGEST_BLOCK = 2**31 - 1
"""Bytes that pyarrow can look at together when it decides on the type of a column."""


@final
@dataclass(frozen=True, slots=True)
class Delimited:
    """A .csv or .tsv file, compressed where the suffix ends in .gz."""

    suffix: str
    delimiter: str
    has_names: bool = True

    def read(self, path: Path) -> Table:
        """Read the file, its first line being the names; all values of a column decide on its type."""
        import pyarrow as pa  # noqa: PLC0415  (optional extra)
        from pyarrow import csv  # noqa: PLC0415  (optional extra)

        try:
            content = gzip.decompress(path.read_bytes()) if self._is_compressed else path.read_bytes()
            # One block: with several, the first alone decides, and 0.5 after a megabyte of whole numbers is an error.
            read = csv.ReadOptions(use_threads=False, block_size=min(max(len(content), 1), LARGEST_BLOCK))
            parse = csv.ParseOptions(delimiter=self.delimiter)
            table = csv.read_csv(pa.BufferReader(content), read_options=read, parse_options=parse)
            names = table.column_names
        except (pa.ArrowException, UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise unreadable(path, self.suffix, error) from error
        if all(_is_number(name) for name in names):
            message = (
                f"The first line of {path} must name the columns, but holds only numbers ({', '.join(names[:4])}). "
                "Put a line with names above it."
            )
            raise InputError(message)
        return table

    def write(self, path: Path, table: Table) -> None:
        """Write names and rows; numbers round-trip exactly."""
        content = self.text_of(table).encode()
        path.write_bytes(gzip.compress(content, mtime=0) if self._is_compressed else content)

    def text_of(self, table: Table) -> str:
        """Give names and rows as text.

        Examples
        --------
        >>> import pyarrow
        >>> Delimited(".csv", ",").text_of(pyarrow.table({"a": [0.5], "b, c": ["d"]})).splitlines()
        ['a,"b, c"', '0.5,"d"']
        """
        import pyarrow as pa  # noqa: PLC0415  (optional extra)
        from pyarrow import csv  # noqa: PLC0415  (optional extra)

        # pyarrow quotes every name or none (and all text), so the first line is written here.
        names = [_quoted(name, self.delimiter) for name in table.column_names]
        options = csv.WriteOptions(include_header=False, delimiter=self.delimiter, quoting_style="needed")
        stream = pa.BufferOutputStream()
        csv.write_csv(table, stream, options)
        return self.delimiter.join(names) + "\n" + stream.getvalue().to_pybytes().decode()

    @property
    def _is_compressed(self) -> bool:
        return self.suffix.endswith(".gz")


def _quoted(name: str, delimiter: str) -> str:
    if not name or any(character in name for character in (delimiter, '"', "\n", "\r")):
        return '"' + name.replace('"', '""') + '"'
    return name


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
