"""Labels and responsibilities beside the rows that they belong to."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mixfold.errors import InputError, ShapeError
from mixfold.mixture import Mixture
from mixfold.tables import format_of, numeric_columns
from mixfold.tables.abstract import Table
from mixfold.typing import FloatArray, IntArray


def rows_for(mixture: Mixture, table: Table, path: Path, columns: list[str] | None) -> FloatArray:
    """Give the columns of a table that a model was made for.

    Parameters
    ----------
    mixture : Mixture
    table : pyarrow.Table
    path : Path
        Where the table came from. Columns are matched by name where both the model and the file have names, else by
        position among the columns of numbers.
    columns : list of str, optional
        The columns in the order of the model's features, whatever their names.

    Returns
    -------
    rows : ndarray of shape (n_rows, n_features)

    Raises
    ------
    InputError
        If a column is missing or cannot be used.
    ShapeError
        If there are more or fewer columns than features.
    """
    names = columns
    if columns is None and mixture.feature_names is not None and format_of(path).has_names:
        names = list(mixture.feature_names)
        missing = [name for name in names if name not in table.column_names]
        if missing:
            message = (
                f"{path} must have the columns of the model ({', '.join(names)}), but lacks {', '.join(missing)}. "
                "If they have other names there, list them with `--columns` in the order of the model."
            )
            raise InputError(message)
    rows, found = numeric_columns(table, names)
    if len(found) != mixture.n_features:
        features = f" ({', '.join(mixture.feature_names)})" if mixture.feature_names else ""
        message = (
            f"The model has {mixture.n_features} features{features}, but {path} gives {len(found)} columns "
            f"({', '.join(found)}). Choose {mixture.n_features} with `--columns`."
        )
        raise ShapeError(message)
    return rows


def with_assignments(table: Table, responsibilities: FloatArray) -> Table:
    """Put the columns label, responsibility_0, responsibility_1, ... to the right of a table.

    A name that the table has already gets underscores at its end.

    Examples
    --------
    >>> import pyarrow
    >>> table = with_assignments(pyarrow.table({"label": ["mine"]}), np.array([[0.25, 0.75]]))
    >>> table.to_pylist()
    [{'label': 'mine', 'label_': 1, 'responsibility_0': 0.25, 'responsibility_1': 0.75}]
    """
    table = with_column(table, "label", responsibilities.argmax(axis=1))
    for component, share in enumerate(responsibilities.T):
        table = with_column(table, f"responsibility_{component}", share)
    return table


def with_column(table: Table, name: str, values: FloatArray | IntArray) -> Table:
    """Put a column to the right of a table; a name that the table has already gets underscores at its end."""
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    while name in table.column_names:
        name += "_"
    return table.append_column(name, pa.array(np.ascontiguousarray(values)))
