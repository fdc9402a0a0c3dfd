"""Files to tables and back, by the suffix of the path."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from mixfold.atomic import written_whole
from mixfold.errors import InputError, MissingExtraError
from mixfold.tables.abstract import STANDARD_INPUT, Table, TableFormat, damage_named
from mixfold.tables.arrow import Arrow
from mixfold.tables.delimited import Delimited
from mixfold.tables.npy import Npy
from mixfold.tables.parquet import Parquet
from mixfold.tables.reading import AS_FOUND, Reading, Say, nobody
from mixfold.tables.xlsx import Xlsx

TEXT = Delimited(".csv", ",")
"""What standard input and output hold."""

TABLE_FORMATS: tuple[TableFormat, ...] = (
    TEXT,
    Delimited(".csv.gz", ","),
    Delimited(".tsv", "\t"),
    Delimited(".tsv.gz", "\t"),
    Delimited(".txt", "\t"),
    Delimited(".txt.gz", "\t"),
    Parquet(),
    Arrow(".arrow"),
    Arrow(".feather"),
    Npy(),
    Xlsx(),
)


def format_of(path: str | os.PathLike[str]) -> TableFormat:
    """Give the format of a path, by its suffix in upper or lower case.

    Parameters
    ----------
    path : path

    Returns
    -------
    format : TableFormat

    Raises
    ------
    InputError
        If the suffix names no format.
    MissingExtraError
        If pyarrow is not installed, or openpyxl for .xlsx.

    Examples
    --------
    >>> from mixfold.tables import format_of
    >>> format_of("measurements.csv.gz").suffix
    '.csv.gz'
    """
    name = ".csv" if str(path) == STANDARD_INPUT else Path(path).name.lower()
    for format_ in TABLE_FORMATS:
        if name.endswith(format_.suffix):
            if importlib.util.find_spec("pyarrow") is None:
                raise MissingExtraError("pyarrow", "io", "Reading and writing tables")
            if isinstance(format_, Xlsx) and importlib.util.find_spec("openpyxl") is None:
                raise MissingExtraError("openpyxl", "xlsx", "Reading and writing .xlsx files")
            return format_
    suffixes = ", ".join(format_.suffix for format_ in TABLE_FORMATS)
    message = f"The name of a table must end in one of {suffixes}, got {Path(path).name!r}. Convert the table first."
    raise InputError(message)


def read_table(path: str | os.PathLike[str], reading: Reading = AS_FOUND, say: Say = nobody) -> Table:
    """Read a table of any format.

    Parameters
    ----------
    path : path
        ``-`` is standard input, which holds text.
    reading : Reading
        How, where the caller knows better than the file says.
    say : callable
        Is told in a sentence what was decided about the table.

    Returns
    -------
    table : pyarrow.Table

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If the suffix names no format, or the file is truncated, corrupted or foreign.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold.tables import read_table, write_table
    >>> path = Path(tempfile.mkdtemp()) / "heights.csv"
    >>> import pyarrow
    >>> write_table(path, pyarrow.table({"name": ["ann", "bob"], "height": [1.5, 1.75]}))
    >>> read_table(path).column_names
    ['name', 'height']
    """
    source = Path(path)
    format_ = format_of(source)
    refuse_unheeded(source, reading)
    if str(path) != STANDARD_INPUT and not source.is_file():
        what = "is a folder" if source.is_dir() else "does not exist"
        message = f"{source} must be a table, but it {what}. Check the path."
        raise FileNotFoundError(message)
    with damage_named(source, format_.suffix):
        return format_.read(source, reading, say)


def refuse_unheeded(path: str | os.PathLike[str], reading: Reading) -> None:
    """Refuse to be told how a file is written that says so itself.

    Parameters
    ----------
    path : path
    reading : Reading

    Raises
    ------
    InputError
        If the format of the path does not heed something.

    Examples
    --------
    >>> from mixfold.tables import Reading, refuse_unheeded
    >>> refuse_unheeded("heights.csv", Reading(delimiter=";"))
    >>> refuse_unheeded("heights.npy", Reading(delimiter=";"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: `--delimiter` is for tables that end in one of .csv, ... got 'heights.npy'. Leave it out.
    """
    name = Path(path).name
    format_ = next((one for one in TABLE_FORMATS if name.lower().endswith(one.suffix)), None)
    heeded = TEXT.heeds if str(path) == STANDARD_INPUT else frozenset() if format_ is None else format_.heeds
    for field, option in reading.options().items():
        if field not in heeded:
            others = ", ".join(one.suffix for one in TABLE_FORMATS if field in one.heeds)
            message = f"`{option}` is for tables that end in one of {others}, got {name!r}. Leave it out."
            raise InputError(message)


def write_table(path: str | os.PathLike[str], table: Table) -> None:
    """Write a table in the format that the suffix names; the file appears whole or not at all.

    Parameters
    ----------
    path : path
    table : pyarrow.Table

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pyarrow
    >>> from mixfold.tables import read_table, write_table
    >>> path = Path(tempfile.mkdtemp()) / "two.parquet"
    >>> write_table(path, pyarrow.table({"a": [1.0, 2.0]}))
    >>> read_table(path).num_rows
    2
    """
    format_ = format_of(path)
    with written_whole(path) as unfinished:
        format_.write(unfinished, table)
