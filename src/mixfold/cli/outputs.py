"""Files that a command writes: checked before any work."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp

from mixfold.atomic import MARK, finish_left_behind, folder_made
from mixfold.cli.console import ERR, visible
from mixfold.errors import InputError
from mixfold.sources.arrow import files_of
from mixfold.tables import TABLE_FORMATS, format_of, write_table
from mixfold.tables.abstract import Table
from mixfold.tables.delimited import Delimited

OWN = {
    "fit": ("responsibilities.png", "convergence.png"),
    "fit --by": ("components.csv", "groups.csv"),
    "select": ("selection.csv", "selection.png", "entropy.png", "tree.png"),
    "anomalies": ("detector.safetensors", "anomalies.png"),
    "segment": ("legend.csv", "legend.png"),
}
"""What only one command writes into its folder, by which its results are known."""
SHARED = {
    "fit --by": (),
    "fit": ("model.safetensors", "clusters.png", "report.html"),
    "select": ("model.safetensors", "clusters.png", "report.html"),
    "anomalies": (),
    "segment": ("model.safetensors", "labels.png", "labels.npy", "means.png", "means.npy"),
}
"""What it writes beside that."""
TABLES = {"fit": "assignments", "fit --by": "assignments", "select": "assignments", "anomalies": "anomalies"}
"""How its table is called, before the suffix of the data."""


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


def results_in(folder: Path, command: str, suffix: str = ".csv") -> list[Path]:
    """Give the files that a command may write into its folder.

    Examples
    --------
    >>> [path.name for path in results_in(Path("results"), "anomalies", ".parquet")]
    ['detector.safetensors', 'anomalies.png', 'anomalies.parquet']
    """
    shared, table = SHARED[command], TABLES.get(command)
    return [folder / name for name in (*OWN[command], *shared, *([f"{table}{suffix}"] if table else []))]


def refuse_results_of_others(folder: Path, command: str, *, force: bool) -> None:
    """Refuse a folder with the results of another command, which would then be about another model.

    Raises
    ------
    InputError
        Naming the command.
    """
    for other, names in OWN.items():
        found = [name for name in names if (folder / name).exists()]
        if other != command and found and not force:
            message = (
                f"`--out` must be a folder of `mixfold {command}`, but {folder} holds what `mixfold {other}` wrote "
                f"({', '.join(found)}). Choose another folder, or add `--force` to put these results beside them."
            )
            raise InputError(message)


def refuse_inputs(
    outputs: Iterable[Path | None], inputs: Iterable[Path | None], *, replaced: Path | None = None
) -> None:
    """Refuse outputs that are read, or would be by the same command the next time.

    Parameters
    ----------
    outputs : iterable of Path or None
    inputs : iterable of Path or None
        Files, folders and patterns.
    replaced : Path, optional
        The one output that may be an input if `--force` is given, which it is not.

    Raises
    ------
    InputError
        Naming the output.

    Examples
    --------
    >>> refuse_inputs([Path("labels.csv")], [Path("rows.csv"), None])
    """
    written = [path for path in outputs if path is not None]
    for given in (path for path in inputs if path is not None):
        for output in written:
            if _is_read(output, given):
                part = f" as part of {given}" if output != given else ""
                force = ", or add `--force` to replace it" if output == replaced else ""
                message = (
                    f"{output} must not be written, because it is read{part}. Choose another name or folder{force}."
                )
                raise InputError(message)


def refuse_checkpoint_among(results: Iterable[Path], checkpoint: Path | None) -> None:
    """Refuse a checkpoint under the name of a result, which would replace it.

    Raises
    ------
    InputError
        Naming the file.
    """
    if checkpoint is not None and checkpoint.resolve() in {path.resolve() for path in results}:
        message = (
            f"`--checkpoint` must not be one of the results, got {checkpoint}. Choose another name, such as fit.npz."
        )
        raise InputError(message)


def _is_read(output: Path, given: Path) -> bool:
    if given.is_dir():
        below = output.resolve().relative_to(given.resolve()).parts if _is_below(output, given) else ()
        hidden = any(name.startswith((".", "_")) for name in below)
        return bool(below) and not hidden and _is_table(output)
    if given.is_file():
        return _is_same(output, given)
    if not any(character in str(given) for character in "*?["):
        return False  # there is no such file, which its reader says better
    return output.absolute().match(str(given.absolute())) or any(_is_same(output, path) for path in files_of(given))


def _is_same(output: Path, given: Path) -> bool:
    return output.exists() and output.samefile(given)


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _is_table(path: Path) -> bool:
    return path.name.lower().endswith(tuple(format_.suffix for format_ in TABLE_FORMATS))


def print_table(table: Table) -> None:
    """Write a table to standard output as CSV; a terminal gets to see control characters, not to obey them."""
    text = Delimited(".csv", ",").text_of(table)
    sys.stdout.write(visible(text) if sys.stdout.isatty() else text)


def deliver(table: Table, out: Path | None) -> None:
    """Write a table to a file, and say so; or to standard output, if there is none."""
    if out is None:
        print_table(table)
        return
    write_table(out, table)
    say_written(out, table.num_rows)


def say_written(out: Path, n_rows: int) -> None:
    """Say how many rows went into which file."""
    ERR.print(f"wrote {n_rows} row{'s' * (n_rows != 1)} to {out}", soft_wrap=True, markup=False)
