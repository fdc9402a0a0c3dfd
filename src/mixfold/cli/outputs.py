"""Files that a command writes: checked before any work, and then all of them or none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mixfold.errors import InputError
from mixfold.tables import format_of
from mixfold.tables.abstract import Table
from mixfold.tables.delimited import Delimited


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be written, or made.

    Raises
    ------
    InputError
        Saying what is in the way.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        message = f"`--out` must be a folder, but {there} is a file. Choose another name."
        raise InputError(message)
    if not os.access(there, os.W_OK | os.X_OK):
        message = f"`--out` must be a folder that can be written, but {there} is not. Choose another one."
        raise InputError(message)


def check_table(path: Path) -> None:
    """Refuse a path where no table can be written.

    Raises
    ------
    InputError
        If its suffix names no format, or its folder is missing or not writable.
    """
    format_of(path)
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir():
        message = f"`--out` must be a file in a folder that exists, got {path}. Make the folder {folder} first."
        if path.is_dir():
            message = f"`--out` must be a file, but {path} is a folder. Choose another name."
        raise InputError(message)
    check_folder(folder)


@contextmanager
def written_together(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write into, whose files move to `folder` when the block ends well.

    When it does not, nothing remains, not even `folder` if it was made here.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "results"
    >>> with written_together(folder) as unfinished:
    ...     _ = (unfinished / "note.txt").write_text("all of it")
    >>> [path.name for path in folder.iterdir()]
    ['note.txt']
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".mixfold-", dir=folder) as name:
            unfinished = Path(name)
            yield unfinished
            for path in sorted(unfinished.iterdir()):
                path.replace(folder / path.name)
    except BaseException:
        for place in made:
            with suppress(OSError):
                place.rmdir()
        raise


def print_table(table: Table) -> None:
    """Write a table to standard output as CSV."""
    sys.stdout.write(Delimited(".csv", ",").text_of(table))
