"""`mixfold impute`: what a model expects where values are missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from mixfold.cli.assignments import with_columns
from mixfold.cli.options import Model, Seed, WholeTable, flag, listed_names, reads_tables
from mixfold.cli.outputs import check_table, deliver, refuse_inputs
from mixfold.cli.reading import rows_for, say
from mixfold.estimators.missing import imputed
from mixfold.estimators.unseen import spread_of_unseen
from mixfold.mixtures import Mixture
from mixfold.mixtures.scoring import fold_over
from mixfold.tables import AS_FOUND, Reading
from mixfold.tables.abstract import Table
from mixfold.typing import FloatArray


@reads_tables
def impute(
    model: Model,
    data: WholeTable,
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Table to write; without it, CSV goes to standard output.")
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Draw this many tables instead, for multiple imputation; they come one after the other, with their "
            "number in a column draw.",
        ),
    ] = None,
    std: Annotated[
        bool, flag("--std", "Add the standard deviation of what was filled in, in a column NAME_std for each.")
    ] = False,
    calibrated: Annotated[
        bool,
        flag(
            "--calibrated",
            "Widen draws and deviations to what values of the table say that are taken away and looked for. For the "
            "table that the model was fitted to.",
        ),
    ] = False,
    seed: Seed = 0,
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME,...", help="Columns in the order of the model's, where names differ."),
    ] = None,
    reading: Reading = AS_FOUND,
) -> None:
    """Fill in the missing values of a table.

    Each becomes what the model expects of it, given the others of its row; or with --draws a value drawn from what it
    may be, so that what the gaps cost is seen in how results differ from table to table. Other columns stay.
    """
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    if out is not None:
        refuse_inputs([out], [data, model])
        check_table(out)
    mixture, chosen = Mixture.load(model), listed_names(columns)
    keeping = replace(reading, keep_missing=not reading.drop_missing)
    table, rows, names = rows_for(mixture, data, chosen, keeping)
    fold = fold_over(rows, mixture.n_features, gaps=True)
    random = np.random.RandomState(seed)
    spread = spread_of_unseen(rows, mixture, random) if calibrated else 1.0
    mean, deviation, drawn = imputed(fold, mixture.potentials, draws or 0, random, spread)
    filled = [_with_values(table, names, values) for values in drawn] if draws else [_with_values(table, names, mean)]
    if std:
        more = {f"{name}_std": column for name, column in zip(names, deviation.T, strict=True)}
        filled = [with_columns(one, more) for one in filled]
    if draws:
        numbered = [with_columns(one, {"draw": np.full(one.num_rows, n + 1)}) for n, one in enumerate(filled)]
        filled = [pa.concat_tables(numbered)]
    deliver(filled[0], out)
    counts = np.count_nonzero(np.isnan(rows), axis=0)
    what = ", ".join(f"{count} in {name}" for name, count in zip(names, counts, strict=True) if count)
    say(f"filled in: {what or 'nothing, for no value is missing'}")


def _with_values(table: Table, names: tuple[str, ...], values: FloatArray) -> Table:
    """Put values in the place of columns; one of which none is missing stays as it is."""
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    for name, column in zip(names, values.T, strict=True):
        at = table.column_names.index(name)
        if np.isnan(table.column(at).cast("float64", safe=False).to_numpy()).any():
            table = table.set_column(at, name, pa.array(np.ascontiguousarray(column)))
    return table
