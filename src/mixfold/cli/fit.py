"""`mixfold fit`: a table to a model, its clusters and its pictures."""

from __future__ import annotations

import importlib.util
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from mixfold.atomic import written_together
from mixfold.cli.assignments import with_assignments
from mixfold.cli.bayesian import (
    number_of_clusters,
    refuse_with_posteriors,
    shares_and_labels,
)
from mixfold.cli.by import fit_by
from mixfold.cli.command import command_line
from mixfold.cli.console import OUT
from mixfold.cli.figures import write_pictures, write_report
from mixfold.cli.json_output import mixture_fields, print_json
from mixfold.cli.known_rows import KnownColumns, KnownRows, outliers_of, refuse_more_than_a_mixture
from mixfold.cli.learning import learned, print_fit
from mixfold.cli.options import (
    Columns,
    Data,
    Force,
    Json,
    Report,
    Seed,
    as_written,
    flag,
    listed_names,
    not_zero,
    one_of,
    reads_tables,
)
from mixfold.cli.out_of_core import has_names, is_read_in_pieces, opened, suffix_of, write_assignments
from mixfold.cli.outputs import (
    check_folder,
    refuse_checkpoint_among,
    refuse_inputs,
    refuse_results_of_others,
    results_in,
)
from mixfold.cli.reading import features_read, say
from mixfold.cli.summary import (
    missing_in_words,
)
from mixfold.covariance import ALIASES, FAMILIES, is_family
from mixfold.errors import InputError, MissingExtraError
from mixfold.estimators import AUTO
from mixfold.estimators.missing import filled
from mixfold.formats import write_document
from mixfold.initialization import INITIALIZERS
from mixfold.mixtures import Mixture
from mixfold.search.component_search import ComponentLimit
from mixfold.tables import AS_FOUND, Reading, format_of, write_table
from mixfold.tables.abstract import Table

N_RESTARTS = 8
"""Of a fit that is no search, unless another number is asked for."""


def refuse_unknown_covariance(name: str) -> None:
    """Refuse what is no covariance family."""
    if not is_family(name):
        message = f"must be one of {', '.join([*FAMILIES, *ALIASES])}, factor:RANK, got {name!r}."
        raise typer.BadParameter(message, param_hint="'--covariance'")


