"""Files that a command writes: checked before any work."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import mkdtemp

from mixfold.atomic import MARK, finish_left_behind, folder_made
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
        with folder_made(folder, keep=False):
            finish_left_behind(folder)
            Path(mkdtemp(prefix=MARK, dir=folder)).rmdir()
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


def print_table(table: Table) -> None:
    """Write a table to standard output as CSV."""
    sys.stdout.write(Delimited(".csv", ",").text_of(table))
