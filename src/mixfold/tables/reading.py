"""How a table is to be read, where a caller knows better than the file says."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mixfold.errors import InputError

Say: TypeAlias = Callable[[str], None]
"""What is told in a sentence what was decided about a table."""

NAMED_DELIMITERS = {"tab": "\t", r"\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}


def nobody(said: str) -> None:
    """Listen to nothing.

    Parameters
    ----------
    said : str

    Examples
    --------
    >>> from mixfold.tables import nobody
    >>> nobody("read with ';' between the values")
    """
    del said


@dataclass(frozen=True, slots=True)
class Reading:
    r"""How a table is to be read; what is None is found in the file.

    Attributes
    ----------
    delimiter : str or None
        What stands between the values of a text file: one character, or ``"tab"`` or ``"space"`` (any number of them).
    decimal : str or None
        What stands before the decimals of a number: ``"."`` or ``","``.
    encoding : str or None
        Of a text file, such as ``"latin-1"``.
    sheet : str or None
        Of an .xlsx file: its name. The first by default.
    header : bool or None
        Whether the first line holds the names of the columns. Where it does not, they are x0, x1, ...
    missing : tuple of str
        What stands for a missing value in text files and sheets, beside nothing, ``NA``, ``nan`` and ``null``.
    drop_missing : bool
        Whether rows with a missing value in a column that is used are left out, instead of refused.
    ids : tuple of str
        Columns that identify the rows, and are no features.
    keep_missing : bool
        Whether rows with a missing value are kept, with NaN in its place, instead of refused.

    Raises
    ------
    InputError
        If one of them cannot be.

    Examples
    --------
    >>> from mixfold.tables import Reading
    >>> Reading(delimiter="tab").delimiter
    '\t'
    >>> Reading(decimal=";")
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: `decimal` must be '.' or ',', got ';'.
    """

    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    header: bool | None = None
    missing: tuple[str, ...] = ()
    drop_missing: bool = False
    ids: tuple[str, ...] = ()
    keep_missing: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.delimiter is not None:
            object.__setattr__(self, "delimiter", NAMED_DELIMITERS.get(self.delimiter, self.delimiter))
            if len(str(self.delimiter)) != 1 or str(self.delimiter) in '"\r\n':
                message = f"`delimiter` must be one character, 'tab' or 'space', got {self.delimiter!r}."
                raise InputError(message)
        if self.decimal not in {None, ".", ","}:
            message = f"`decimal` must be '.' or ',', got {self.decimal!r}."
            raise InputError(message)
        if self.decimal is not None and self.decimal == self.delimiter:
            message = f"`decimal` and `delimiter` must differ, but both are {self.decimal!r}."
            raise InputError(message)
        if self.keep_missing and self.drop_missing:
            message = (
                "Rows with missing values are kept or left out: give `--keep-missing` or `--drop-missing`, not both."
            )
            raise InputError(message)
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except LookupError as error:
                message = f"`encoding` must be one that Python knows, such as utf-8 or latin-1, got {self.encoding!r}."
                raise InputError(message) from error

    def options(self) -> dict[str, str]:
        """Give what the caller knows of how files are written, as the command line calls it.

        Examples
        --------
        >>> from mixfold.tables import Reading
        >>> Reading(delimiter=";", header=False).options()
        {'delimiter': '--delimiter', 'header': '--no-header'}
        """
        known = {name: getattr(self, name) for name in ("delimiter", "decimal", "encoding", "sheet", "header")}
        names = [name for name, value in known.items() if value is not None] + ["missing"] * bool(self.missing)
        return {name: "--no-header" if name == "header" and not self.header else f"--{name}" for name in names}


AS_FOUND = Reading()
"""Everything is found in the file."""
