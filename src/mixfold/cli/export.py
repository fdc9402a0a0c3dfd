"""`mixfold export`: a model as a program elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from mixfold.cli.console import OUT
from mixfold.cli.options import Model, one_of
from mixfold.exports import EXPORTERS, Exporter, ONNXExporter, SQLExporter
from mixfold.exports import export as write_export
from mixfold.exports.sql import GREATEST
from mixfold.mixtures import Mixture


def export(
    model: Model,
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write.")],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(EXPORTERS),
            callback=lambda value: value if value is None else one_of(EXPORTERS)(value),
            help="The language; by default what the suffix of the file says: .onnx, .c, .sql, .py or .js.",
        ),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Also say which rows are anomalies: those of a log density below this.")
    ] = None,
    table: Annotated[str, typer.Option(metavar="NAME", help="SQL: the table to score.")] = "rows",
    dialect: Annotated[
        str, typer.Option(metavar="|".join(GREATEST), callback=one_of(GREATEST), help="SQL: whose it is.")
    ] = "duckdb",
    keep: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="SQL: another column, as of a key; may be repeated.")
    ] = None,
    dtype: Annotated[
        str, typer.Option(metavar="float32|float64", callback=one_of(["float32", "float64"]), help="ONNX: of numbers.")
    ] = "float32",
) -> None:
    """Write a program that scores rows as a model does, and needs nothing of mixfold.

    It gives the most probable component, the probabilities of all and the log density of each row: as an ONNX model,
    C99, a SQL query, Python with NumPy alone, or JavaScript.
    """
    mixture = Mixture.load(model)
    exporter: str | Exporter | None = to
    if to == "sql" or (to is None and out.suffix == SQLExporter.suffix):
        exporter = SQLExporter(table, cast("Literal['duckdb', 'sqlite']", dialect), tuple(keep or ()))
    elif to == "onnx" or (to is None and out.suffix == ONNXExporter.suffix):
        exporter = ONNXExporter(cast("Literal['float32', 'float64']", dtype))
    write_export(mixture, out, exporter, threshold=threshold)
    OUT.print(f"{out}: gives label, probabilities and log density of rows with {mixture.n_features} features")
