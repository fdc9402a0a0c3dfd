"""The contract of a table format: a file to a table and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from mixfold.errors import InputError
from mixfold.tables.reading import AS_FOUND, Reading, Say, nobody

Table: TypeAlias = Any
"""A `pyarrow.Table`, which publishes no types."""
Schema: TypeAlias = Any
"""A `pyarrow.Schema`."""


class TableFormat(Protocol):
    """Reads and writes tables of one kind of file.

    Attributes
    ----------
    suffix : str
        How the names of such files end.
    has_names : bool
        Whether the file names its columns. Where it does not they are called x0, x1, ... in their order.
    heeds : frozenset of str
        What of a `Reading` matters to it, beside `drop_missing` and `ids`, which matter to all.

    Examples
    --------
    >>> from mixfold.tables import TableFormat, format_of
    >>> form: TableFormat = format_of("rows.npy")
    >>> form.suffix, form.has_names
    ('.npy', False)
    """

    @property
    def suffix(self) -> str:
        """How the names of such files end."""

    @property
    def has_names(self) -> bool:
        """Whether the file names its columns."""

    @property
    def heeds(self) -> frozenset[str]:
        """What of a `Reading` matters to it."""

    def read(self, path: Path, reading: Reading = AS_FOUND, say: Say = nobody) -> Table:
        """Read all rows; `say` is told in a sentence what was decided.

        Raises
        ------
        InputError
            If the file is truncated, corrupted or foreign.
        """

    def write(self, path: Path, table: Table) -> None:
        """Write all rows to a new file."""


STANDARD_INPUT = "-"
"""The path of what is read from standard input."""


def called(path: Path) -> str:
    """Give what a table is called in messages.

    Examples
    --------
    >>> called(Path("heights.csv")), called(Path("-"))
    ('heights.csv', 'standard input')
    """
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


def unreadable(path: Path, kind: str, reason: object) -> InputError:
    """Give the one error for files that are not what their name says.

    Parameters
    ----------
    path : Path
    kind : str
        What the file should be.
    reason : object
        What the reader said.

    Returns
    -------
    error : InputError
        To be raised.

    Examples
    --------
    >>> from pathlib import Path
    >>> from mixfold.tables import unreadable
    >>> str(unreadable(Path("heights.csv"), "CSV", "its second line is cut off")).partition(". ")[0]
    'heights.csv must be a complete CSV file, but it cannot be read: its second line is cut off'
    """
    return InputError(
        f"{called(path)} must be a complete {kind} file, but it cannot be read: {str(reason).rstrip('.')}. "
        "Write the file again, or give it the suffix of what it holds."
    )


@contextmanager
def damage_named(path: Path, kind: str) -> Iterator[None]:
    """Turn what pyarrow says of a damaged file into the one error that names it.

    Parameters
    ----------
    path : Path
    kind : str
        What the file should be.

    Yields
    ------
    None
        The block reads the file.

    Raises
    ------
    InputError
        Naming the file.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pyarrow
    >>> from mixfold.tables import damage_named
    >>> with damage_named(Path("heights.parquet"), ".parquet"):  # doctest: +ELLIPSIS
    ...     raise pyarrow.ArrowInvalid("no magic bytes")
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: heights.parquet must be a complete .parquet file, but it cannot be read: no magic ...
    """
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    try:
        yield
    except MemoryError as error:  # pyarrow's own is one, too
        message = f"{path} must fit into memory, but asks for more than there is: {error}. Read a part of it."
        raise InputError(message) from error
    except (pa.ArrowException, UnicodeDecodeError, SystemError) as error:
        raise unreadable(path, kind, error) from error
    except OSError as error:
        if error.errno is not None:  # the system's own: it can not be opened
            raise
        raise unreadable(path, kind, error) from error
