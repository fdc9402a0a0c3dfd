"""What the commands that read tables have in common."""

from __future__ import annotations

from pathlib import Path

from mixfold.cli.console import ERR
from mixfold.cli.options import as_written
from mixfold.errors import InputError, ShapeError
from mixfold.mixtures import Mixture
from mixfold.tables import Reading, complete_rows, features_of, format_of, numeric_columns, read_table, refuse_no_rows
from mixfold.tables.abstract import Table, called
from mixfold.tables.columns import listed
from mixfold.tables.skewness import about_skewed_columns
from mixfold.typing import FloatArray


def say(sentence: str) -> None:
    """Say what was decided about a table."""
    ERR.print(sentence, soft_wrap=True, markup=False)


def features_read(data: Path, columns: list[str] | None, reading: Reading) -> tuple[Table, FloatArray, tuple[str, ...]]:
    """Read a table and choose its features, saying what is left out, and which have a long tail.

    Returns
    -------
    table : pyarrow.Table
        All columns of the rows that are used.
    rows : ndarray of shape (n_rows, n_features)
    names : tuple of str
    """
    table, rows, names = _numbers_of(read_table(data, reading, say), data, columns, reading)
    say(f"{called(data)}: {table.num_rows} rows, columns {as_written(names)}")
    if advice := about_skewed_columns(rows, names):
        say(advice)
    return table, rows, names


def rows_for(
    mixture: Mixture, data: Path, columns: list[str] | None, reading: Reading
) -> tuple[Table, FloatArray, tuple[str, ...]]:
    """Read a table and give the columns that a model was made for.

    Parameters
    ----------
    mixture : Mixture
    data : Path
        Columns are matched by name where both the model and the file have names, else by
        position among the columns of numbers.
    columns : list of str, optional
        The columns in the order of the model's features, whatever their names.
    reading : Reading

    Returns
    -------
    table : pyarrow.Table
        All columns of the rows that are used.
    rows : ndarray of shape (n_rows, n_features)
    names : tuple of str
        Of their columns in the table.

    Raises
    ------
    InputError
        If a column is missing or cannot be used.
    ShapeError
        If there are more or fewer columns than features.
    """
    table = read_table(data, reading, say)
    names = columns
    if columns is None and mixture.feature_names is not None and format_of(data).has_names:
        names = list(mixture.feature_names)
        missing = [name for name in names if name not in table.column_names]
        if missing:
            message = (
                f"{called(data)} must have the columns of the model ({', '.join(names)}), but lacks "
                f"{', '.join(missing)}. "
                "If they have other names there, list them with `--columns` in the order of the model."
            )
            raise InputError(message)
    table, rows, found = _numbers_of(table, data, names, reading)
    if len(found) != mixture.n_features:
        features = f" ({', '.join(mixture.feature_names)})" if mixture.feature_names else ""
        message = (
            f"The model has {mixture.n_features} features{features}, but {called(data)} gives {len(found)} columns "
            f"({', '.join(found)}). Choose {mixture.n_features} with `--columns`."
        )
        raise ShapeError(message)
    return table, rows, found


def _numbers_of(
    table: Table, data: Path, columns: list[str] | None, reading: Reading
) -> tuple[Table, FloatArray, tuple[str, ...]]:
    try:
        refuse_no_rows(table)
        features = features_of(table, columns, reading.ids)
        if features.said:
            say(f"{called(data)}: {features.said}")
        table = without_missing(table, features.names, reading)
        return table, *numeric_columns(table, features.names, gaps=reading.keep_missing)
    except InputError as error:
        message = f"{called(data)}: {error}"
        raise InputError(message) from error


def without_missing(table: Table, names: tuple[str, ...] | list[str], reading: Reading) -> Table:
    """Leave out the rows that lack a value, if so it is to be, and say how many they are.

    Raises
    ------
    InputError
        If none remains.
    """
    if not reading.drop_missing:
        return table
    is_complete = complete_rows(table, names)
    n_left_out = int((~is_complete).sum())
    if not n_left_out:
        return table
    shown = [str(row + 1) for row in (~is_complete).nonzero()[0][:5]]
    rows = f"row{'s' * (n_left_out > 1)} {', '.join(shown)}" + ", ..." * (n_left_out > len(shown))
    say(f"left out: {n_left_out} of {len(is_complete)} rows, which lack a value ({rows}; the first is 1)")
    if n_left_out == len(is_complete):
        message = f"A row must remain, but every one lacks a value in {listed(names)}. Choose other `--columns`."
        raise InputError(message)
    return table.filter(is_complete)
