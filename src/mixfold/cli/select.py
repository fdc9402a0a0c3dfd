"""`mixfold select`: how many clusters a table has, of which shape, and why."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from mixfold.atomic import written_together
from mixfold.cli.assignments import with_assignments, with_columns
from mixfold.cli.bootstrap_tests import BootstrapTests
from mixfold.cli.command import command_line
from mixfold.cli.console import ERR, OUT, print_warning
from mixfold.cli.figures import write_choice, write_report
from mixfold.cli.fit import check_extras
from mixfold.cli.json_output import mixture_fields, print_json
from mixfold.cli.options import (
    Columns,
    Force,
    Json,
    Report,
    Seed,
    WholeTable,
    flag,
    listed_names,
    not_zero,
    one_of,
    reads_tables,
)
from mixfold.cli.outputs import check_folder, refuse_inputs, refuse_results_of_others, results_in
from mixfold.cli.progress import SweepProgress, TaskProgress
from mixfold.cli.reading import features_read
from mixfold.cli.summary import (
    FEATURES_SHOWN,
    component_tables,
    counts_in_words,
    fact_table,
    grid_table,
    missing_in_words,
    what_is_missing,
)
from mixfold.covariance import FAMILIES, is_family
from mixfold.errors import ConvergenceWarning, InputError, SelectionWarning, SpuriousComponentWarning
from mixfold.estimators import AUTO, AutoGaussianMixture
from mixfold.estimators.choice_by_bound import ELBO
from mixfold.estimators.cluster_stability import LEAST_ROWS, ClusterStability
from mixfold.estimators.grid import MOST_LEVELS, families_of
from mixfold.estimators.missing import filled
from mixfold.formats import write_document
from mixfold.mixtures import Mixture
from mixfold.models import refuse_not_conjugate
from mixfold.search import ALL, CRITERIA, FURTHER_FITS
from mixfold.search.criteria import name_of
from mixfold.tables import AS_FOUND, Reading, format_of, write_table
from mixfold.typing import FloatArray

NONE = "none"
USUAL_PARTS, MOST_ROWS_CHOSEN_AGAIN = 10, 10_000
"""Parts in which `select` chooses again, and the rows up to which it does so unasked."""
TIE_BREAKS = (AUTO, *(name for name in CRITERIA if name not in FURTHER_FITS), NONE)


@reads_tables
def select(
    context: typer.Context,
    data: WholeTable,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results; made if it is not there.")],
    components: Annotated[
        str,
        typer.Option(
            "--components", "-k", metavar="1:9|2,4,8|auto",
            help="Numbers of clusters to try; auto goes up until the criterion has clearly turned.",
        ),
    ] = AUTO,
    families: Annotated[
        str,
        typer.Option(
            metavar="NAME,NAME,...|all", help=f"Shapes of the clusters to try: {', '.join(FAMILIES)}; factor:RANK."
        ),
    ] = ALL,
    criterion: Annotated[
        str,
        typer.Option(
            metavar="|".join([*CRITERIA, ELBO]), callback=one_of([*CRITERIA, ELBO]), help="What the choice minimizes."
        ),
    ] = "bic",
    bayesian: Annotated[
        bool,
        flag(
            "--bayesian",
            "Let posteriors find the number of clusters, and say how sure it is: as `--criterion elbo`. Of full, tied, "
            "diag, spherical, EEI and EII clusters.",
        ),
    ] = False,
    tie_break: Annotated[
        str,
        typer.Option(
            metavar=f"{'|'.join(TIE_BREAKS)}", callback=one_of(TIE_BREAKS),
            help="What it minimizes among those that the data cannot tell from the best; auto is icl for bic.",
        ),
    ] = AUTO,
    seed: Seed = 0,
    columns: Columns = None,
    n_jobs: Annotated[
        int, typer.Option("--n-jobs", "--jobs", callback=not_zero, help="Number of threads; -1 takes all cores.")
    ] = 1,
    max_time: Annotated[
        float | None, typer.Option(min=0.0, metavar="SECONDS", help="When to end with the best so far.")
    ] = None,
    bootstrap: Annotated[
        int,
        typer.Option(
            min=0, metavar="N",
            help="Test the choice against one component less and more, and each split of clusters, N data sets each.",
        ),
    ] = 0,
    stability: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", show_default=False,
            help="Choose again in N random parts of the rows, and say what stays; by default 10 of up to "
            f"{MOST_ROWS_CHOSEN_AGAIN} rows, 0 of more and with --max-time.",
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for what is done, from which a sweep that was killed goes on."),
    ] = None,
    report: Report = False,
    force: Force = False,
    json: Json = False,
    reading: Reading = AS_FOUND,
) -> None:  # fmt: skip
    """Choose the number of clusters in a table, and their shape.

    Writes into DIR: the chosen model (model.safetensors), the criteria of everything that was tried (selection.csv),
    each row with its component, probabilities and cluster (assignments, in the format of DATA), and pictures
    (selection.png, clusters.png, entropy.png, tree.png). A cluster is one component, or several that overlap. It says
    both numbers, and how often they are found in parts of the rows. With --report it also writes report.html, a page
    that shows all this to people without Python.
    """
    criterion = ELBO if bayesian else criterion
    suffix = format_of(data).suffix
    refuse_inputs([checkpoint, *results_in(out, "select", suffix)], [data])
    check_folder(out)
    refuse_results_of_others(out, "select", force=force)
    check_extras(report=report)
    if bootstrap and reading.keep_missing:
        message = "`--bootstrap` draws complete tables, and cannot be with `--keep-missing`. Leave one of them out."
        raise InputError(message)
    if stability and reading.keep_missing:
        message = (
            "`--stability` takes parts of complete tables, and cannot be with `--keep-missing`. Leave one of them out."
        )
        raise InputError(message)
    settings = {
        "n_components": _levels(components),
        "covariance_types": _families(families, by_bound=criterion == ELBO),
        "criterion": criterion,
        "tie_break": None if tie_break == NONE else tie_break,
    }
    table, rows, names = features_read(data, listed_names(columns), reading)
    estimator = _fitted(rows, settings, random_state=seed, n_jobs=n_jobs, max_time=max_time, checkpoint=checkpoint)

    stable = _stability(estimator, rows, stability, max_time)
    chosen = estimator.mixture_
    mixture = Mixture.from_parameters(chosen.parameters, chosen.family, names if format_of(data).has_names else None)
    facts = {"criterion": criterion, criterion: estimator.best_value_, "seed": seed}
    facts |= what_is_missing(estimator, names)
    complete = filled(rows, mixture.potentials)
    notes = {"program": f"mixfold {version('mixfold')}", "data": data.name, "n_rows": len(rows), **facts}
    notes |= {"warnings": list(estimator.warnings_)} if estimator.warnings_ else {}
    shown = {**missing_in_words(facts), "clusters": estimator.clusters_in_words()}
    about = (estimator, rows, names, data.name, command_line(context), shown)
    with written_together(out) as unfinished:
        write_document(unfinished / "model.safetensors", estimator.to_document(notes, mixture.feature_names))
        assigned = with_assignments(table, mixture.responsibilities(rows))
        write_table(
            unfinished / f"assignments{suffix}", with_columns(assigned, {"cluster": estimator.cluster_labels(rows)})
        )
        _write_grid(unfinished / "selection.csv", estimator)
        write_choice(unfinished, estimator, complete, names)
        if report:
            write_report(unfinished, *about, stability=stable)
        written = sorted(path.name for path in unfinished.iterdir())
    tests = BootstrapTests.of(estimator, rows, bootstrap, seed, n_jobs)
    if report and tests.splits:
        write_report(out, *about, stability=stable, split_tests=tests.splits)
    if json:
        clusters = {"clusters": estimator.clusters_.tolist(), "splits": estimator.cluster_splits_}
        chose = {
            "n_clusters": estimator.n_clusters_,
            **clusters,
            "reason": estimator.reason_,
            "results": estimator.results_,
        }
        chose |= {"stability": None if stable is None else {**asdict(stable), "probability": stable.probability}}
        tested = {"bootstrap": tests.of_components, "bootstrap_of_splits": tests.of_splits}
        ended = {**tested, "warnings": estimator.warnings_, "out": out, "written": written}
        print_json({**notes, **mixture_fields(mixture), **chose, **ended})
        return
    _report(estimator, mixture, rows, stable)
    for sentence in tests.in_words():
        OUT.print(sentence, soft_wrap=True, markup=False)
    OUT.print(f"Written to {out}: {', '.join(written)}", soft_wrap=True, markup=False)


def _levels(text: str) -> str | list[int]:
    """Read '1:9', '2,4,8', '3' or 'auto'.

    Examples
    --------
    >>> _levels("2:4"), _levels("2,8")
    ([2, 3, 4], [2, 8])
    """
    if text == AUTO:
        return text
    first, colon, last = text.partition(":")
    try:
        levels = range(int(first), int(last) + 1) if colon else [int(part) for part in text.split(",")]
    except ValueError:
        levels = []
    if not levels or levels[0] < 1 or levels[MOST_LEVELS:] or min(levels) < 1:
        message = f"`--components` must be like 1:9, 2,4,8 or auto, from 1 up, {MOST_LEVELS} at most, got {text!r}."
        raise InputError(message)
    return list(levels)


def _families(text: str, *, by_bound: bool) -> str | list[str]:
    if text == ALL:
        return text
    names = [name.strip() for name in text.split(",")]
    if by_bound:
        refuse_not_conjugate(names, "With `--bayesian`, `--families`")
    unknown = [name for name in names if not is_family(name)]
    if unknown:
        known = ", ".join(FAMILIES)
        message = f"`--families` must be all, or some of {known}, factor:RANK, got {', '.join(map(repr, unknown))}."
        raise InputError(message)
    return names


def _fitted(rows: FloatArray, settings: dict[str, Any], **more: Any) -> AutoGaussianMixture:
    """Sweep while showing progress; what the fit warns of is said in one line."""
    with warnings.catch_warnings(record=True) as caught:
        for category in (ConvergenceWarning, SelectionWarning, SpuriousComponentWarning):
            warnings.simplefilter("always", category)
        levels, families = settings["n_components"], settings["covariance_types"]
        if settings["criterion"] == ELBO:
            with TaskProgress("posteriors"):
                estimator = AutoGaussianMixture(**settings, **more).fit(rows)
        else:
            progress = SweepProgress(
                settings["criterion"],
                None if levels == AUTO else sorted(levels),
                len(families_of(families, rows.shape[1])),
                more["max_time"],
            )
            with progress:
                estimator = AutoGaussianMixture(**settings, **more, callback=progress).fit(rows)
    for warning in caught:
        print_warning(warning.message)
    return estimator


def _write_grid(path: Path, estimator: AutoGaussianMixture) -> None:
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    write_table(path, pa.Table.from_pylist(estimator.results_))


def _stability(
    estimator: AutoGaussianMixture, rows: FloatArray, n_parts: int | None, max_time: float | None
) -> ClusterStability | None:
    """Choose again in parts of the rows; nothing where that was not asked for, or values are missing."""
    is_quick = LEAST_ROWS * estimator.n_components_ <= len(rows) <= MOST_ROWS_CHOSEN_AGAIN and max_time is None
    n_samples = USUAL_PARTS * is_quick if n_parts is None else n_parts
    if not n_samples or np.isnan(rows).any():
        return None
    with TaskProgress(f"stability in {n_samples} parts of the rows"):
        return estimator.cluster_stability(rows, n_samples=n_samples)


def _splits_of(estimator: AutoGaussianMixture) -> dict[str, str]:
    """Give the sentence on the splits of clusters under its title; the only one is told with the clusters."""
    told = estimator.splits_in_words() if len(estimator.cluster_splits_) > 1 else ""
    return {"splits": told} if told else {}


def _report(
    estimator: AutoGaussianMixture, mixture: Mixture, rows: FloatArray, stable: ClusterStability | None
) -> None:
    OUT.print(grid_table(estimator.results_, estimator.criterion, OUT.width))
    for table in component_tables(mixture, OUT.width, FEATURES_SHOWN):
        OUT.print(table)
    shape = f"{estimator.n_components_} component(s), {estimator.covariance_type_}"
    name = name_of(estimator.criterion)
    facts = {
        "chosen": shape,
        "clusters": estimator.clusters_in_words(),
        **_splits_of(estimator),
        name: f"{estimator.best_value_:.3f} (smaller is better)",
        "why": estimator.reason_,
    }
    if stable is not None:
        facts["how sure"] = f"{stable.in_words()} {stable.components_in_words()}; {stable.pairs_in_words()}."
    if counted := what_is_missing(estimator, mixture.feature_names or [f"x{d}" for d in range(rows.shape[1])]):
        facts["missing values"] = counts_in_words(counted["missing_values"])
    OUT.print(fact_table({**facts, "log-likelihood per row": f"{estimator.score(rows):.6f}"}))
    skipped = {row["reason"] for row in estimator.results_ if row["outcome"] == "skipped"}
    for reason in sorted(skipped):
        ERR.print(reason, soft_wrap=True, markup=False)
