"""`mixfold predict`: new rows to clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixfold.cli.assignments import with_assignments
from mixfold.cli.console import ERR
from mixfold.cli.options import Data, Model, flag, listed_names, reads_tables
from mixfold.cli.out_of_core import has_names, is_read_in_pieces, opened, write_assignments
from mixfold.cli.outputs import check_table, deliver, refuse_inputs, say_written
from mixfold.cli.reading import rows_for
from mixfold.errors import InputError
from mixfold.formats import read_document
from mixfold.mixtures import KIND, VERSION, Mixture
from mixfold.tables import AS_FOUND, Reading
from mixfold.validation import refuse_other_features


@reads_tables
def predict(
    model: Model,
    data: Data,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Table to write; without it, CSV goes to standard output.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME,...", help="Columns in the order of the model's, where names differ."),
    ] = None,
    force: Annotated[bool, flag("--force", "Let FILE be DATA, which is then replaced.")] = False,
    reading: Reading = AS_FOUND,
) -> None:
    """Give each row of a table its cluster and probabilities.

    The columns are those that the model was fitted on, found by name; .npy, HDF5 and Zarr have no names, so their
    columns count in their order. With --columns the names may differ: list them in the order of the model. Rows that a
    model of `mixfold fit --outliers` holds off have the label -1.
    """
    is_whole = not is_read_in_pieces(data)  # so that all columns of DATA are in what replaces it
    if out is not None:
        refuse_inputs([out], [None if force and is_whole else data, model], replaced=data if is_whole else None)
        check_table(out)
    document = read_document(model, KIND, VERSION)
    mixture = Mixture.from_document(document, model)
    has_outliers = "outliers" in (document.fields.get("estimator") or {}).get("fit", {})
    if not is_whole:
        if has_outliers:
            message = f"{model} says which rows are outliers only of a table that is read whole, got {data}."
            raise InputError(message)
        _predict_in_pieces(mixture, data, listed_names(columns), reading, out)
        return
    table, rows, _ = rows_for(mixture, data, listed_names(columns), reading)
    if has_outliers:
        from mixfold.estimators import GaussianMixture  # noqa: PLC0415  (which other models do not need)

        estimator = GaussianMixture.load(model)
        vars(estimator).pop("feature_names_in_", None)  # by which the columns have been found
        assigned = with_assignments(table, estimator.predict_proba(rows), estimator.predict(rows))
    else:
        assigned = with_assignments(table, mixture.responsibilities(rows))
    deliver(assigned, out)
    ERR.print(f"{len(rows)} rows, log-likelihood {mixture.log_density(rows).mean():.6g} per row", soft_wrap=True)


def _predict_in_pieces(
    mixture: Mixture, data: Path, columns: list[str] | None, reading: Reading, out: Path | None
) -> None:
    if out is None:
        message = f"{data} is read in pieces, whose results go to a file. Name one with `--out`."
        raise InputError(message)
    names = None if mixture.feature_names is None or not has_names(data) else list(mixture.feature_names)
    source = opened(data, columns or names, reading)
    refuse_other_features(source.n_features, mixture.n_features)
    per_row, _ = write_assignments(out, source, mixture, gaps=reading.keep_missing)
    say_written(out, source.n_rows)
    ERR.print(f"{source.n_rows} rows, log-likelihood {per_row:.6g} per row", soft_wrap=True)
