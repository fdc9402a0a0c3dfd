"""What several subcommands ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from mixfold.errors import InputError

Data: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="The table: .csv, .tsv (also .gz), .parquet, .arrow, .feather or .npy; `fit` and `predict` also take a "
        "folder of such files, a pattern in quotes, .h5, .hdf5 and .zarr. These and large files are read in pieces.",
    ),
]
WholeTable: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", help="The table, one file: .csv, .tsv (also .gz), .parquet, .arrow, .feather or .npy."
    ),
]
Model: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL", help="A model that `mixfold fit`, `select` or `segment` wrote: .safetensors or .json."
    ),
]
Columns: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME,NAME,...", help="Columns to use; by default all that hold numbers.")
]
Seed: TypeAlias = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="Begin of the random numbers: the same seed gives the same result.")
]
Report: TypeAlias = Annotated[
    bool, typer.Option("--report", help="Write report.html too: one page with charts, for any browser.")
]

Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Write although results of another command are there.")]


def not_zero(value: int) -> int:
    """Refuse zero, which is no number of threads."""
    if value == 0:
        message = "must be at least 1, or -1 for all cores, got 0."
        raise typer.BadParameter(message)
    return value


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """Give a check that an option has one of the names."""
    allowed = list(names)

    def check(value: str) -> str:
        if value not in allowed:
            message = f"must be one of {', '.join(allowed)}, got {value!r}."
            raise typer.BadParameter(message)
        return value

    return check


def listed_names(columns: str | None) -> list[str] | None:
    """Give the names of a comma-separated list; None where there is none.

    Raises
    ------
    InputError
        If a name is empty.

    Examples
    --------
    >>> listed_names("width, length")
    ['width', 'length']
    """
    if columns is None:
        return None
    names = [name.strip() for name in columns.split(",")]
    if not all(names):
        message = (
            f"`--columns` must be names with commas between them, got {columns!r}. Write `--columns width,length`."
        )
        raise InputError(message)
    return names
