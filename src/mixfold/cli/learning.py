"""How `mixfold fit` learns what its options ask for, and what it says of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from mixfold.cli.bayesian import (
    fitted_posterior,
    posterior_facts,
    print_posterior,
)
from mixfold.cli.console import OUT, warnings_in_lines
from mixfold.cli.known_rows import KnownRows
from mixfold.cli.progress import FitProgress
from mixfold.cli.summary import (
    FEATURES_SHOWN,
    component_tables,
    counts_in_words,
    fact_table,
    restart_table,
    what_is_missing,
)
from mixfold.estimators import AUTO, BayesianGaussianMixture, GaussianMixture
from mixfold.fitting import best_of
from mixfold.fold import LOOP_ROWS
from mixfold.mixtures import Mixture
from mixfold.rows import Source


def _fitted(
    rows: Any,
    components: int,
    settings: dict[str, Any],
    jobs: int,
    checkpoint: Path | None,
    known: KnownRows,
    *,
    gaps: bool,
) -> GaussianMixture:
    """Fit while showing progress; what the fit warns of is said in one line."""
    n_restarts = None if settings["init_params"] == AUTO and components > 1 else settings["n_init"]
    with warnings_in_lines(), FitProgress(n_restarts, settings["max_iter"]) as progress:
        estimator = GaussianMixture(components, **settings, n_jobs=jobs, callback=progress, checkpoint=checkpoint)
        estimator.set_params(missing="em" if gaps else "raise")
        estimator.fit(rows, noise=known.noise, labels=known.labels, must_link=known.links)
    vars(estimator).pop("feature_names_in_", None)  # the pictures are of rows without names
    return estimator


def learned(
    rows: Any,
    n_rows: int,
    components: int | str,
    settings: dict[str, Any],
    names: tuple[str, ...],
    *,
    jobs: int,
    checkpoint: Path | None,
    known: KnownRows,
    bayesian: bool,
    gaps: bool,
) -> tuple[GaussianMixture | BayesianGaussianMixture, dict[str, Any]]:
    """Give what was asked for, fitted, and what is worth knowing of it."""
    if bayesian:
        posterior = fitted_posterior(rows, components, {**settings, "checkpoint": checkpoint}, jobs, known)
        return posterior, posterior_facts(posterior)
    estimator = _fitted(rows, int(components), settings, jobs, checkpoint, known, gaps=gaps)
    return estimator, _facts(estimator, rows, n_rows) | what_is_missing(estimator, names)


def _facts(estimator: GaussianMixture, rows: Any, n_rows: int) -> dict[str, Any]:
    """Give what is worth knowing of a fit, in JSON's types."""
    per_row, n_parameters = float(estimator.lower_bound_), estimator._n_parameters()  # noqa: SLF001  (scikit-learn's)
    if n_rows > LOOP_ROWS and isinstance(rows, Source):  # as `estimator.bic(rows)`, without walking over a file again
        bic = -2.0 * per_row * n_rows + n_parameters * math.log(n_rows)
        aic = -2.0 * per_row * n_rows + 2.0 * n_parameters
    else:
        bic, aic = estimator.bic(rows), estimator.aic(rows)
    return {
        "log_likelihood_per_row": per_row,
        "log_likelihood": per_row * n_rows,
        "bic": float(bic),
        "aic": float(aic),
        "n_iter": int(estimator.n_iter_),
        "outcome": str(estimator.outcome_),
        "share_skipped": float(estimator.share_skipped_),
        **({} if estimator.outliers is None else {"outlier_share": float(estimator.outlier_share_)}),
    }


def print_fit(estimator: GaussianMixture | BayesianGaussianMixture, mixture: Mixture, facts: dict[str, Any]) -> None:
    """Print tables of the runs, of the components, and of what is worth knowing."""
    if not isinstance(estimator, GaussianMixture):
        print_posterior(mixture, facts)
        return
    OUT.print(restart_table(estimator.restarts_, best_of(estimator.restarts_)[0].restart))
    for table in component_tables(mixture, OUT.width, FEATURES_SHOWN):
        OUT.print(table)
    OUT.print(
        fact_table(
            {
                "log-likelihood per row": f"{facts['log_likelihood_per_row']:.6f}",
                "log-likelihood": f"{facts['log_likelihood']:.3f}",
                "BIC": f"{facts['bic']:.3f} (smaller is better)",
                "AIC": f"{facts['aic']:.3f} (smaller is better)",
                "iterations": f"{facts['n_iter']}, {facts['outcome']}",
                "evaluations skipped": f"{facts['share_skipped']:.1%}",
                **({"outliers": f"{facts['outlier_share']:.1%} of the rows"} if "outlier_share" in facts else {}),
                **({"clusters": ", ".join(facts["classes"])} if "classes" in facts else {}),
                **({"missing values": counts_in_words(facts["missing_values"])} if "missing_values" in facts else {}),
            }
        )
    )
