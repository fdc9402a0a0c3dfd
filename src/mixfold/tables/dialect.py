"""How a file of text is written: what stands between values, before decimals, and in the first line."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from mixfold.errors import InputError
from mixfold.tables.columns import MISSING_WORDS
from mixfold.tables.reading import Reading

HEAD_BYTES, HEAD_LINES = 2**18, 2000
"""What is looked at, at most."""
SPACES = re.compile(rb'("(?:[^"\n]|"")*")|[ \t]+')
NUMBERS = {
    decimal: re.compile(rf"[+-]?(?:\d+{point}?\d*|{point}\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|nan)", re.IGNORECASE)
    for decimal, point in ((".", r"\."), (",", ","))
}
NULLS = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "N/A", "NA", "NULL",
    "NaN", "n/a", "nan", "null",
)  # fmt: skip
"""What stands for a missing value without being told; pyarrow's own."""
DELIMITERS = (",", ";", "\t", "|", " ")
NAMED = {"\t": "tabs", " ": "spaces"}
YEARS = range(1000, 3000)


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""How a file of text is written.

    Attributes
    ----------
    delimiter : str
        A space stands for any number of spaces and tabs.
    decimal : str
    names : tuple of str
        Of the columns; made up where the file has none.
    has_names : bool
    n_lines_before : int
        Lines before the first row of data.
    said : tuple of str
        What was decided that a reader should know, in sentences.

    Examples
    --------
    >>> dialect = Dialect.of("size;weight\n1,5;2\n", ",", Reading())
    >>> dialect.delimiter, dialect.decimal, dialect.names
    (';', ',', ('size', 'weight'))
    >>> Dialect.of("1 2.5\n3 4.5\n", ",", Reading()).names
    ('x0', 'x1')
    """

    delimiter: str
    decimal: str
    names: tuple[str, ...]
    has_names: bool
    n_lines_before: int
    said: tuple[str, ...] = ()

    @classmethod
    def of(cls, head: str, usual: str, reading: Reading) -> Self:
        """Look at the first lines of a file.

        Parameters
        ----------
        head : str
        usual : str
            What stands between the values of a file of its suffix.
        reading : Reading
            What the caller knows of it.

        Raises
        ------
        InputError
            If its first line may be names or a row.
        """
        lines = head[:HEAD_BYTES].split("\n")
        n_before, comment = _n_lines_above(lines)
        told = re.fullmatch(r"(?i)sep=(.)\r?", lines[n_before]) if n_before < len(lines) else None
        if told:  # Excel's way to say it
            n_before += 1
            reading = replace(reading, delimiter=reading.delimiter or told[1])
        text = "\n".join(lines[n_before:][:HEAD_LINES])
        candidates = [
            found
            for order, delimiter in enumerate(_delimiters(usual, reading))
            for decimal in _decimals(delimiter, reading)
            if (found := _Candidate.of(text, delimiter, decimal, order)) is not None
        ]
        if not candidates:
            message = "there is no line in it; write the file again"
            raise InputError(message)
        best = max(candidates, key=lambda one: one.rank)
        if best.has_title and reading.header is not False:
            n_lines = n_before + best.n_lines_of_first
            below = cls.of("\n".join(lines[n_lines:]), usual, reading)
            title = f"left out above the table: {shown([cell for cell in best.rows[0] if cell.strip()])}"
            return replace(below, n_lines_before=n_lines + below.n_lines_before, said=(title, *below.said))
        said = best.said(usual, reading)
        if reading.header is None and best.n_columns > 1 and comment is not None:
            above = _rows(comment, best.delimiter)[0]
            if above and len(above[0]) == best.n_columns:
                names = tuple(name.strip() for name in above[0])
                said.append(f"the names of its columns come from the comment above them ({shown(names)})")
                return cls(best.delimiter, best.decimal, names, True, n_before, tuple(said))
        first, *rest = best.rows
        has_names = reading.header
        if has_names is None:
            has_names = names_columns(first, rest, best.decimal, reading.missing)
        if reading.header is None and _numeric(first, best.decimal):
            way, option = ("names", "--no-header") if has_names else ("a row", "--header")
            said.append(f"its first line ({shown(first)}) was taken for {way}; `{option}` takes it otherwise")
        n_lines_before = n_before + best.n_lines_of_first * has_names
        return cls(
            best.delimiter, best.decimal, best.names(has_names=has_names), has_names, n_lines_before, tuple(said)
        )

    def squeezed(self, block: bytes) -> bytes:
        """Give lines with one delimiter between values, where any number of spaces stands between them."""
        if self.delimiter != " ":
            return block
        lines = (line.strip(b" \t\r") for line in block.split(b"\n"))
        return SPACES.sub(lambda match: match[1] or b"\t", b"\n".join(lines))

    @property
    def parsed_delimiter(self) -> str:
        """What stands between values once they are `squeezed`."""
        return "\t" if self.delimiter == " " else self.delimiter


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to read the first lines."""

    delimiter: str
    decimal: str
    rows: list[list[str]]
    n_columns: int
    n_lines_of_first: int
    rank: tuple[float, ...]
    has_title: bool

    @classmethod
    def of(cls, text: str, delimiter: str, decimal: str, order: int) -> Self | None:
        rows, n_lines_of_first = _rows(text, delimiter)
        if not rows:
            return None
        rest = rows[1:] or rows
        n_columns, n_alike = Counter(map(len, rest)).most_common(1)[0]
        cells = [cell.strip() for row in rest if len(row) == n_columns for cell in row]
        cells = [cell for cell in cells if cell]
        numeric = sum(NUMBERS[decimal].fullmatch(cell) is not None for cell in cells) / max(len(cells), 1)
        has_title = n_columns > 1 and _begin_with_a_title(rows, decimal)
        first = rows[1] if has_title else rows[0]
        exact = len(first) == n_columns
        near = n_columns > 2 and len(first) == n_columns - 1
        likely = delimiter != " " or numeric > 0.5
        shape = likely * (2.0 * exact + 1.5 * near if n_columns > 1 else float(exact))
        rank = (shape, round(n_alike / len(rest), 1), round(numeric, 2), -order, float(decimal == "."))
        return cls(delimiter, decimal, rows, n_columns, n_lines_of_first, rank, has_title)

    def names(self, *, has_names: bool) -> tuple[str, ...]:
        """Give the names of the columns."""
        if not has_names:
            return tuple(f"x{position}" for position in range(self.n_columns))
        first, *rest = self.rows
        names = tuple(name.strip() for name in first)
        if len(names) != self.n_columns - 1:
            return names
        # One name less than there are columns: R does not name the names of rows, others end lines with a delimiter.
        last_is_empty = all(not row[-1].strip() for row in rest if len(row) == self.n_columns)
        return (*names, "") if last_is_empty else ("", *names)

    def said(self, usual: str, reading: Reading) -> list[str]:
        """Say what is not as usual."""
        said = []
        if self.delimiter != usual and reading.delimiter is None and self.n_columns > 1:
            said.append(f"read with {NAMED.get(self.delimiter, repr(self.delimiter))} between the values")
        if self.decimal != "." and reading.decimal is None:
            said.append("read with ',' before the decimals")
        return said