@reads_tables
def fit(
    context: typer.Context,
    data: Data,
    *,
    components: Annotated[
        int | None,
        typer.Option(
            "--components",
            "-k",
            min=1,
            help="Number of clusters to look for; with --bayesian the most there may be.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results; made if it is not there.")],
    covariance: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Shape of the clusters: full (any ellipse each), tied (one ellipse for all), diag (ellipses along the "
            "axes), spherical (circles); or mclust's name, such as VVE: volume, shape and orientation Equal for all, "
            "Varying, or I (none); or factor:8, for wide tables: 8 directions each, and a variance for each column.",
        ),
    ] = "full",
    init: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            callback=one_of([AUTO, *INITIALIZERS]),
            help=f"Where to begin: auto, a search for the best optimum; or restarts from {', '.join(INITIALIZERS)}.",
        ),
    ] = AUTO,
    n_init: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=f"Number of restarts, of which the best is kept ({N_RESTARTS}); of a search, how many times the usual "
            "effort it makes (1).",
        ),
    ] = None,
    seed: Seed = 0,
    columns: Columns = None,
    jobs: Annotated[int, typer.Option(callback=not_zero, help="Number of threads; -1 takes all cores.")] = 1,
    tol: Annotated[float, typer.Option(min=0.0, help="Stop when less log-likelihood per row is still to gain.")] = 1e-6,
    max_iter: Annotated[int, typer.Option(min=1, help="Largest number of iterations of a restart.")] = 1000,
    reg_covar: Annotated[
        str,
        typer.Option(
            metavar="auto|weak|inverse-wishart|NUMBER",
            help="Prior on the data's own scale; a number is added to the variances.",
        ),
    ] = "auto",
    by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Fit each group of rows that have the same value in this column by itself; writes components.csv, "
            "groups.csv and assignments. With `--init kmeans --reg-covar NUMBER`, thousands of groups a second.",
        ),
    ] = None,
    bayesian: Annotated[
        bool,
        flag(
            "--bayesian",
            "Learn a posterior, which finds how many clusters there are, at most as many as --components says, and say "
            "how sure that is. Of full, tied, diag, spherical, EEI or EII clusters.",
        ),
    ] = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where the state of the fit is kept: run the same again to go on from there."
        ),
    ] = None,
    outliers: Annotated[
        str | None,
        typer.Option(
            metavar="uniform|auto|SHARE",
            help="Let rows belong to no cluster, label -1: beside a uniform background; only where there are such; "
            "or a share of the rows, those of lowest density.",
        ),
    ] = None,
    noise_columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Columns of standard deviations of the errors of measurement, one for each feature in their order.",
        ),
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Known clusters of some rows, empty where none is known; clusters come in their order.",
        ),
    ] = None,
    must_link_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Groups of rows that are of one cluster, whichever that is; empty where a row is alone.",
        ),
    ] = None,
    report: Report = False,
    force: Force = False,
    json: Json = False,
    reading: Reading = AS_FOUND,
) -> None:
    """Find clusters in a table.

    Writes into DIR: the model (model.safetensors), each row with its cluster and probabilities (assignments, in the
    format of DATA; Parquet for HDF5 and Zarr), and pictures (clusters.png, responsibilities.png, convergence.png). With
    --report it also writes report.html, a page that shows all this to people without Python. With --by it writes tables
    of components and of groups instead.
    """
    settings = {
        "covariance_type": covariance, "init_params": init, "n_init": n_init or (1 if init == AUTO else N_RESTARTS),
        "random_state": seed, "tol": tol, "max_iter": max_iter, "reg_covar": _number_or_auto(reg_covar),
    }  # fmt: skip
    in_pieces = is_read_in_pieces(data)
    about = KnownColumns.named(noise_columns, label_column, must_link_column)
    settings |= {} if outliers is None else {"outliers": outliers_of(outliers)}
    refuse_more_than_a_mixture(about, outliers, in_pieces=in_pieces, by=by)
    if bayesian:
        refuse_with_posteriors(covariance, {"--by": by}, settings.get("outliers"))
    else:
        refuse_unknown_covariance(covariance)
    n_clusters = number_of_clusters(components, is_bayesian=bayesian)
    if by is not None:
        _refuse_with_groups(data, reading, in_pieces=in_pieces, report=report, checkpoint=checkpoint)
        fit_by(
            by, data, out, int(n_clusters), settings, jobs=jobs, columns=listed_names(columns), reading=reading,
            force=force, json=json,
        )  # fmt: skip
        return
    suffix = suffix_of(data) if in_pieces else format_of(data).suffix
    named = has_names(data) if in_pieces else format_of(data).has_names
    results = results_in(out, "fit", suffix)
    refuse_inputs([checkpoint, *results], [data])
    refuse_checkpoint_among(results, checkpoint)
    check_folder(out)
    refuse_results_of_others(out, "fit", force=force)
    check_extras(report=report)
    table, rows, names = _read(data, listed_names(columns), about.left_out_of(reading), in_pieces=in_pieces)
    n_rows = rows.n_rows if in_pieces else len(rows)
    most = ComponentLimit.of(n_clusters, n_rows).most
    known = KnownRows() if table is None or about.are_none else about.of(table, names, most, reading.missing)
    _check_rows(data, n_rows, n_clusters if isinstance(n_clusters, int) else 1)
    estimator, facts = learned(
        rows, n_rows, n_clusters, settings, names, jobs=jobs, checkpoint=checkpoint, known=known, bayesian=bayesian,
        gaps=reading.keep_missing,
    )  # fmt: skip
    fitted = estimator.mixture_
    mixture = Mixture.from_parameters(fitted.parameters, fitted.family, names if named else None)
    facts |= {"classes": list(known.classes)} if known.classes else {}
    notes = {"program": f"mixfold {version('mixfold')}", "data": data.name, "n_rows": n_rows, **settings, **facts}
    notes |= {"warnings": list(estimator.warnings_)} if estimator.warnings_ else {}
    with written_together(out) as unfinished:
        write_document(unfinished / "model.safetensors", estimator.to_document(notes, mixture.feature_names))
        if in_pieces:
            _, drawn = write_assignments(unfinished / f"assignments{suffix}", rows, mixture, gaps=reading.keep_missing)
        else:
            is_plain = outliers is None and known.noise is None and known.links is None
            shares, labels = shares_and_labels(estimator, rows, None if is_plain else known)
            write_table(unfinished / f"assignments{suffix}", with_assignments(table, shares, labels))
            drawn = filled(rows, mixture.potentials)
        write_pictures(unfinished, estimator, drawn, names)
        if report:
            write_report(
                unfinished, estimator, drawn if in_pieces else rows, names, data.name, command_line(context),
                missing_in_words(facts), known.noise,
            )  # fmt: skip
        written = sorted(path.name for path in unfinished.iterdir())
    if json:
        print_json(
            {**notes, **mixture_fields(mixture), "warnings": estimator.warnings_, "out": out, "written": written}
        )
        return
    print_fit(estimator, mixture, facts)
    OUT.print(f"Written to {out}: {', '.join(written)}", soft_wrap=True, markup=False)


