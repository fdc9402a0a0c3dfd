"""Labels and responsibilities beside the rows that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mixfold.tables.abstract import Table
from mixfold.typing import FloatArray, IntArray


def with_assignments(table: Table, responsibilities: FloatArray, labels: IntArray | None = None) -> Table:
    """Put the columns label, responsibility_0, responsibility_1, ... to the right of a table.

    Labels are those of the largest responsibility unless they are given.

    Examples
    --------
    >>> import pyarrow
    >>> table = with_assignments(pyarrow.table({"label": ["mine"]}), np.array([[0.25, 0.75]]))
    >>> table.to_pylist()
    [{'label': 'mine', 'label_': 1, 'responsibility_0': 0.25, 'responsibility_1': 0.75}]
    """
    new = {"label": responsibilities.argmax(axis=1) if labels is None else labels}
    new |= {f"responsibility_{component}": share for component, share in enumerate(responsibilities.T)}
    return with_columns(table, new)


def with_columns(table: Table, new: Mapping[str, Any]) -> Table:
    """Put columns to the right of a table; a name that it has already gets underscores at its end."""
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    for name, values in new.items():
        while name in table.column_names:
            name += "_"  # noqa: PLW2901
        table = table.append_column(name, pa.array(np.ascontiguousarray(values)))
    return table
