"""What several subcommands ask for."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from mixfold.errors import InputError
from mixfold.tables import Reading


def flag(name: str, text: str, **more: Any) -> Any:
    """Give an option that takes no value, whose help therefore names none."""
    return typer.Option(name, metavar="", help=text, **more)


FORMATS = ".csv, .tsv, .txt (also .gz), .parquet, .arrow, .feather, .xlsx or .npy; - for text from standard input"
Data: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help=f"The table: {FORMATS}. Also a folder of such files, a pattern in quotes, .h5, .hdf5 and .zarr: these and "
        "large files are read in pieces.",
    ),
]
WholeTable: TypeAlias = Annotated[Path, typer.Argument(metavar="DATA", help=f"The table, one file: {FORMATS}.")]
Model: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL", help="A model that `mixfold fit`, `select` or `segment` wrote: .safetensors or .json."
    ),
]
Columns: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME,...",
        help="Columns to use, those with commas in quotes; by default all of numbers that do not number the rows.",
    ),
]
Seed: TypeAlias = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="Begin of the random numbers: the same seed gives the same result.")
]
Report: TypeAlias = Annotated[bool, flag("--report", "Write report.html too: one page with charts, for any browser.")]

Json: TypeAlias = Annotated[
    bool,
    flag("--json", "Print everything as one JSON document, and nothing else on standard output."),
]
Force: TypeAlias = Annotated[bool, flag("--force", "Write although results of another command are there.")]


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


READING = "Reading the table"
KEEPS = "em"
"""As what estimators are passed as `missing`: no text, but what is done with missing values."""
READING_OPTIONS: dict[str, tuple[Any, Any, Any]] = {
    "header": (
        bool | None,
        None,
        flag("--header/--no-header", "Whether the first line holds names.", show_default="found",
            rich_help_panel=READING,
        ),
    ),
    "delimiter": (
        str | None,
        None,
        typer.Option(
            metavar="CHARACTER|tab|space", help="What stands between values.", show_default="found",
            rich_help_panel=READING,
        ),
    ),
    "decimal": (
        str | None,
        None,
        typer.Option(metavar=".|,", help="What stands before decimals.", show_default="found", rich_help_panel=READING),
    ),
    "encoding": (
        str | None,
        None,
        typer.Option(metavar="NAME", help="Of text: latin-1, say.", show_default="utf-8", rich_help_panel=READING),
    ),
    "sheet": (
        str | None,
        None,
        typer.Option(metavar="NAME", help="Of an .xlsx file.", show_default="the first", rich_help_panel=READING),
    ),
    "missing": (
        list[str] | None,
        None,
        typer.Option(
            metavar="TEXT", help="What stands for a missing value; may be repeated. 'em' is --keep-missing.",
            rich_help_panel=READING,
        ),
    ),
    "drop_missing": (
        bool,
        False,
        flag("--drop-missing", "Leave out rows with missing values.", rich_help_panel=READING),
    ),
    "keep_missing": (
        bool,
        False,
        flag(
            "--keep-missing", "Keep rows with missing values: they count by the values that they have.",
            rich_help_panel=READING,
        ),
    ),
    "id": (
        str | None,
        None,
        typer.Option(
            metavar="NAME,NAME,...", help="Columns that identify rows, and are not used.", rich_help_panel=READING
        ),
    ),
}  # fmt: skip


def reads_tables(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command with a parameter `reading` the options of all commands that read tables.

    Parameters
    ----------
    command : callable
        Gets them as one `Reading`.

    Returns
    -------
    command : callable
        With an option in the place of each.
    """

    @functools.wraps(command)
    def run(*arguments: Any, **named: Any) -> None:
        given = {name: named.pop(name) for name in READING_OPTIONS}
        ids = tuple(listed_names(given.pop("id"), "--id") or ())
        texts = given.pop("missing") or ()
        given["keep_missing"] |= KEEPS in texts
        missing = tuple(text for text in texts if text != KEEPS)
        command(*arguments, reading=Reading(**given, missing=missing, ids=ids), **named)

    signature = inspect.signature(command, eval_str=True)
    own = [parameter for name, parameter in signature.parameters.items() if name != "reading"]
    parameters = own + [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])
        for name, (kind, default, option) in READING_OPTIONS.items()
    ]
    vars(run)["__signature__"] = signature.replace(parameters=parameters)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def listed_names(columns: str | None, option: str = "--columns") -> list[str] | None:
    """Give the names of a comma-separated list; None where there is none.

    Raises
    ------
    InputError
        If a name is empty.

    Examples
    --------
    >>> listed_names("width, length")
    ['width', 'length']
    >>> listed_names('"width, in cm",length')
    ['width, in cm', 'length']
    """
    if columns is None:
        return None
    names = []
    for token in re.findall(r"\s*(\"(?:[^\"]|\"\")*\"|[^,]*?)\s*(?:,|$)", columns + ",")[:-1]:
        is_quoted = len(token) > 1 and token[0] == token[-1] == '"'
        if not token:
            message = (
                f"`{option}` must be names with commas between them, got {columns!r}. Write `{option} width,length`, "
                "and names with commas in quotes."
            )
            raise InputError(message)
        names.append(token[1:-1].replace('""', '"') if is_quoted else token)
    return names


def as_written(names: Iterable[str]) -> str:
    """Give names as `listed_names` reads them.

    Examples
    --------
    >>> as_written(["width, in cm", "length"])
    '"width, in cm", length'
    """
    return ", ".join('"' + name.replace('"', '""') + '"' if not name or "," in name else name for name in names)
