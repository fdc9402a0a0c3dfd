"""The numbers of a table, or the reason why they cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixfold.errors import InputError
from mixfold.tables.abstract import Table
from mixfold.tables.columns import SHOWN, features_of, listed
from mixfold.typing import BoolArray, FloatArray


def numeric_columns(
    table: Table, columns: Sequence[str] | None = None, *, gaps: bool = False
) -> tuple[FloatArray, tuple[str, ...]]:
    """Take the numbers out of a table.

    Parameters
    ----------
    table : pyarrow.Table
    columns : sequence of str, optional
        Which ones, in the order wanted; by default those that `features_of` chooses.
    gaps : bool
        Whether values may be missing, which become NaN.

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
    refuse_no_rows(table)
    names = features_of(table, columns).names
    rows = np.empty((table.num_rows, len(names)))  # (n, d)
    for position, name in enumerate(names):
        rows[:, position] = _numbers(table, name, gaps=gaps)
    return rows, names


def refuse_no_rows(table: Table) -> None:
    """Refuse a table that has names only.

    Parameters
    ----------
    table : pyarrow.Table

    Raises
    ------
    InputError
        If it has no row.

    Examples
    --------
    >>> import pyarrow
    >>> from mixfold.tables import refuse_no_rows
    >>> refuse_no_rows(pyarrow.table({"a": [1.0]}))
    """
    if table.num_rows == 0:
        message = f"The table must hold rows, but has only the names of its columns ({listed(table.column_names)})."
        raise InputError(message + " Add rows.")


def complete_rows(table: Table, names: Sequence[str]) -> BoolArray:
    """Say which rows have a value in each of some columns of numbers.

    Parameters
    ----------
    table : pyarrow.Table
    names : sequence of str

    Returns
    -------
    is_complete : ndarray of bool of shape (n_rows,)

    Examples
    --------
    >>> import pyarrow
    >>> from mixfold.tables import complete_rows
    >>> complete_rows(pyarrow.table({"a": [1.0, None], "b": [None, 2.0]}), ["a"])
    array([ True, False])
    """
    is_complete = np.ones(table.num_rows, dtype=bool)
    for name in names:
        is_complete &= ~np.isnan(table.column(name).cast("float64", safe=False).to_numpy())
    return is_complete


def _numbers(table: Table, name: str, *, gaps: bool) -> FloatArray:
    """Give a column as float64, all finite or, with `gaps`, missing."""
    column = table.column(name).cast("float64", safe=False)
    values: FloatArray = column.to_numpy()  # null becomes NaN
    bad = np.flatnonzero(np.isinf(values) if gaps else ~np.isfinite(values))
    if bad.size:
        counts = {
            "missing": column.null_count,
            "NaN": int(np.isnan(values).sum()) - column.null_count,
            "infinite": int(np.isinf(values).sum()),
        }
        what = " and ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        where = ", ".join(str(row + 1) for row in bad[:SHOWN]) + (", ..." if bad.size > SHOWN else "")
        advice = (
            "Fill or drop those rows"
            if counts["infinite"]
            else "`--drop-missing` leaves those rows out, `--keep-missing` counts them by what they have; fill them"
        )
        message = (
            f"Column {name!r} must hold a finite number in every row, but has {what} value{'s' * (bad.size > 1)} "
            f"(row{'s' * (bad.size > 1)} {where}; the first row of data is 1). {advice}, or choose other columns."
        )
        raise InputError(message)
    return values
