"""Settings of a mixture by Optuna: those under which rows that were held out are most probable.

BIC needs no rows held out, and `AutoGaussianMixture` no other package: take this where other settings than number and
shape matter, or where the mixture is a part of something larger. Trials that fall behind while EM climbs are pruned.

    study = optuna.create_study(direction="maximize")
    study.optimize(objective(X), n_trials=30)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna
from sklearn.model_selection import KFold

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES


def objective(
    X: npt.ArrayLike, most: int = 10, n_folds: int = 3, random_state: int = 0
) -> Callable[[optuna.Trial], float]:
    """Give what Optuna maximizes: the mean log density of rows held out, in nats a row.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    most : int
        Components at most.
    n_folds : int
    random_state : int
    """
    rows = np.asarray(X)
    folds = list(KFold(n_folds, shuffle=True, random_state=random_state).split(rows))

    def held_out(trial: optuna.Trial) -> float:
        settings: dict[str, Any] = {
            "n_components": trial.suggest_int("n_components", 1, most),
            "covariance_type": trial.suggest_categorical("covariance_type", list(FAMILIES)),
            "random_state": random_state,
        }
        scores: list[float] = []
        for number, (learned, other) in enumerate(folds):
            scores.append(GaussianMixture(**settings).fit(rows[learned]).score(rows[other]))
            trial.report(float(np.mean(scores)), number)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(scores))

    return held_out
