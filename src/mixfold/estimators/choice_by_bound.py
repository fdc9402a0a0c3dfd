"""How many components, and of which shape, by the evidence lower bound."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.estimators.bayesian_fitter import BayesianFitter
from mixfold.estimators.bayesian_gaussian_mixture import BayesianGaussianMixture
from mixfold.estimators.clusters import MERGED_ROWS
from mixfold.estimators.em_settings import AUTO
from mixfold.estimators.missing import fully_observed
from mixfold.estimators.posterior_attributes import certainty_in_words
from mixfold.estimators.rows import fold_of, known_names
from mixfold.executors import LocalExecutor
from mixfold.fold.checking import count_missing
from mixfold.models import CONJUGATE
from mixfold.rows import Source
from mixfold.search.found_components import LOG_ODDS
from mixfold.validation import name_features

ELBO = "elbo"
"""The criterion: minus twice the bound of all rows, with the log prior probability of the number of components."""


@dataclass(frozen=True, slots=True)
class ChosenByBound:
    """What has most evidence.

    Attributes
    ----------
    model : BayesianGaussianMixture
        Fitted.
    results : list of dict
        A row for each family and number of components that it was told the evidence of.
    value : float
        The criterion of the choice.
    reason : str
    """

    model: BayesianGaussianMixture
    results: list[dict[str, Any]]
    value: float
    reason: str


def chosen_by_bound(
    settings: dict[str, Any],
    most: int | None,
    families: Sequence[str],
    source: Source,
    until: float,
    names: Sequence[str] | None,
) -> ChosenByBound:
    """Learn a posterior of each family, each of which finds its number of components, and take the best.

    Parameters
    ----------
    settings : dict
        Of each `BayesianGaussianMixture`.
    most : int or None
        Components there may be; None leaves it to the rows.
    families : sequence of str
    source : Source
    until : float
        When no other family is begun, by `time.perf_counter`.
    names : sequence of str or None
        Of the features.

    Returns
    -------
    chosen : ChosenByBound
    """
    weight = float(source.n_rows if source.weights is None else np.sum(to_numpy(source.weights)))
    limit = AUTO if most is None else min(most, source.n_rows)
    rows: list[dict[str, Any]] = []
    models: dict[str, BayesianGaussianMixture] = {}
    for name in families:
        if models and time.perf_counter() > until:
            break
        began = time.perf_counter()
        model = BayesianGaussianMixture(n_components=limit, covariance_type=name, **settings)
        name_features(model, source.n_features, names)
        asked = {**model.get_params(deep=False), "max_time": until - began}  # no family has time of its own
        fit = BayesianFitter(BayesianGaussianMixture(**asked)).fit(source)
        model._publish(fit, source.first)  # noqa: SLF001  (it was made here)
        model.warnings_ = tuple(message for _, message in fit.said)
        models[name] = model
        rows += _rows(model, weight, time.perf_counter() - began)
    best = min((row for row in rows if row["is_found"]), key=lambda row: row[ELBO])
    results = [{name: value for name, value in row.items() if name != "is_found"} for row in rows]
    results = [{**row, "chosen": rows[at] is best} for at, row in enumerate(results)]
    model, k = models[best["covariance_type"]], best["n_components"]
    reason = f"{best['covariance_type']} has the highest bound. {certainty_in_words(k, model.component_probabilities_)}"
    return ChosenByBound(model, results, best[ELBO], reason)


def choose_by_bound(asked: Any, source: Source, levels: list[int] | None, families: list[str], began: float) -> None:
    """Set the fitted attributes of an `AutoGaussianMixture` to what posteriors find.

    Parameters
    ----------
    asked : AutoGaussianMixture
    source : Source
    levels : list of int or None
        Of which the largest is the most components there may be.
    families : list of str
    began : float
        When the fit did, by `time.perf_counter`.

    Raises
    ------
    InputError
        If there is a checkpoint.
    """
    if asked.checkpoint is not None:
        message = f"criterion='elbo' has no grid that `checkpoint` could keep, got {asked.checkpoint!r}. Omit it."
        raise InputError(message)
    families = [name for name in families if name in CONJUGATE]  # of all; others are refused where they are named
    seed = int(check_random_state(asked.random_state).randint(2**31))
    settings = {"random_state": seed, "n_jobs": asked.n_jobs, "engine": asked.engine, "max_time": asked.max_time}
    until = began + (math.inf if asked.max_time is None else asked.max_time)
    chosen = chosen_by_bound(settings, levels[-1] if levels else None, families, source, until, known_names(asked))
    best = chosen.model
    asked.best_estimator_, asked.grid_models_ = best, []
    asked._jitter, asked._n_beside = None, 0  # noqa: SLF001  (whose fit it is)
    asked.results_, asked.best_value_, asked.reason_ = chosen.results, chosen.value, chosen.reason
    asked.n_components_, asked.covariance_type_ = best.n_components_, best.covariance_type
    with LocalExecutor() as executor:
        fold = fold_of(source, asked.engine, executor)
        asked.n_missing_ = count_missing(executor, fold.source)
        seen = fold if fold.is_complete else fully_observed(fold)
        merged = seen.sample(np.random.RandomState(0), MERGED_ROWS)
    asked._combine(merged.values, merged.weights_or_ones)  # noqa: SLF001  (whose fit it is)
    asked.warnings_ = best.warnings_


def _rows(model: BayesianGaussianMixture, weight: float, seconds: float) -> list[dict[str, Any]]:
    """Give what is known of the numbers of components near the one that was found."""
    k, mixture = model.n_components_, model.mixture_
    probabilities = model.component_probabilities_ or {k: 1.0}
    evidence = float(model.lower_bound_) * weight - LOG_ODDS * k
    rows = []
    for number, probability in probabilities.items():
        is_found = number == k
        value = -2.0 * (evidence + float(np.log(probability / probabilities[k])))
        d = mixture.n_features
        rows.append(
            {
                "n_components": number,
                "covariance_type": model.covariance_type,
                ELBO: value,
                "probability": probability,
                "n_parameters": number - 1 + number * d + mixture.family.n_parameters(number, d),
                "outcome": str(model.outcome_),
                "reason": "found" if is_found else "by a merge or a split of what was found",
                "n_iter": int(model.n_iter_) if is_found else 0,
                "seconds": seconds if is_found else 0.0,
                "is_found": is_found,
            }
        )
    return rows
