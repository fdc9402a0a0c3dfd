"""Files that a command writes: checked before any work, and then all of them or none."""

from __future__ import annotations

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
    """Refuse a folder that cannot be written, or made; the only sure way to know is to try.

    Raises
    ------
    InputError
        Saying what is in the way.
    """
    try:
        with _made(folder, keep=False), TemporaryDirectory(prefix=".mixfold-", dir=folder):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"`--out` must be a folder that can be written, but {folder} is not: {reason}. Choose another one."
        raise InputError(message) from error


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
    with _made(folder, keep=True), TemporaryDirectory(prefix=".mixfold-", dir=folder) as name:
        unfinished = Path(name)
        yield unfinished
        for path in sorted(unfinished.iterdir()):
            path.replace(folder / path.name)


@contextmanager
def _made(folder: Path, *, keep: bool) -> Iterator[None]:
    """Make a folder and those above it; when the block fails, or nothing is to be kept, remove those that were made."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        keep = False
        raise
    finally:
        if not keep:
            for place in made:
                with suppress(OSError):
                    place.rmdir()


def print_table(table: Table) -> None:
    """Write a table to standard output as CSV."""
    sys.stdout.write(Delimited(".csv", ",").text_of(table))
