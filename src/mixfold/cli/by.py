"""`mixfold fit --by COLUMN`: a mixture for each group of rows, as tables of components and of groups."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from mixfold.atomic import written_together
from mixfold.cli.assignments import with_columns
from mixfold.cli.console import ERR, OUT, warnings_in_lines
from mixfold.cli.json_output import print_json
from mixfold.cli.outputs import check_folder, refuse_inputs, refuse_results_of_others, results_in
from mixfold.cli.reading import features_read
from mixfold.cli.summary import fact_table
from mixfold.errors import InputError
from mixfold.estimators import GroupedGaussianMixture
from mixfold.mixtures import GroupedMixtures
from mixfold.tables import Reading, format_of, write_table

COMMAND = "fit --by"
MOST_REASONS = 5
"""Groups of which it is printed why they have another mixture than was asked for."""


def fit_by(
    by: str,
    data: Path,
    out: Path,
    components: int,
    settings: dict[str, Any],
    *,
    jobs: int,
    columns: list[str] | None,
    reading: Reading,
    force: bool,
    json: bool,
) -> None:
    """Fit a mixture to each group of rows that have the same value in a column.

    Parameters
    ----------
    by : str
        The column.
    data, out : Path
    components : int
    settings : dict
        Parameters of each fit.
    jobs : int
    columns : list of str or None
    reading : Reading
    force, json : bool
    """
    results = results_in(out, COMMAND, format_of(data).suffix)
    refuse_inputs(results, [data])
    check_folder(out)
    refuse_results_of_others(out, COMMAND, force=force)
    if columns is not None and by in columns:
        message = f"`--by {by}` must not be one of `--columns`, which are the features. Leave it out of them."
        raise InputError(message)
    table, rows, names = features_read(data, columns, replace(reading, ids=(*reading.ids, by)))
    groups = table.column(by).to_numpy()
    with warnings_in_lines(), Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as bar:
        line = bar.add_task("groups", total=None)
        model = GroupedGaussianMixture(
            components,
            **settings,
            n_jobs=jobs,
            callback=lambda n_done, n_groups: bar.update(line, completed=n_done, total=n_groups),
        )
        model.fit(rows, groups=groups)
    mixtures = replace(model.mixtures_, feature_names=names)
    said = {
        "label": model.predict(rows, groups=groups),
        "log_density": model.score_samples(rows, groups=groups),
    }
    with written_together(out) as unfinished:
        write_table(unfinished / "components.csv", _arrow(mixtures.components()))
        write_table(unfinished / "groups.csv", _arrow(mixtures.summary()))
        write_table(unfinished / results[-1].name, with_columns(table, said))
        written = sorted(path.name for path in unfinished.iterdir())
    if json:
        notes = {"program": f"mixfold {version('mixfold')}", "data": data.name, "by": by, **settings}
        print_json({**notes, "groups": mixtures.summary(), "components": mixtures.components(), "written": written})
        return
    _print(mixtures)
    OUT.print(f"Written to {out}: {', '.join(written)}", soft_wrap=True, markup=False)


def _arrow(columns: dict[str, Any]) -> Any:
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    return pa.table({name: pa.array(np.ascontiguousarray(column)) for name, column in columns.items()})


def _print(mixtures: GroupedMixtures) -> None:
    has_one = mixtures.n_components > 0
    facts = {
        "groups": f"{len(mixtures)}, of {np.min(mixtures.n_rows)} to {np.max(mixtures.n_rows)} rows",
        "with a mixture": str(int(np.sum(has_one))),
        "components": str(len(mixtures.weights)),
        "converged": str(int(np.sum(mixtures.converged))),
    }
    OUT.print(fact_table(facts))
    for position in sorted(mixtures.reasons)[:MOST_REASONS]:
        ERR.print(f"{mixtures.groups[position]}: {mixtures.reasons[position]}", soft_wrap=True, markup=False)
    if len(mixtures.reasons) > MOST_REASONS:
        n_more = len(mixtures.reasons) - MOST_REASONS
        ERR.print(f"... and {n_more} more groups, which groups.csv says of", soft_wrap=True)
