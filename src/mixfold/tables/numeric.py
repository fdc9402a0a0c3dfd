"""The numbers of a table, or the reason why they cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixfold.errors import InputError
from mixfold.tables.abstract import Table
from mixfold.tables.bad_cells import FIRST_ROW, SHOWN, BadColumn, named
from mixfold.tables.columns import features_of, listed
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
        rows[:, position] = table.column(name).cast("float64", safe=False).to_numpy()  # null becomes NaN
    is_bad = np.isinf(rows) if gaps else ~np.isfinite(rows)
    if is_bad.any():
        bad = [
            _bad(name, table.column(name).null_count, *pair)
            for name, *pair in zip(names, rows.T, is_bad.T, strict=True)
        ]
        _refuse_values([one for one in bad if one is not None], has_infinite=bool(np.isinf(rows).any()))
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


def _bad(name: str, n_missing: int, values: FloatArray, is_bad: BoolArray) -> BadColumn | None:
    """Say how many values of a column are no finite numbers, and where; None if all are."""
    bad = np.flatnonzero(is_bad)
    if not bad.size:
        return None
    n_infinite = int(np.isinf(values).sum())
    counts = {"missing": n_missing, "NaN": int(np.isnan(values).sum()) - n_missing, "infinite": n_infinite}
    what = " and ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    where = ", ".join(str(row + 1) for row in bad[:SHOWN]) + (", ..." if bad.size > SHOWN else "")
    s = "s" * (bad.size > 1)
    return BadColumn(name, f"{what} value{s} (row{s} {where})", None)


def _refuse_values(bad: Sequence[BadColumn], *, has_infinite: bool) -> None:
    advice = (
        "Fill or drop those rows"
        if has_infinite
        else "`--drop-missing` leaves those rows out, `--keep-missing` counts them by what they have; fill them"
    )
    if len(bad) == 1:
        what = (
            f"Column {bad[0].name!r} must hold a finite number in every row, but has {bad[0].held[:-1]}; {FIRST_ROW})"
        )
    else:
        what = f"Columns must hold a finite number in every row, but {named(bad, 'has')}; {FIRST_ROW}"
    message = f"{what}. {advice}, or choose other columns."
    raise InputError(message)
