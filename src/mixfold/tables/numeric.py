"""The numbers of a table, or the reason why they cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixfold.errors import InputError
from mixfold.tables.abstract import Schema, Table
from mixfold.typing import FloatArray

SHOWN = 5
"""Row numbers that a message gives."""


def numeric_columns(table: Table, columns: Sequence[str] | None = None) -> tuple[FloatArray, tuple[str, ...]]:
    """Take the numbers out of a table.

    Parameters
    ----------
    table : pyarrow.Table
    columns : sequence of str, optional
        Which ones, in the order wanted; by default all that hold numbers. Truth values, dates and text are no numbers.

    Returns
    -------
    rows : ndarray of shape (n_rows, n_columns)
        float64.
    names : tuple of str

    Raises
    ------
    InputError
        If there is no numeric column or no row, a column is unknown, named twice or not numeric, or a value is missing,
        NaN or infinite.

    Examples
    --------
    >>> import pyarrow
    >>> from mixfold.tables import numeric_columns
    >>> rows, names = numeric_columns(pyarrow.table({"name": ["u", "v"], "size": [1, 2]}))
    >>> names
    ('size',)
    >>> rows
    array([[1.],
           [2.]])
    """
    if table.num_rows == 0:
        message = f"The table must hold rows, but has only the names of its columns ({_listed(table.column_names)})."
        raise InputError(message + " Add rows.")
    names = chosen_names(table.schema, columns)
    rows = np.empty((table.num_rows, len(names)))  # (n, d)
    for position, name in enumerate(names):
        rows[:, position] = _numbers(table, name)
    return rows, tuple(names)


def chosen_names(schema: Schema, columns: Sequence[str] | None = None) -> list[str]:
    """Give the names of the columns to use: all that hold numbers, or those that are asked for.

    Parameters
    ----------
    schema : pyarrow.Schema
    columns : sequence of str, optional

    Returns
    -------
    names : list of str
        In the order of the table, or that in which they are asked for.

    Raises
    ------
    InputError
        If none holds numbers, or one that is asked for is unknown, named twice or not numeric.

    Examples
    --------
    >>> import pyarrow
    >>> from mixfold.tables import chosen_names
    >>> schema = pyarrow.schema([("name", pyarrow.string()), ("height", pyarrow.float64()), ("legs", pyarrow.int8())])
    >>> chosen_names(schema), chosen_names(schema, ["legs"])
    (['height', 'legs'], ['legs'])
    """
    if columns is None:
        names = [field.name for field in schema if is_numeric(field.type)]
        _refuse_repeated(schema, names)
        if not names:
            held = ", ".join(f"{field.name} ({field.type})" for field in list(schema)[:8])
            message = (
                f"The table must have a column of numbers, but its columns are {held}. Check delimiter and decimals."
            )
            raise InputError(message)
        return names
    if not columns:
        message = f"At least one column must be named; the columns are {_listed(schema.names)}."
        raise InputError(message)
    unknown = [name for name in columns if name not in schema.names]
    if unknown:
        message = f"There is no column {_listed(unknown)}; the columns are {_listed(schema.names)}."
        raise InputError(message)
    if len(set(columns)) < len(columns):
        message = f"Columns must be named once each, got {_listed(columns)}. Drop the repetition."
        raise InputError(message)
    _refuse_repeated(schema, columns)
    for name in columns:
        kind = schema.field(name).type
        if not is_numeric(kind):
            message = f"Column {name!r} must hold numbers, but holds {kind}. Convert it, or name other columns."
            raise InputError(message)
    return list(columns)


def _refuse_repeated(schema: Schema, names: Sequence[str]) -> None:
    repeated = sorted({name for name in names if schema.names.count(name) > 1})
    if repeated:
        message = f"Every column must have a name of its own, but {_listed(repeated)} occurs twice. Rename one."
        raise InputError(message)


def is_numeric(kind: object) -> bool:
    """Whether values of an Arrow type are numbers; truth values, dates and text are none.

    Parameters
    ----------
    kind : pyarrow.DataType

    Returns
    -------
    is_numeric : bool

    Examples
    --------
    >>> import pyarrow
    >>> from mixfold.tables import is_numeric
    >>> is_numeric(pyarrow.int8()), is_numeric(pyarrow.bool_())
    (True, False)
    """
    from pyarrow import types  # noqa: PLC0415  (optional extra)

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _numbers(table: Table, name: str) -> FloatArray:
    """Give a column as float64, all finite."""
    column = table.column(name).cast("float64", safe=False)
    values: FloatArray = column.to_numpy()  # null becomes NaN
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        counts = {
            "missing": column.null_count,
            "NaN": int(np.isnan(values).sum()) - column.null_count,
            "infinite": int(np.isinf(values).sum()),
        }
        what = " and ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        where = ", ".join(str(row + 1) for row in bad[:SHOWN]) + (", ..." if bad.size > SHOWN else "")
        message = (
            f"Column {name!r} must hold a finite number in every row, but has {what} value{'s' * (bad.size > 1)} "
            f"(row{'s' * (bad.size > 1)} {where}; the first row of data is 1). "
            "Drop or fill those rows, or choose other columns."
        )
        raise InputError(message)
    return values


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
