"""The subcommands under one name, and their errors in one line."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any, final

import typer
from sklearn.utils._param_validation import InvalidParameterError
from typer.core import TyperGroup

from mixfold.cli.anomalies import anomalies
from mixfold.cli.console import print_error
from mixfold.cli.demo import demo
from mixfold.cli.fit import fit
from mixfold.cli.inspect import inspect
from mixfold.cli.predict import predict
from mixfold.cli.sample import sample
from mixfold.cli.segment import segment
from mixfold.cli.select import select
from mixfold.cli.speakers import speakers
from mixfold.errors import MixfoldError


@final
class OneLineErrors(TyperGroup):
    """Ends with one line and exit code 2 for what a user can mend; a defect keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a subcommand."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # the reader of the output has gone: not an error of ours
        except (MixfoldError, InvalidParameterError, OSError) as error:
            print_error(error)
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with `mixfold demo`, then `mixfold fit your-table.csv --components 3 --out results`.",
)
app.command(epilog="Example: mixfold fit flowers.csv --components 3 --out results")(fit)
app.command(epilog="Example: mixfold select flowers.csv --components 1:9 --n-jobs -1 --out results")(select)
app.command(epilog="Example: mixfold predict results/model.safetensors new.csv --out new-labels.csv")(predict)
app.command(epilog="Example: mixfold sample results/model.safetensors -n 1000 --out drawn.csv")(sample)
app.command(epilog="Example: mixfold inspect results/model.safetensors")(inspect)
app.command(epilog="Example: mixfold anomalies normal.csv --alpha 0.01 --out results")(anomalies)
app.command(epilog="Example: mixfold segment photo.jpg --segments 5 --out results")(segment)
app.add_typer(speakers, name="speakers")
app.command(epilog="Example: mixfold demo --out mixfold-demo")(demo)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"mixfold {version('mixfold')}")
        raise typer.Exit


@app.callback()
def about(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version.", is_eager=True, callback=lambda wanted: _print_version(wanted=wanted)
        ),
    ] = False,
) -> None:
    """Find clusters in a table with Gaussian mixture models."""
