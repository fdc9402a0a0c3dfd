"""The subcommands, each read from its file when it is run: the list of them is there at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any, final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from mixfold.cli.console import print_error, print_interruption
from mixfold.cli.interruption import what_remains

INTERRUPTED = 130
"""The exit code of a program that was interrupted: 128 and the number of the signal."""


@dataclass(frozen=True, slots=True)
class Subcommand:
    """A subcommand, which is the function or the group of its name in the file of its name.

    Attributes
    ----------
    name : str
    summary : str
        The first line of its help.
    example : str
        A command line to begin with; empty for a group, whose commands have their own.
    """

    name: str
    summary: str
    example: str = ""


SUBCOMMANDS = (
    Subcommand("fit", "Find clusters in a table.", "mixfold fit flowers.csv --components 3 --out results"),
    Subcommand(
        "select",
        "Choose the number of clusters in a table, and their shape.",
        "mixfold select flowers.csv --components 1:9 --n-jobs -1 --out choice",
    ),
    Subcommand(
        "predict",
        "Give each row of a table its cluster and probabilities.",
        "mixfold predict results/model.safetensors new.csv --out new-labels.csv",
    ),
    Subcommand(
        "impute",
        "Fill in the missing values of a table.",
        "mixfold impute results/model.safetensors gaps.csv --out filled.csv",
    ),
    Subcommand(
        "sample", "Draw new rows from a model.", "mixfold sample results/model.safetensors -n 1000 --out drawn.csv"
    ),
    Subcommand(
        "inspect",
        "Show what a model file holds: its components, and how it was fitted.",
        "mixfold inspect results/model.safetensors",
    ),
    Subcommand(
        "export",
        "Write a program that scores rows as a model does, and needs nothing of mixfold.",
        "mixfold export results/model.safetensors --out scorer.c",
    ),
    Subcommand(
        "anomalies",
        "Flag the unusual rows of a table, and say which column makes each unusual.",
        "mixfold anomalies normal.csv --alpha 0.01 --out unusual",
    ),
    Subcommand(
        "segment",
        "Divide an image into segments of similar color.",
        "mixfold segment photo.jpg --segments 5 --out segments",
    ),
    Subcommand("speakers", "Recognize who speaks in a recording."),
    Subcommand(
        "demo",
        "Find three overlapping clusters in 1200 points without being told that there are three.",
        "mixfold demo --out mixfold-demo",
    ),
)


@final
class Deferred(TyperCommand):
    """Stands for a subcommand until it is run or asked for its own help."""

    def __init__(self, subcommand: Subcommand) -> None:
        super().__init__(subcommand.name, help=subcommand.summary)
        self.subcommand = subcommand
        self.options: dict[str, Any] = {}

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """Read the arguments as the subcommand does, and keep them."""
        context = self.loaded().make_context(*arguments, **more)
        self.options = context.params
        return context

    def loaded(self) -> Any:
        """Give the subcommand itself."""
        line = self.subcommand
        found = getattr(import_module(f"mixfold.cli.{line.name}"), line.name)
        if isinstance(found, typer.Typer):
            return get_group(found)
        alone = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        alone.command(line.name, epilog=f"Example: {line.example}")(found)
        return get_command(alone)


@final
class Subcommands(TyperGroup):
    """Ends with one line: exit code 2 for what a user can mend, 130 when interrupted; a defect keeps its traceback."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {line.name: Deferred(line) for line in SUBCOMMANDS}

    def invoke(self, ctx: Any) -> Any:
        """Run a subcommand."""
        began = time.time()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            run = self.commands.get(str(ctx.invoked_subcommand))
            print_interruption(what_remains(run.options if isinstance(run, Deferred) else {}, began))
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError:
            raise  # the reader of the output has gone: not an error of ours
        except (OSError, ImportError, ValueError, RuntimeError) as error:
            if isinstance(error, typer.Exit) or not _can_be_mended(error):
                raise
            print_error(error, _on_the_command_line(error))
            raise typer.Exit(2) from error


def _can_be_mended(error: Exception) -> bool:
    # What a subcommand has loaded long before it fails; the list of subcommands needs none of it.
    from sklearn.utils._param_validation import InvalidParameterError  # noqa: PLC0415

    from mixfold.errors import MixfoldError  # noqa: PLC0415

    return isinstance(error, MixfoldError | InvalidParameterError | OSError)


def _on_the_command_line(error: Exception) -> str:
    """Give what an option does about an error that the library's advice leaves to the caller."""
    from mixfold.errors import NotFiniteError  # noqa: PLC0415

    if not isinstance(error, NotFiniteError):
        return ""
    return (
        " Rows count from 0 here. `--drop-missing` leaves those that lack values out, `--keep-missing` counts them by "
        "what they have."
    )
