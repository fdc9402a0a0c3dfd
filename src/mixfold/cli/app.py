"""The program: its subcommands under one name."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from mixfold.cli.subcommands import Subcommands

app = typer.Typer(
    cls=Subcommands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with `mixfold demo`, then `mixfold fit your-table.csv --components 3 --out results`.",
)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"mixfold {version('mixfold')}")
        raise typer.Exit


@app.callback()
def about(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            help="Show the version.",
            is_eager=True,
            callback=lambda wanted: _print_version(wanted=wanted),
        ),
    ] = False,
) -> None:
    """Find clusters in a table with Gaussian mixture models."""
