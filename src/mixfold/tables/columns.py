"""Which columns of a table are features, and why the others are not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixfold.errors import InputError
from mixfold.tables.abstract import Table
from mixfold.tables.bad_cells import BadColumn, Cells, refuse_bad_columns

MISSING_WORDS = frozenset(
    {"?", "-", "--", "---", ".", "..", "...", "*", "x", "na", "n.a.", "none", "nil", "missing", "unknown", "null"}
)
"""What people write where they have no number, in lower case."""
WITH_UNIT = re.compile(r"\s*(?:[$€£¥]\s*[+-]?[\d.,]+|[+-]?\d[\d.,]*\s*(?:%|[^\W\d_/]{1,3}|[$€£¥°]))\s*")
"""Numbers beside a currency, a percent sign or a unit of some letters."""
SPREADSHEET_ERROR = re.compile(r"#[A-Z0-9/]+[!?]?")
UNNAMED = re.compile(r"(Unnamed: \d+)?")
"""How pandas calls a column without a name."""
IDENTIFIER = re.compile(r"(?i:ids?|.*[_ .-]ids?)|.*[a-z]IDs?|.*[a-z]Id")
COUNTER = re.compile(r"(?i)index|idx|row|rows|row[_ .]?(names?|number|no|nr)|rownames|no\.?|nr\.?|number|obs|#|level_0")
COUNTING_ROWS = 20
"""Rows in which whole numbers that go up by one count them, whatever the column is called."""
LIKE_A_CALENDAR = 1.2
"""How many times the shortest a run of a calendar may be, as of the days of a month; those of groups differ more."""
PREDICTED = re.compile(r"(label|cluster|responsibility_\d+)_*")
FLAGGED = frozenset({"anomaly", "p_value", "log_density", "component", "unusual_feature", "expected_value"})


@dataclass(frozen=True, slots=True)
class Features:
    """The columns of a table that are features, and those that are not.

    Attributes
    ----------
    names : tuple of str
    left_out : mapping of str to str
        Names of other columns, and why they are no features: empty if the caller chose.

    Examples
    --------
    >>> import pyarrow
    >>> from mixfold.tables import features_of
    >>> table = pyarrow.table({"id": [1, 2], "kind": ["u", "v"], "size": [0.5, 1.5]})
    >>> features_of(table).said
    "left out: 'id' (identifies the rows), 'kind' (text); `--columns` chooses otherwise"
    """

    names: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """What is left out, in a sentence; empty if there is nothing."""
        if not self.left_out:
            return ""
        by_reason: dict[str, list[str]] = {}
        for name, reason in self.left_out.items():
            by_reason.setdefault(reason, []).append(name)
        shown = [f"{listed(names)} ({reason})" for reason, names in by_reason.items()]
        return f"left out: {', '.join(shown)}; `--columns` chooses otherwise"


def features_of(table: Table, columns: Sequence[str] | None = None, ids: Sequence[str] = ()) -> Features:
    """Choose the features of a table.

    Parameters
    ----------
    table : pyarrow.Table
    columns : sequence of str, optional
        Which ones, in the order wanted. By default all that hold numbers, but columns without a name, of line numbers
        or identifiers, and those that an earlier prediction added.
    ids : sequence of str
        Columns that identify the rows and are no features.

    Returns
    -------
    features : Features

    Raises
    ------
    InputError
        If there is no feature, a column is unknown, named twice or not numeric, or if single values keep a column from
        being numeric.

    Examples
    --------
    >>> import pyarrow
    >>> from mixfold.tables import features_of
    >>> table = pyarrow.table({"name": ["u", "v"], "height": [1.5, 1.75], "legs": [2, 4]})
    >>> features_of(table).names, features_of(table, ["legs"]).names
    (('height', 'legs'), ('legs',))
    >>> features_of(pyarrow.table({"height": ["1.5", "?", "1.75"]}))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: Column 'height' must hold numbers, but holds '?' in row 2 (the first row of data is 1)...
    """
    _refuse_unknown(table, [*(columns or ()), *ids])
    if columns is not None:
        return Features(_asked_for(table, columns, ids))
    reasons = {name: _reason(table, name, ids) for name in table.column_names}
    refuse_bad_columns([reason for reason in reasons.values() if isinstance(reason, BadColumn)])
    left_out = {name: reason for name, reason in reasons.items() if isinstance(reason, str)}
    names = [name for name in table.column_names if name not in left_out]
    _refuse_repeated(table, names)
    if not names:
        held = ", ".join(f"{name!r} ({reason})" for name, reason in list(left_out.items())[:8])
        message = (
            f"The table must have a column of numbers, but its columns are {held}. Say how it is written with "
            "`--delimiter` and `--decimal`, or choose with `--columns`."
        )
        raise InputError(message)
    return Features(tuple(names), left_out)


def _asked_for(table: Table, columns: Sequence[str], ids: Sequence[str]) -> tuple[str, ...]:
    if not columns:
        message = f"At least one column must be named; the columns are {listed(table.column_names)}."
        raise InputError(message)
    if len(set(columns)) < len(columns):
        message = f"Columns must be named once each, got {listed(columns)}. Drop the repetition."
        raise InputError(message)
    both = [name for name in columns if name in ids]
    if both:
        message = f"A column must be a feature or an identifier, but {listed(both)} is named as both. Choose one."
        raise InputError(message)
    _refuse_repeated(table, columns)
    kinds = {name: table.schema.field(name).type for name in columns}
    refuse_bad_columns([_bad(name, table.column(name)) for name, kind in kinds.items() if not is_numeric(kind)])
    return tuple(columns)


def _bad(name: str, column: Any) -> BadColumn:
    """Say why a column that is asked for can not be taken."""
    if not is_text(column.type):
        return BadColumn(name, str(column.type), None)
    return BadColumn.of(name, column, Cells.of(column)) or BadColumn(name, "them as text", None)


def _refuse_unknown(table: Table, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in table.column_names]
    if unknown:
        message = f"There is no column {listed(unknown)}; the columns are {listed(table.column_names)}."
        by_case = {name.casefold().strip(): name for name in table.column_names}
        meant = [by_case[key] for key in (name.casefold().strip() for name in unknown) if key in by_case]
        if meant:
            message += f" Capitals and spaces count: write {listed(meant)}."
        if any("," in name for name in table.column_names):
            message += " Write those with commas in quotes of their own: `--columns '\"a, b\",c'`."
        raise InputError(message)


def _refuse_repeated(table: Table, names: Sequence[str]) -> None:
    repeated = sorted({name for name in names if table.column_names.count(name) > 1})
    if repeated:
        message = f"Every column must have a name of its own, but {listed(repeated)} occurs twice. Rename one."
        raise InputError(message)


def _reason(table: Table, name: str, ids: Sequence[str]) -> str | BadColumn | None:
    """Say why a column is no feature; None if it is one."""
    by_name = _reason_by_name(table, name, ids)
    if by_name is not None or table.column_names.count(name) > 1:
        return by_name
    return _reason_by_values(name, table.column(name))


def _reason_by_name(table: Table, name: str, ids: Sequence[str]) -> str | None:
    if name in ids:
        return "identifies the rows"
    if UNNAMED.fullmatch(name):
        return "has no name"
    if PREDICTED.fullmatch(name) and "responsibility_0" in table.column_names:
        return "of an earlier prediction"
    if name in FLAGGED and {"anomaly", "log_density", "component"} <= set(table.column_names):
        return "of an earlier search for anomalies"
    return None


def _reason_by_values(name: str, column: Any) -> str | BadColumn | None:
    from pyarrow import types  # noqa: PLC0415  (optional extra)

    kind = column.type
    if types.is_null(kind) or (column.null_count == len(column) and len(column)):
        return "is empty"
    if is_text(kind):
        return _text(name, column)
    if not is_numeric(kind):
        return "dates or times" if types.is_temporal(kind) else "truth values" if types.is_boolean(kind) else str(kind)
    if types.is_integer(kind) and name == "label":
        return "labels"
    if types.is_integer(kind) and _identifies(name, column):
        return "identifies the rows"
    return "counts the rows of each group anew" if types.is_integer(kind) and _counts_anew(name, column) else None


def _text(name: str, column: Any) -> str | BadColumn:
    """Say of a column of text that it is one, or which single values keep it from being numbers."""
    cells = Cells.of(column)
    if not cells.n_others:
        return BadColumn.of(name, column, cells) or "numbers kept as text"
    rarely = {value for value in cells.others if not _is_missing_word(value)}
    if cells.n_numbers and (2 * cells.n_numbers >= cells.n_numbers + cells.n_others or not rarely):
        return BadColumn.of(name, column, cells) or "text"
    if not cells.n_numbers and all(WITH_UNIT.fullmatch(value) for value in cells.others):
        return f"numbers with what is no number beside them, as {cells.others[0]!r}"
    return "text" if not cells.n_numbers else f"text, though {cells.n_numbers} values are numbers"


def _is_missing_word(value: str) -> bool:
    return value.strip().lower() in MISSING_WORDS or SPREADSHEET_ERROR.fullmatch(value.strip()) is not None


def _identifies(name: str, column: Any) -> bool:
    may_count = len(column) >= COUNTING_ROWS or COUNTER.fullmatch(name) is not None
    return (may_count and _counts(column)) or (IDENTIFIER.fullmatch(name) is not None and _differ(column))


def _counts(column: Any) -> bool:
    """Whether whole numbers go up by one from row to row."""
    values = column.to_numpy()
    return column.null_count == 0 and len(values) > 1 and bool((values[1:] - values[:-1] == 1).all())


def _counts_anew(name: str, column: Any) -> bool:
    """Whether whole numbers go up by one from row to row, and begin anew for each group of rows.

    What begins anew after as many rows each time, as hours and days do, says when a row was, unless its name counts.
    """
    values = column.to_numpy()
    if column.null_count or len(values) < 2 or values[0] not in {0, 1}:
        return False
    begins = np.flatnonzero(values == values[0])
    if len(begins) < 2 or not np.all((np.diff(values) == 1) | (values[1:] == values[0])):
        return False
    lengths = np.diff(np.append(begins, len(values)))
    of_groups = np.mean(lengths) >= COUNTING_ROWS and np.max(lengths) > LIKE_A_CALENDAR * np.min(lengths[:-1])
    return bool(of_groups) or COUNTER.fullmatch(name) is not None


def _differ(column: Any) -> bool:
    """Whether no value comes twice."""
    import pyarrow.compute as pc  # noqa: PLC0415  (optional extra)

    return bool(column.null_count == 0 and pc.count_distinct(column).as_py() == len(column))


def is_text(kind: object) -> bool:
    """Whether values of an Arrow type are text.

    Examples
    --------
    >>> import pyarrow
    >>> is_text(pyarrow.string()), is_text(pyarrow.int8())
    (True, False)
    """
    from pyarrow import types  # noqa: PLC0415  (optional extra)

    inner = kind.value_type if types.is_dictionary(kind) else kind  # type: ignore[attr-defined]
    return bool(types.is_string(inner) or types.is_large_string(inner) or types.is_string_view(inner))


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


def listed(names: Sequence[str]) -> str:
    """Give names for a message, a dozen at most.

    Examples
    --------
    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    shown = ", ".join(repr(name) for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