def _refuse_with_groups(
    data: Path, reading: Reading, *, in_pieces: bool, report: bool, checkpoint: Path | None
) -> None:
    """Refuse what there is not for a mixture of each group."""
    if in_pieces:
        message = f"`--by` needs one table that fits in memory, got {data}. Join its files, or fit them one by one."
        raise InputError(message)
    if report or checkpoint is not None:
        option = "--report" if report else "--checkpoint"
        message = f"`{option}` is for a single mixture, and cannot be with `--by`. Leave one of them out."
        raise InputError(message)
    if reading.keep_missing:
        message = "`--keep-missing` is for a single mixture, and cannot be with `--by`. Write `--drop-missing`."
        raise InputError(message)


def _read(
    data: Path, columns: list[str] | None, reading: Reading, *, in_pieces: bool
) -> tuple[Table | None, Any, tuple[str, ...]]:
    """Give the table, its rows (or a source of them, and no table) and the names of their columns."""
    if in_pieces:
        source = opened(data, columns, reading)
        names = source.feature_names or tuple(f"x{position}" for position in range(source.n_features))
        say(f"{data}: {source.n_rows} rows, columns {as_written(names)}")
        return None, source, names
    return features_read(data, columns, reading)


def check_extras(*, report: bool = False) -> None:
    """Refuse to begin without the packages that the results need."""
    needed = [("matplotlib", "Drawing pictures"), ("safetensors", "Saving models as safetensors")]
    needed += [("plotly", "Writing a report"), ("jinja2", "Writing a report")] * report
    for package, purpose in needed:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(package, "cli", purpose)


def _check_rows(path: Path, n_rows: int, n_components: int) -> None:
    needed = max(n_components, 2)
    if n_rows < needed:
        message = (
            f"{path} must have at least {needed} rows for {n_components} component(s), got {n_rows}. "
            "Add rows, or ask for fewer components."
        )
        raise InputError(message)


def _number_or_auto(text: str) -> float | str:
    if text in {"auto", "weak", "inverse-wishart"}:
        return text
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number < float("inf"):
        message = (
            f"`--reg-covar` must be 'auto', 'weak', 'inverse-wishart' or a number that is at least zero, got {text!r}. "
            "Leave it out."
        )
        raise InputError(message)
    return number
