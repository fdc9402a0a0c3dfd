"""Files to tables and back, by the suffix of the path."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from mixfold.atomic import written_whole
from mixfold.errors import InputError, MissingExtraError
from mixfold.tables.abstract import Table, TableFormat
from mixfold.tables.arrow import Arrow
from mixfold.tables.delimited import Delimited
from mixfold.tables.npy import Npy
from mixfold.tables.parquet import Parquet

TABLE_FORMATS: tuple[TableFormat, ...] = (
    Delimited(".csv", ","),
    Delimited(".csv.gz", ","),
    Delimited(".tsv", "\t"),
    Delimited(".tsv.gz", "\t"),
    Parquet(),
    Arrow(".arrow"),
    Arrow(".feather"),
    Npy(),
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
        If pyarrow is not installed.

    Examples
    --------
    >>> from mixfold.tables import format_of
    >>> format_of("measurements.csv.gz").suffix
    '.csv.gz'
    """
    name = Path(path).name.lower()
    for format_ in TABLE_FORMATS:
        if name.endswith(format_.suffix):
            if importlib.util.find_spec("pyarrow") is None:
                raise MissingExtraError("pyarrow", "io", "Reading and writing tables")
            return format_
    suffixes = ", ".join(format_.suffix for format_ in TABLE_FORMATS)
    message = f"The name of a table must end in one of {suffixes}, got {Path(path).name!r}. Convert the table first."
    raise InputError(message)


def read_table(path: str | os.PathLike[str]) -> Table:
    """Read a table of any format.

    Parameters
    ----------
    path : path

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
    if not source.is_file():
        what = "is a folder" if source.is_dir() else "does not exist"
        message = f"{source} must be a table, but it {what}. Check the path."
        raise FileNotFoundError(message)
    return format_.read(source)


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
