"""The contract of a table format: a file to a table and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, TypeAlias

from mixfold.errors import InputError

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

    def read(self, path: Path) -> Table:
        """Read all rows.

        Raises
        ------
        InputError
            If the file is truncated, corrupted or foreign.
        """

    def write(self, path: Path, table: Table) -> None:
        """Write all rows to a new file."""


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
        f"{path} must be a complete {kind} file, but it cannot be read: {str(reason).rstrip('.')}. "
        "Write the file again, or give it the suffix of what it holds."
    )
