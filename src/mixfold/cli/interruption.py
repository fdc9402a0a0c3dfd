"""What is said when a command is interrupted: what was kept, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def what_remains(options: Mapping[str, Any], began: float) -> str:
    """Say what an interrupted command leaves.

    Parameters
    ----------
    options : mapping
        Of the command, by the names of its parameters.
    began : float
        When it began, by `time.time`.

    Returns
    -------
    sentence : str

    Examples
    --------
    >>> from mixfold.cli.interruption import what_remains
    >>> what_remains({"checkpoint": None}, began=0.0)
    'nothing was written. With `--checkpoint`, the same command would go on from where it was.'
    """
    out, checkpoint = (options.get(name) for name in ("out", "checkpoint"))
    if out is not None and _was_written(Path(out), began):
        return f"its results are in {out}."
    if checkpoint is not None and _files(Path(checkpoint)):
        return f"its state is kept in {checkpoint}. Run the same command again to go on from there."
    hint = " With `--checkpoint`, the same command would go on from where it was."
    return "nothing was written." + (hint if checkpoint is None and "checkpoint" in options else "")


def _was_written(out: Path, began: float) -> bool:
    return any(path.stat().st_mtime >= began for path in _files(out))


def _files(place: Path) -> list[Path]:
    """Give a file, or those in a folder; results and states have no hidden ones."""
    if place.is_dir():
        return [path for path in place.iterdir() if path.is_file() and not path.name.startswith(".")]
    return [place] if place.exists() else []
