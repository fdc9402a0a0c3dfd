"""What `mixfold fit --bayesian` does in place of a fit of so many clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixfold.cli.console import OUT, warnings_in_lines
from mixfold.cli.known_rows import KnownRows
from mixfold.cli.progress import FitProgress
from mixfold.cli.summary import FEATURES_SHOWN, component_tables, fact_table
from mixfold.errors import InputError
from mixfold.estimators import AUTO, BayesianGaussianMixture, GaussianMixture
from mixfold.estimators.posterior_attributes import certainty_in_words
from mixfold.mixtures import Mixture
from mixfold.models import refuse_not_conjugate


def refuse_with_posteriors(covariance: str, others: Mapping[str, Any], outliers: Any = None) -> None:
    """Refuse what there is not for a posterior: of other options all that are given.

    Raises
    ------
    InputError
    """
    refuse_not_conjugate([covariance], "With `--bayesian`, `--covariance`")
    for option, value in others.items():
        if value is not None:
            message = (
                f"`--bayesian` learns one posterior at once, and cannot be with `{option}`. Leave one of them out."
            )
            raise InputError(message)
    if outliers not in {None, "uniform"}:
        message = f"With `--bayesian`, `--outliers` must be uniform, got {outliers}. Leave one of them out."
        raise InputError(message)


def number_of_clusters(asked: int | None, *, is_bayesian: bool) -> int | str:
    """Give how many clusters there shall be, or for a posterior may be: by default what it finds.

    Raises
    ------
    InputError
        If it is not said, and no posterior finds it.
    """
    if asked is None and not is_bayesian:
        message = (
            "`--components` must say how many clusters to look for. Write `-k 3`, say; or let `mixfold select` or "
            "`--bayesian` find how many there are."
        )
        raise InputError(message)
    return asked or AUTO


def fitted_posterior(
    rows: Any, components: int | str, settings: dict[str, Any], jobs: int, known: KnownRows
) -> BayesianGaussianMixture:
    """Learn while showing progress; what the fit warns of is said in one line."""
    ridge = settings["reg_covar"]
    settings = {**settings, "reg_covar": 0.0 if isinstance(ridge, str) else ridge}  # its priors are posteriors' own
    n_restarts = None if settings["init_params"] == AUTO else settings["n_init"]
    with warnings_in_lines(), FitProgress(n_restarts, settings["max_iter"], is_bound=True) as progress:
        estimator = BayesianGaussianMixture(n_components=components, **settings, n_jobs=jobs, callback=progress)
        estimator.fit(rows, noise=known.noise, labels=known.labels, must_link=known.links)
    vars(estimator).pop("feature_names_in_", None)  # the pictures are of rows without names
    return estimator


def posterior_facts(estimator: BayesianGaussianMixture) -> dict[str, Any]:
    """Give what is worth knowing of a posterior, in JSON's types."""
    probabilities = estimator.component_probabilities_
    told = {"certainty": certainty_in_words(estimator.n_components_, probabilities)} if probabilities else {}
    return {
        "bound_per_row": float(estimator.lower_bound_),
        "n_iter": int(estimator.n_iter_),
        "outcome": str(estimator.outcome_),
        "clusters": estimator.n_components_,
        **({} if estimator.outliers is None else {"outlier_share": float(estimator.outlier_share_)}),
        "probabilities": {str(k): float(p) for k, p in probabilities.items()},
        **told,
    }


def print_posterior(mixture: Mixture, facts: dict[str, Any]) -> None:
    """Show the expected mixture, and how sure the number of clusters is."""
    for table in component_tables(mixture, OUT.width, FEATURES_SHOWN):
        OUT.print(table)
    shown = {
        "clusters": str(facts["clusters"]),
        "how sure": facts.get("certainty", "not looked at"),
        **({"outliers": f"{facts['outlier_share']:.1%} of the rows"} if "outlier_share" in facts else {}),
        "evidence lower bound per row": f"{facts['bound_per_row']:.6f} (larger is better)",
        "iterations": f"{facts['n_iter']}, {facts['outcome']}",
    }
    OUT.print(fact_table(shown))


def shares_and_labels(
    estimator: GaussianMixture | BayesianGaussianMixture, rows: Any, known: KnownRows | None
) -> tuple[Any, Any]:
    """Give the shares of rows, and their labels where these are not the largest share, as where some have none."""
    if known is None:
        return estimator.mixture_.responsibilities(rows), None
    said = {"noise": known.noise, "must_link": known.links}
    return estimator.predict_proba(rows, **said), estimator.predict(rows, **said)