def _n_lines_above(lines: Sequence[str]) -> tuple[int, str | None]:
    """Count the empty lines and comments above a table, and give the last comment."""
    comment = None
    for number, line in enumerate(lines):
        if line.lstrip().startswith("#"):
            comment = line.lstrip().lstrip("#").rstrip("\r")
        elif line.strip():
            return number, comment
    return len(lines), comment


def _begin_with_a_title(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether names of columns follow the first line, which is one text or of another length than all below."""
    if len(rows) < 3:
        return False
    title, names, values = ([cell.strip() for cell in row] for row in rows[:3])
    is_alone = bool(title[0]) and not any(title[1:]) and not _numeric(title, decimal)
    is_of_no_column = len(title) != len(names) == len(values) and all(names) and bool(_numeric(values, decimal))
    return (is_alone or is_of_no_column) and sum(map(bool, names)) > 1 and not _numeric(names, decimal)


def _delimiters(usual: str, reading: Reading) -> Sequence[str]:
    if reading.delimiter is not None:
        return [reading.delimiter]
    return list(dict.fromkeys((usual, *DELIMITERS)))


def _decimals(delimiter: str, reading: Reading) -> Sequence[str]:
    if reading.decimal is not None:
        return [reading.decimal] if reading.decimal != delimiter else []
    return [decimal for decimal in (".", ",") if decimal != delimiter]


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], int]:
    """Give the rows that have values, and how many lines the first one has."""
    if delimiter == " ":
        text = re.sub(r"(?m)^[ \t]+|[ \t\r]+$", "", text)
        text = SPACES.sub(lambda match: match[1] or b"\t", text.encode()).decode()
        delimiter = "\t"
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=delimiter)
    rows: list[list[str]] = []
    n_lines_of_first = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                n_lines_of_first = n_lines_of_first if rows else reader.line_num
                rows.append(row)
    except csv.Error:  # a value of more characters than it takes: what came before will do
        pass
    if len(rows) > 2 and not text.endswith("\n"):
        rows.pop()  # cut off where the head ends
    return rows, n_lines_of_first


def names_columns(
    first: Sequence[str], rest: Sequence[Sequence[str]], decimal: str = ".", missing: Sequence[str] = ()
) -> bool:
    """Whether the first line names the columns.

    Raises
    ------
    InputError
        If it may be names or a row, or if the second line may be the names.

    Examples
    --------
    >>> names_columns(["size", "weight"], [["1", "2"]]), names_columns(["0.5", "2"], [["1", "2"]])
    (True, False)
    """
    cells = [cell.strip() for cell in first]
    numeric = _numeric(cells, decimal)
    if not numeric and _are_names_too(rest, decimal, missing):
        message = (
            f"its first two lines ({shown(first)}; {shown(rest[0])}) may both name the columns: take out a title above "
            "the names, or units below them"
        )
        raise InputError(message)
    if not numeric or _are_names([cell for cell in cells if cell], numeric, rest):
        return True
    if len(numeric) == len(cells) or not all(cell.lstrip("+-").isdigit() for cell in numeric):
        return False
    texts = [position for position, cell in enumerate(cells) if cell not in numeric]
    if rest and all(any(row[at].strip() == cells[at] for row in rest if len(row) > at) for at in texts):
        return False  # its words come again below
    message = (
        f"its first line ({shown(first)}) may be names or a row: write `--header` if it holds the names of the "
        "columns, or `--no-header` if it is a row; take out a title above the names"
    )
    raise InputError(message)


def _are_names_too(rest: Sequence[Sequence[str]], decimal: str, missing: Sequence[str]) -> bool:
    """Whether the line below the names has words, none that means missing, where all others have numbers."""
    if len(rest) < 3:
        return False
    second, *rows = rest
    rows = [row for row in rows if len(row) == len(second)]
    numbers = [at for at in range(len(second)) if rows and all(_numeric([row[at]], decimal) for row in rows)]
    words = {second[at].strip() for at in numbers}
    if any(word in {*NULLS, *missing} or word.lower() in MISSING_WORDS for word in words):
        return False
    return len(words) > 1 and len(words) == len(numbers) and not _numeric([*words], decimal)


def _numeric(cells: Sequence[str], decimal: str) -> list[str]:
    number = NUMBERS[decimal]
    return [cell for cell in map(str.strip, cells) if number.fullmatch(cell) and any(map(str.isdigit, cell))]


def _are_names(cells: Sequence[str], numeric: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether numbers are names: counted from 0, as pandas does, or years at equal distances."""
    if not all(cell.isdigit() for cell in numeric):
        return False
    values = [int(cell) for cell in numeric]
    steps = {after - before for before, after in pairwise(values)}
    whole = all(cell.strip().isdigit() for row in rest for cell in row)
    counted = values[0] == 0 and steps == {1} and len(values) == len(cells) and (len(values) > 2 or not whole)
    years = all(value in YEARS for value in values) and len(steps) == 1 and min(steps) > 0
    return counted or years


def shown(cells: Sequence[str]) -> str:
    """Give the first cells of a line for a message.

    Examples
    --------
    >>> shown(["a", "b", "c", "d", "e"])
    "'a', 'b', 'c', 'd', ..."
    """
    return ", ".join(map(repr, cells[:4])) + (", ..." if len(cells) > 4 else "")
