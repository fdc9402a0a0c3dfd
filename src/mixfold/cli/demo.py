"""`mixfold demo`: everything once, on points made for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sklearn.datasets import make_blobs

from mixfold.atomic import written_together
from mixfold.cli.console import OUT
from mixfold.cli.outputs import check_folder
from mixfold.cli.pictures import write_overview
from mixfold.cli.progress import FitProgress
from mixfold.cli.summary import component_tables, fact_table, restart_table
from mixfold.estimators import GaussianMixture
from mixfold.fitting import best_of

N_ROWS, DEVIATIONS, SEED, N_RESTARTS = 600, (1.0, 1.4, 0.8), 7, 8


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the picture; made if it is not there.")] = Path(
        "mixfold-demo"
    ),
) -> None:
    """Fit 600 points in three clusters, show the numbers, and draw them.

    The clusters have standard deviations 1.0, 1.4 and 0.8; EM begins eight times, and the best fit is kept.
    """
    check_folder(out)
    X, _ = make_blobs(N_ROWS, centers=len(DEVIATIONS), cluster_std=DEVIATIONS, random_state=SEED)
    with FitProgress(N_RESTARTS, 100) as progress:
        model = GaussianMixture(
            len(DEVIATIONS),
            n_init=N_RESTARTS,
            init_params="random_from_data",  # k-means would find these clusters at once, and leave EM nothing to do
            random_state=SEED,
            callback=progress,
        ).fit(X)
    with written_together(out) as unfinished:
        write_overview(unfinished / "demo.png", model, X, ("x", "y"))
    mixture = model.mixture_
    OUT.print(restart_table(model.restarts_, best_of(model.restarts_)[0].restart))
    OUT.print(next(component_tables(mixture)))
    rows, components = mixture.responsibilities(X).shape
    facts = {
        "log-likelihood": f"{model.lower_bound_ * N_ROWS:.3f} ({model.lower_bound_:.6f} per row)",
        "mixture weights": ", ".join(f"{weight:.4f}" for weight in mixture.weights),
        "responsibility matrix": f"{rows} rows x {components} components",
        "picture": str(out / "demo.png"),
    }
    OUT.print(fact_table(facts))
