"""How the parameters of an estimator become a fit by expectation-maximization."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from mixfold.covariance import CovarianceFamily, Prior, family_for
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, InputError
from mixfold.estimators.determined import DeterminedFeatures, can_restore
from mixfold.estimators.saving import Arrays, Fields
from mixfold.estimators.scikit_learn_names import ScikitLearnNames
from mixfold.estimators.streaming import refuse_streams
from mixfold.estimators.user_starts import described, given_initializer, given_parameters, without_weightless_rows
from mixfold.estimators.verbose import report, report_end
from mixfold.estimators.warnings import warn_about
from mixfold.fitting import (
    Callback,
    Checkpoint,
    DataScale,
    Iteration,
    Journal,
    Outcome,
    Problem,
    Run,
    Stopping,
    Stream,
    best_of,
    prior_for,
    run_restarts,
    stepwise,
)
from mixfold.fold import Fold
from mixfold.initialization import Initializer, KMeans, initializer_for
from mixfold.mixtures import Mixture
from mixfold.parameters import Parameters
from mixfold.rows import Source
from mixfold.search import Effort, Search
from mixfold.sources import ArraySource
from mixfold.typing import Array, FloatArray

AUTO = "auto"
FEWEST_ITERATIONS = 8
"""`max_iter` below which there is no search: the first round of its race would take more."""
REMEMBERED = 4
"""Objectives that a warm start remembers of the last fit, to know whether that had all but converged."""
ILL_DEFINED = (
    "Fitting the mixture model failed because some components have ill-defined empirical covariance (for instance "
    "caused by singleton or collapsed samples). Try to decrease the number of components, increase reg_covar, or scale "
    "the input data."
)
"""scikit-learn's words for a collapse, which code written for it may look for."""

WITHOUT_EFFECT = {
    *("n_jobs", "executor", "engine", "max_time", "verbose", "verbose_interval", "callback", "checkpoint", "warm_start")
}
"""Parameters that the result of a fit does not depend on, so that a checkpoint may be gone on from with others."""

RESULTS = (
    *("outcome_", "history_", "n_iter_", "converged_", "share_skipped_", "lower_bound_", "objective_", "lower_bounds_"),
    *("warnings_", "_recent"),
)
"""What a fit leaves beside the mixture, whatever features it has."""


