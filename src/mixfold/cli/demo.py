"""`mixfold demo`: what is special, on rows made for it: clusters that overlap, how many there are, and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from mixfold.atomic import written_together
from mixfold.cli.console import ERR, OUT
from mixfold.cli.figures import write_overview, write_report
from mixfold.cli.outputs import check_folder
from mixfold.cli.progress import SweepProgress
from mixfold.cli.summary import component_tables, fact_table, grid_table
from mixfold.covariance import FAMILIES
from mixfold.estimators import AutoGaussianMixture
from mixfold.mixtures import Mixture
from mixfold.tables import write_table

N_ROWS, SEED, LEVELS = 1200, 7, range(1, 7)
TRUTH = Mixture(
    [0.4, 0.35, 0.25],
    [[0.0, 0.0], [1.2, 0.6], [3.4, -0.4]],
    [[[1.8, 1.5], [1.5, 1.5]], [[1.6, -1.3], [-1.3, 1.3]], [[0.25, 0.0], [0.0, 0.9]]],
    "full",
    ("length", "width"),
)
"""Two long clusters that cross, and a third one at their end."""


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results; made if it is not there.")] = Path(
        "mixfold-demo"
    ),
) -> None:
    """Find three overlapping clusters in 1200 points without being told that there are three.

    Writes into DIR: the points (demo.csv), a picture (demo.png), and report.html, one page for any browser.
    """
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    check_folder(out)
    names = TRUTH.feature_names or ()
    X, truth = TRUTH.sample(N_ROWS, SEED)
    ERR.print(f"{N_ROWS} points of three clusters that overlap; one to six are tried, in {len(FAMILIES)} shapes.")
    with SweepProgress("bic", LEVELS, len(FAMILIES)) as progress:
        model = AutoGaussianMixture(LEVELS, random_state=0, callback=progress).fit(X)
    mixture = Mixture.from_parameters(model.mixture_.parameters, model.mixture_.family, names)
    facts: dict[str, Any] = {
        "chosen": f"{model.n_components_} components, {model.covariance_type_}",
        "why": model.reason_,
        "rows with a sure cluster": f"{np.mean(mixture.responsibilities(X).max(axis=1) >= 0.9):.0%}, by at least 90%",
        "agreement with the truth": _agreements(model, X, truth),
    }
    with written_together(out) as unfinished:
        write_table(unfinished / "demo.csv", pa.table(list(X.T.copy()), names=list(names)))
        write_overview(unfinished / "demo.png", model, X, names)
        write_report(unfinished, model, X, names, "demo.csv", "mixfold demo", facts)
    OUT.print(grid_table(model.results_, "bic", OUT.width))
    for table in component_tables(mixture, OUT.width):
        OUT.print(table)
    facts["written"] = f"{out / 'demo.csv'}, {out / 'demo.png'}, {out / 'report.html'}"
    OUT.print(fact_table(facts))
    OUT.print("Open the report in a browser; then try `mixfold select` on a table of yours.", markup=False)


def _agreements(model: AutoGaussianMixture, X: Any, truth: Any) -> str:
    """Say how well labels agree with the clusters that the rows were drawn from, by the adjusted Rand index."""
    by_means = KMeans(TRUTH.n_components, n_init=10, random_state=0).fit_predict(X)
    found, means, best = (
        adjusted_rand_score(truth, labels) for labels in (model.predict(X), by_means, TRUTH.labels(X))
    )
    return f"{found:.2f}; k-means, told that there are three, {means:.2f}; the mixture of the truth itself {best:.2f}"
