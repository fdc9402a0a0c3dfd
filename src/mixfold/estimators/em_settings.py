"""The parameters of an estimator that its fit depends on, as a value."""

from __future__ import annotations

import os
import time
from copy import deepcopy
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mixfold.covariance import CovarianceFamily, family_for
from mixfold.engines import Engine, to_numpy
from mixfold.errors import InputError
from mixfold.estimators.callbacks import observer_of
from mixfold.estimators.user_starts import described
from mixfold.executors import Executor
from mixfold.fitting import Callback, DataScale, prior_for
from mixfold.fold import Fold
from mixfold.initialization import Initializer
from mixfold.models import Penalized
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray, IntArray

AUTO = "auto"
FEWEST_ITERATIONS = 8
"""`max_iter` below which there is no search: the first round of its race would take more."""
WITHOUT_EFFECT = {
    *("n_jobs", "executor", "engine", "max_time", "verbose", "verbose_interval", "callback", "checkpoint", "missing"),
}
"""Those that the result of a fit does not depend on, so that a checkpoint may be gone on from with others."""
LEAST_SECONDS = 1e-3
"""That a fit inside of another is given, if time is over."""


@dataclass(frozen=True, slots=True)
class EMSettings:
    """The parameters of a `GaussianMixture` that its fit depends on, by their names there.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.estimators.em_settings import EMSettings
    >>> EMSettings.of(GaussianMixture(3, tol=1e-4)).tol
    0.0001
    """

    n_components: int
    covariance_type: str | CovarianceFamily
    tol: float
    reg_covar: float | str
    max_iter: int
    n_init: int
    init_params: str | Initializer
    weights_init: npt.ArrayLike | None
    means_init: npt.ArrayLike | None
    precisions_init: npt.ArrayLike | None
    labels_init: npt.ArrayLike | None
    responsibilities_init: npt.ArrayLike | None
    random_state: int | np.random.RandomState | None
    verbose: int
    verbose_interval: int
    engine: str | Engine
    n_jobs: int | None
    executor: str | Executor | None
    max_time: float | None
    callback: Callback | None
    checkpoint: str | os.PathLike[str] | None
    minibatch: int | None
    step_exponent: float
    forgetting: float
    rounding: str | npt.ArrayLike
    missing: str

    @classmethod
    def of(cls, estimator: Any) -> Self:
        """Take them from an estimator."""
        named = {each.name: getattr(estimator, each.name) for each in fields(cls)}
        return cls(**(named | {"callback": observer_of(estimator)}))

    @property
    def is_searching(self) -> bool:
        """Whether starts are for a search to find, if none is given."""
        return self.init_params == AUTO and self.max_iter >= FEWEST_ITERATIONS and self.n_components > 1

    def inside(self, n_components: int, deadline: float) -> Self:
        """Give the same for a fit of fewer components inside of this one, which nobody watches."""
        seconds = None if self.max_time is None else max(deadline - time.perf_counter(), LEAST_SECONDS)
        state = deepcopy(self.random_state)  # as if it were a fit by itself, and this one had not made it
        unwatched = replace(self, checkpoint=None, callback=None, verbose=0)
        return replace(unwatched, n_components=n_components, max_time=seconds, random_state=state)

    def described(self) -> dict[str, str]:
        """Give those that the result depends on as text that is equal for equal settings."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: described(value) for name, value in named.items() if name not in WITHOUT_EFFECT}

    def steps(self, n_features: int) -> FloatArray | None:
        """Give the steps that the caller says features were recorded in; None if they are to be found.

        Raises
        ------
        InputError
            If they are no steps.
        """
        if isinstance(self.rounding, str):
            return None
        steps = np.asarray(self.rounding, dtype=np.float64)
        if steps.shape not in {(), (n_features,)} or not np.all((steps >= 0.0) & (steps < np.inf)):
            message = (
                "`rounding` must be 'auto', or finite steps of at least 0: one number, or one for each of "
                f"{n_features} features; got {self.rounding!r}. Pass 0 for a feature that is continuous."
            )
            raise InputError(message)
        return steps

    def model(self, fold: Fold, scale: DataScale) -> Penalized:
        """Give what `reg_covar` and `rounding` say; a number says that rows are points, unless steps are given."""
        family = family_for(self.covariance_type)
        prior = prior_for(self.reg_covar, fold, family, self.n_components, scale)
        if not (isinstance(self.reg_covar, str) or isinstance(self.rounding, str)):
            prior = replace(prior, jitter=prior.jitter + scale.steps**2 / 12.0)
        return Penalized(family, prior)

    def of_features(self, features: IntArray, n_features: int, began: Parameters | None = None) -> Self:
        """Give the same for a fit of some of the features, from some of what a warm start goes on from.

        Parameters
        ----------
        features : ndarray of int
        n_features : int
            Of all.
        began : Parameters, optional
            Of all features.
        """
        settings, family = self, family_for(self.covariance_type)
        inner = family.of_features(len(features))
        if inner is not family:
            settings = replace(settings, covariance_type=inner)
        if settings.means_init is not None:
            settings = replace(settings, means_init=to_numpy(settings.means_init)[:, features])
        covariances = None if began is None else began.covariances
        if began is not None:
            settings = replace(settings, weights_init=began.weights, means_init=began.means[:, features])
        elif settings.precisions_init is not None:
            covariances = family.from_precisions(to_numpy(settings.precisions_init))
        if covariances is not None:
            taken = inner.nearest(family.marginal(covariances, features), len(features))
            precisions = inner.precisions(inner.whiten(taken))
            settings = replace(settings, precisions_init=precisions)
        if not isinstance(settings.rounding, str):
            steps = np.broadcast_to(np.asarray(settings.rounding, np.float64), (n_features,))
            settings = replace(settings, rounding=steps[features])
        return settings