class EMEstimator(ScikitLearnNames):
    """A `ScikitLearnNames` that learns by EM from the starts that its parameters name.

    Subclasses have the parameters below, and publish `_fit` as `fit`.
    """

    n_components: int
    tol: float
    reg_covar: float | str
    max_iter: int
    n_init: int
    init_params: str | Initializer
    warm_start: bool
    verbose: int
    verbose_interval: int
    minibatch: int | None
    max_time: float | None
    callback: Callback | None
    checkpoint: str | os.PathLike[str] | None
    rounding: str | npt.ArrayLike
    # The last objectives of the last fit.
    _recent: tuple[float, ...] = ()

    def _fit(self, X: Any, sample_weight: npt.ArrayLike | None, recent: tuple[float, ...] | None = None) -> Self:
        """Check what came, fit, and publish; `recent` are the last objectives of the fit that this one goes on from."""
        began = self._warm_parameters()
        self._kept = None
        if recent is None:
            recent = () if began is None else self._recent
        source = self._source(X, sample_weight, reset=True)
        kept, source = without_weightless_rows(source)
        n_rows = source.n_rows if source.weights is None else int(np.sum(to_numpy(source.weights) > 0.0))
        if n_rows < self.n_components:
            message = (
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, "
                f"n_samples = {n_rows} (rows of positive weight). Fit fewer components."
            )
            raise InputError(message)
        self._refuse_other_start(began, source.n_features)
        family, steps = family_for(self.covariance_type), self._steps(source.n_features)
        if self.minibatch is not None:
            refuse_streams(family, "`minibatch`")
        fixed = given_parameters(self, family, self.n_components, source.n_features)
        start = began, given_initializer(self, source.n_rows, kept), fixed
        deadline = time.perf_counter() + (math.inf if self.max_time is None else self.max_time)
        try:
            with self._folding(source) as fold:
                return self._fit_fold(fold, DataScale.of(fold, steps, self.n_components), start, recent, deadline)
        except CollapseError as error:
            if str(error).startswith(ILL_DEFINED):  # of the fit of some of the features
                raise
            message = f"{ILL_DEFINED} {error}"
            raise CollapseError(message) from error

    def _fit_fold(
        self,
        fold: Fold,
        scale: DataScale,
        start: tuple[Parameters | None, Initializer | None, dict[str, FloatArray]],
        recent: tuple[float, ...],
        deadline: float,
    ) -> Self:
        """Fit rows, all of which have weight, from what is known of the start."""
        source, family, began = fold.source, family_for(self.covariance_type), start[0]
        # A number for `reg_covar` is scikit-learn's arithmetic, in which features that others determine are features.
        if isinstance(self.reg_covar, str) and isinstance(source, ArraySource) and can_restore(family):
            determined = DeterminedFeatures.of(source, scale, family)
            if determined is not None:
                return self._fit_free(fold, scale, determined, began, recent)
        problem = Problem(fold, family, self._prior(fold, family, scale))
        random_state = check_random_state(self.random_state)
        journal = Journal.opened(random_state, self._checkpoint(fold, began, recent), problem)
        starts = self._starts(problem, *start, random_state)
        if starts is None:
            if journal.found is None:
                search = self._search(problem, scale, deadline, random_state, journal)
                journal.search_ended(search.best(), search.runs)
            starts = [("search", lambda: cast("Parameters", journal.found))]
        if self.minibatch is not None:
            starts = [(name, self._warmed(make, problem)) for name, make in starts]
        stopping = Stopping(self.tol, self.max_iter, deadline, _resolution(source), recent)
        runs = run_restarts(problem, starts, stopping, self._observer(), first=len(journal.raced), journal=journal)
        if start == (None, None, {}):  # else the caller knows an order, which stays
            runs = [one.largest_first(family) for one in runs]
        run, parameters = best_of(runs)
        if run.outcome is Outcome.COLLAPSED and run.n_iter + 1 < self.max_iter:
            raise CollapseError(run.reason)
        if not problem.prior.is_density:
            refuse_singular(parameters, family)
        statistics = run.statistics or fold.statistics(problem.potentials(parameters), family.structure)
        self.restarts_ = [*journal.raced, *runs]
        self._learn(run, parameters, problem)
        objectives = [iteration.objective for iteration in run.history]
        self._recent = tuple(stopping.since_before(objectives)[-REMEMBERED:])
        self._stream = Stream(statistics), problem.prior
        return self

    def _starts(
        self,
        problem: Problem,
        began: Parameters | None,
        initializer: Initializer | None,
        fixed: dict[str, Array],
        random_state: np.random.RandomState,
    ) -> list[tuple[str, Callable[[], Parameters]]] | None:
        """Name the starts, each made when its turn comes; None if they are for a search to find."""
        if began is not None:
            return [("warm start", lambda: began)]
        if len(fixed) == 3:
            return [("parameters", lambda: Parameters(**fixed))]
        searching = self.init_params == AUTO and self.max_iter >= FEWEST_ITERATIONS
        if searching and self.n_components > 1 and not (initializer or fixed):
            return None
        initialize = initializer or initializer_for(KMeans() if self.init_params == AUTO else self.init_params)

        def make() -> Parameters:
            statistics = initialize(problem.fold, self.n_components, problem.family.structure, random_state)
            return replace(Parameters.maximize(statistics, problem.family, problem.prior), **fixed)

        return [(initialize.name, make)] * (1 if initializer or self.n_components == 1 else self.n_init)

    def _fit_free(
        self,
        fold: Fold,
        scale: DataScale,
        determined: DeterminedFeatures,
        began: Parameters | None,
        recent: tuple[float, ...],
    ) -> Self:
        """Fit the features that no others determine, and put the others back."""
        source, family, free = cast("ArraySource", fold.source), family_for(self.covariance_type), determined.free
        inner = type(self)(**{**self.get_params(deep=False), "warm_start": False})
        if self.means_init is not None:
            inner.means_init = to_numpy(self.means_init)[:, free]
        if self.precisions_init is not None:
            covariances = family.from_precisions(to_numpy(self.precisions_init))
            inner.precisions_init = family.precisions(family.whiten(family.marginal(covariances, free)))
        if began is not None:
            covariances = family.marginal(began.covariances, free)
            inner.weights_init, inner.means_init = began.weights, began.means[:, free]
            inner.precisions_init = family.precisions(family.whiten(covariances))
        if not isinstance(self.rounding, str):
            inner.rounding = np.broadcast_to(np.asarray(self.rounding, np.float64), (source.n_features,))[free]
        inner._fit(  # noqa: SLF001  (it is of this class)
            source.rows[:, free], source.weights, recent
        )
        self._publish(determined.restored(inner.mixture_.parameters, family), family, source.first)
        for name in RESULTS:
            setattr(self, name, getattr(inner, name))
        self.restarts_ = [
            run
            if run.parameters is None
            else replace(run, parameters=determined.restored(run.parameters, family), statistics=None)
            for run in inner.restarts_
        ]
        assert inner._jitter is not None  # noqa: S101, SLF001  (it is fitted, and of this class)
        jitter = family.structure.reduced(inner._jitter, len(free))  # noqa: SLF001
        prior = replace(self._prior(fold, family, scale), jitter=determined.restored_covariances(jitter, family))
        potentials = self.mixture_.potentials.jittered(prior.jitter)
        self._jitter, self._stream = prior.jitter, (Stream(fold.statistics(potentials, family.structure)), prior)
        return self

    def _steps(self, n_features: int) -> FloatArray | None:
        """Give the steps that the caller says features were recorded in; None if they are to be found."""
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

    def _prior(self, fold: Fold, family: CovarianceFamily, scale: DataScale) -> Prior:
        """Give what `reg_covar` and `rounding` say; a number says that rows are points, unless steps are given."""
        prior = prior_for(self.reg_covar, fold, family, self.n_components, scale)
        if isinstance(self.reg_covar, str) or isinstance(self.rounding, str):
            return prior
        return replace(prior, jitter=prior.jitter + scale.steps**2 / 12.0)

    def _prior_of(self, fold: Fold) -> Prior:
        scale = DataScale.of(fold, self._steps(fold.source.n_features), self.n_components)
        return self._prior(fold, family_for(self.covariance_type), scale)

    def _warmed(self, make: Callable[[], Parameters], problem: Problem) -> Callable[[], Parameters]:
        """Let a start walk over the data once in small batches, before EM goes on by full passes."""

        def warmed() -> Parameters:
            batches = problem.fold.batches(cast("int", self.minibatch))
            steps = {"exponent": self.step_exponent, "forgetting": self.forgetting}
            return stepwise(batches, make(), problem.family, problem.prior, **steps)

        return warmed

    def _search(
        self,
        problem: Problem,
        scale: DataScale,
        deadline: float,
        random_state: np.random.RandomState,
        journal: Journal,
    ) -> Search:
        effort = Effort.usual(problem, self.n_components, self.n_init, deadline)
        return Search(problem, scale, self.n_components, random_state, effort, self._observer(), journal)

    def _checkpoint(self, fold: Fold, began: Parameters | None, recent: tuple[float, ...]) -> Checkpoint | None:
        """Give the checkpoint under the identity of this fit: everything that its result depends on."""
        if self.checkpoint is None:
            return None
        settings = {name: value for name, value in self.get_params().items() if name not in WITHOUT_EFFECT}
        identity = {"mixfold": version("mixfold"), "data": fold.digest()[:16], "engine": fold.engine.name}
        identity |= {name: described(value) for name, value in settings.items()}
        if began is not None:
            identity["warm_start"] = described(np.concatenate([began.means.ravel(), began.covariances.ravel(), recent]))
        return Checkpoint(self.checkpoint, identity)

    def _warm_parameters(self) -> Parameters | None:
        if not (self.warm_start and hasattr(self, "converged_")):
            return None
        return self.mixture_.parameters

    def _refuse_other_start(self, began: Parameters | None, n_features: int) -> None:
        """Refuse a warm start from a mixture of another shape."""
        if began is None:
            return
        mixture = self.mixture_
        here = (mixture.n_components, mixture.n_features, mixture.covariance_type)
        wanted = (self.n_components, n_features, family_for(self.covariance_type).name)
        if here != wanted:
            message = (
                "A warm start needs the (n_components, n_features, covariance_type) of the last fit, "
                f"{here}, got {wanted}. Set `warm_start=False` to begin anew."
            )
            raise InputError(message)

    def _observer(self) -> Callback | None:
        if not (self.callback or self.verbose):
            return None

        def observe(iteration: Iteration) -> bool | None:
            report(iteration, self.verbose, self.verbose_interval)
            return self.callback(iteration) if self.callback else None

        return observe

    def _learn(self, run: Run, parameters: Parameters, problem: Problem) -> None:
        """Set the fitted attributes from the best run."""
        mixture = self._publish(parameters, problem.family, problem.fold.source.first)
        self._jitter = problem.prior.jitter
        self.outcome_, self.history_, self.n_iter_ = run.outcome, run.history, run.n_iter
        self.converged_ = run.outcome is Outcome.CONVERGED
        self.share_skipped_ = run.share_skipped
        if self.verbose:
            report_end(run)
        self.lower_bound_, self.objective_ = np.float64(run.log_likelihood), run.objective
        self.lower_bounds_ = [iteration.log_likelihood for iteration in run.history[1:]]
        self.warnings_ = warn_about(run, mixture, problem)

    def _saved(self) -> tuple[Fields, Arrays]:
        fit, arrays = super()._saved()
        return fit, {**arrays, "recent": np.array(self._recent, dtype=np.float64)}

    def _restore(self, mixture: Mixture, fit: Fields, arrays: Mapping[str, FloatArray]) -> None:
        super()._restore(mixture, fit, arrays)
        self._recent = tuple(arrays["recent"].tolist()) if "recent" in arrays else ()


def _resolution(source: Source) -> float:
    """Give the share of an objective that is rounding: in float32 the mean over rows wavers by about 1e-8."""
    return 1e-8 if "float32" in str(source.first.dtype) else 1e-15


def refuse_singular(parameters: Parameters, family: CovarianceFamily) -> None:
    """Refuse covariance matrices that only rounding keeps positive definite, where no prior keeps them from that."""
    if not family.structure.is_matrix:
        return
    k, d = parameters.means.shape
    pivots = np.einsum("...ii->...i", family.whiten(parameters.covariances)) ** -2.0
    shares = pivots / family.variances(parameters.covariances, k, d)
    if np.min(shares) < d * np.finfo(np.float64).eps:
        message = (
            "Every covariance must be positive definite by more than rounding, but features determine each other in "
            f"component {int(np.argmin(np.min(shares, axis=1)))}. Leave out what follows from other features, increase "
            "`reg_covar`, or leave it at 'auto'."
        )
        raise CollapseError(message)
