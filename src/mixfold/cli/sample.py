"""`mixfold sample`: rows that look like those of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixfold.cli.options import Model, Seed
from mixfold.cli.outputs import check_table, deliver
from mixfold.mixtures import Mixture


def sample(
    model: Model,
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, help="Number of rows to draw.")] = 1,
    seed: Seed = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Table to write; without it, CSV goes to standard output.")
    ] = None,
) -> None:
    """Draw new rows from a model.

    The last column, label, is the component that a row was drawn from; the rows come component by component.
    """
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    if out is not None:
        check_table(out)
    mixture = Mixture.load(model)
    drawn, labels = mixture.sample(rows, seed)
    names = mixture.feature_names or tuple(f"x{position}" for position in range(mixture.n_features))
    label = "label"
    while label in names:
        label += "_"
    table = pa.table([*drawn.T.copy(), labels], names=[*names, label])
    deliver(table, out)
