"""Single values that keep columns from being numbers: all columns that have one are named at once."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mixfold.errors import InputError

NUMBER = r"^\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*$"
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
"""Numbers as 1,234: thousands, or decimals."""
SHOWN = 5
"""Row numbers of a column, and columns, that a message gives."""
FIRST_ROW = "the first row of data is 1"


@dataclass(frozen=True, slots=True)
class BadColumn:
    """A column that would hold numbers but for some values.

    Attributes
    ----------
    name : str
    held : str
        What it holds, and in which rows.
    value : str or None
        The first value that is no number; None if there is none, and the column is text all the same.
    """

    name: str
    held: str
    value: str | None

    @classmethod
    def of(cls, name: str, column: Any, cells: Cells) -> BadColumn | None:
        """Say what a column of text holds beside numbers; None if all are plain numbers."""
        if cells.n_others:
            where = ", ".join(str(row + 1) for row in cells.rows) + (", ..." if cells.n_others > SHOWN else "")
            value = cells.others[0]
            what = repr(value) if len(cells.others) == 1 else f"{value!r} and others"
            return cls(name, f"{what} in row{'s' * (cells.n_others > 1)} {where}", value)
        return _with_decimal_commas(name, column)


@dataclass(frozen=True, slots=True)
class Cells:
    """What a column of text holds.

    Attributes
    ----------
    n_numbers, n_others : int
    others : tuple of str
        The first hundred different values that are no numbers.
    rows : tuple of int
        The first `SHOWN` rows that hold one, from 0.
    """

    n_numbers: int
    n_others: int
    others: tuple[str, ...]
    rows: tuple[int, ...]

    @classmethod
    def of(cls, column: Any) -> Cells:
        """Look at all values."""
        import pyarrow.compute as pc  # noqa: PLC0415  (optional extra)

        text = column.cast("string")
        is_other = pc.fill_null(pc.invert(pc.match_substring_regex(text, NUMBER)), fill_value=False)
        rows = pc.indices_nonzero(is_other)
        others = tuple(pc.unique(text.filter(is_other)).slice(0, 100).to_pylist())
        n_numbers = len(text) - text.null_count - len(rows)
        return cls(n_numbers, len(rows), others, tuple(rows.slice(0, SHOWN).to_pylist()))


def _with_decimal_commas(name: str, column: Any) -> BadColumn | None:
    import pyarrow.compute as pc  # noqa: PLC0415  (optional extra)

    rows = pc.indices_nonzero(pc.match_substring(column.cast("string"), ",")).to_pylist()
    if not rows:
        return None
    value = column[rows[0]].as_py()
    return BadColumn(name, f"{value!r} in row {rows[0] + 1}", value)


def refuse_bad_columns(bad: Sequence[BadColumn], place: str = "") -> None:
    """Refuse columns that are numbers but for some values, all together.

    Parameters
    ----------
    bad : sequence of BadColumn
    place : str
        What the message begins with: the file.

    Raises
    ------
    InputError
        Naming the first `SHOWN` of them, what they hold, and what to do about it; nothing if there is none.

    Examples
    --------
    >>> refuse_bad_columns([BadColumn("a", "'?' in row 2", "?"), BadColumn("b", "'-' in row 9", "-")])
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: Columns must hold numbers, but 'a' holds '?' in row 2, 'b' holds '-' in row 9 (the \
first row of data is 1). Write `--missing '?' --missing -` and `--drop-missing` to leave such rows out, or \
`--keep-missing` to count them by what they have; mend the values; or choose other `--columns`.
    """
    if not bad:
        return
    values = [one.value for one in bad if one.value is not None]
    advice = f" ({FIRST_ROW}). {advice_on(*values)}" if values else ". Convert it, or name other columns."
    if len(bad) == 1:
        message = f"{place}Column {bad[0].name!r} must hold numbers, but holds {bad[0].held}{advice}"
    else:
        message = f"{place}Columns must hold numbers, but {named(bad)}{advice}"
    raise InputError(message)


def named(bad: Sequence[BadColumn], verb: str = "holds") -> str:
    """Give columns and what is wrong with each, `SHOWN` at most.

    Examples
    --------
    >>> named([BadColumn(name, "'?' in row 1", "?") for name in "abcdefg"])[-34:]
    "'e' holds '?' in row 1, and 2 more"
    """
    shown = ", ".join(f"{one.name!r} {verb} {one.held}" for one in bad[:SHOWN])
    n_more = len(bad) - SHOWN
    return shown + (f", and {n_more} more" if n_more > 0 else "")


def advice_on(*values: str) -> str:
    """Say what to do about values that are no numbers.

    Examples
    --------
    >>> advice_on("?")
    "Write `--missing '?'` and `--drop-missing` to leave such rows out, or `--keep-missing` to count them by what they \
have; mend the values; or choose other `--columns`."
    >>> advice_on("1,5")
    'If that is a number, write `--decimal ,`; else mend the values, or choose other `--columns`.'
    >>> advice_on("77,800")
    'If commas part thousands, leave them out of the file; if decimals follow them, write `--decimal ,`; or choose \
other `--columns`.'
    """
    if all(GROUPED.fullmatch(value) for value in values):
        return (
            "If commas part thousands, leave them out of the file; if decimals follow them, write `--decimal ,`; or "
            "choose other `--columns`."
        )
    if all(re.fullmatch(r"[+-]?\d*,\d+", value) for value in values):
        return "If that is a number, write `--decimal ,`; else mend the values, or choose other `--columns`."
    options = " ".join(f"--missing {shlex.quote(value)}" for value in dict.fromkeys(values))
    return (
        f"Write `{options}` and `--drop-missing` to leave such rows out, or `--keep-missing` to "
        "count them by what they have; mend the values; or choose other `--columns`."
    )
