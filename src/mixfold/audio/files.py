"""The sound files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mixfold.errors import InputError

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", ".au")


def recordings_below(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Give files as they are, and for each folder the sound files in it and below it, in the order of their names.

    Parameters
    ----------
    paths : iterable of path
        Files and folders.

    Returns
    -------
    files : list of Path

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    InputError
        If a folder has no sound file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold.audio import recordings_below
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("b.wav", "a.WAV", "notes.txt"):
    ...     (folder / name).touch()
    >>> [path.name for path in recordings_below([folder])]
    ['a.WAV', 'b.wav']
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            within = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
            if not within:
                message = f"The folder {path} must hold recordings ({', '.join(SUFFIXES)}), but has none."
                raise InputError(message)
            found += within
        elif path.exists():
            found.append(path)
        else:
            message = f"There is no recording {path}. Check the path."
            raise FileNotFoundError(message)
    return found
