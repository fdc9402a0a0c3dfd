"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path to write to that becomes `path` when the block ends well, and vanishes when it does not.

    The temporary file lies in the same folder and keeps the suffix of `path`, by which many writers choose a format.

    Parameters
    ----------
    path : path
        Of the file to be.

    Yields
    ------
    unfinished : Path

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold.atomic import written_whole
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with written_whole(target) as path:
    ...     _ = path.write_text("all of it")
    >>> target.read_text()
    'all of it'
    """
    target = Path(path)
    unfinished = target.with_name(f".{target.stem}-{secrets.token_hex(4)}{target.suffix}")
    try:
        yield unfinished
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
