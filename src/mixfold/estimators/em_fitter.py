"""`EMFitter`: how the parameters of an estimator become a fit by expectation-maximization."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import cast

import numpy as np

from mixfold.covariance import CovarianceFamily, family_for
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, InputError, NotFiniteError
from mixfold.estimators.determined import DeterminedFeatures, can_restore, refuse_singular
from mixfold.estimators.em_settings import AUTO, EMSettings
from mixfold.estimators.far_rows import FarRows
from mixfold.estimators.fit import Fit
from mixfold.estimators.labelled_starts import allowed_of, is_contradicted, labelled_starts, matched
from mixfold.estimators.linked_starts import linked_starts
from mixfold.estimators.missing import by_pattern, completed_with_steps, telling
from mixfold.estimators.rows import folding
from mixfold.estimators.streaming import refuse_streams
from mixfold.estimators.user_starts import (
    described,
    given_initializer,
    given_parameters,
    named_start,
    refuse_starts_of_rows,
    without_weightless_rows,
)
from mixfold.estimators.verbose import report
from mixfold.estimators.warnings import warnings_about
from mixfold.fitting import (
    SEARCH,
    Callback,
    Checkpoint,
    DataScale,
    FitState,
    Iteration,
    Outcome,
    Stopping,
    Stream,
    best_of,
    resolution_of,
    run_restarts,
    stepwise,
)
from mixfold.fold import Fold
from mixfold.fold.checking import count_missing
from mixfold.fold.sampling import given_back, lent
from mixfold.initialization import Initializer, KMeans, initializer_for, side_by_side
from mixfold.mixtures import Mixture
from mixfold.models import Penalized, PenalizedProblem, Problem
from mixfold.observations import Incomplete, Observation
from mixfold.parameters import Parameters
from mixfold.rows import Source
from mixfold.search import Effort, Search, can_search, in_share_of_time, searched, unlike
from mixfold.sources import ArraySource, in_memory
from mixfold.typing import Array, FloatArray

START_TOL = 1e-4
"""`tol` of the fit of completed rows, from which that of rows that lack values begins."""
SCALE_TIME, START_TIME = 0.125, 0.5
"""Shares of `max_time`: for what lies within components, and of what is left then for a start; EM has the rest."""
PLATEAU = 2000.0
"""A dear run from a start that is no search's ends when half of its steps gained less than this many times `tol`: 2e-3
nats a row by default, where scikit-learn ends when a single step gains less than 1e-3."""
REMEMBERED = 4
"""Objectives that a warm start remembers of the last fit, to know whether that had all but converged."""
ILL_DEFINED = (
    "Fitting the mixture model failed because some components have ill-defined empirical covariance (for instance "
    "caused by singleton or collapsed samples). Try to decrease the number of components, increase reg_covar, or scale "
    "the input data."
)
"""scikit-learn's words for a collapse, which code written for it may look for."""


@dataclass(frozen=True, slots=True)
class EMFitter:
    """Learns by EM from the starts that the settings name.

    Attributes
    ----------
    settings : EMSettings

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.estimators.em_fitter import EMFitter, EMSettings
    >>> from mixfold.sources import ArraySource
    >>> settings = EMSettings.of(GaussianMixture(2, random_state=0))
    >>> fit = EMFitter(settings).fit(ArraySource(load_faithful().data))
    >>> fit.parameters.means.round(1)
    array([[ 4.3, 80. ],
           [ 2. , 54.5]])
    """

    settings: EMSettings

    @property
    def family(self) -> CovarianceFamily:
        """The covariance family."""
        return family_for(self.settings.covariance_type)

    def fit(
        self,
        source: Source,
        last: Mixture | None = None,
        recent: tuple[float, ...] = (),
        observations: Sequence[Observation] = (),
        *,
        gaps: bool = False,
    ) -> Fit:
        """Check what was set, and fit rows that are known to be numbers.

        Parameters
        ----------
        source : Source
        last : Mixture, optional
            What a warm start goes on from.
        recent : tuple of float
            The last objectives of the fit that this one goes on from.
        observations : sequence of Observation
            Of the strata of the source, where more is known of rows than which values they lack.
        gaps : bool
            Whether values of rows that are not in memory may be missing.
        """
        settings, family = self.settings, self.family
        kept, source = without_weightless_rows(source)
        n_rows = source.n_rows if source.weights is None else int(np.sum(to_numpy(source.weights) > 0.0))
        if n_rows < settings.n_components:
            message = (
                f"Expected n_samples >= n_components but got n_components = {settings.n_components}, "
                f"n_samples = {n_rows} (rows of positive weight). Fit fewer components."
            )
            raise InputError(message)
        if last is not None:
            self._refuse_other_start(last, source.n_features)
        steps = self.settings.steps(source.n_features)
        if settings.minibatch is not None:
            refuse_streams(family, "`minibatch`")
        fixed = given_parameters(settings, family, settings.n_components, source.n_features)
        start = last and last.parameters, given_initializer(settings, source.n_rows, kept), fixed
        deadline = time.perf_counter() + (math.inf if settings.max_time is None else settings.max_time)
        try:
            with folding(
                source,
                settings.engine,
                settings.n_jobs,
                settings.executor,
                begins_with_sample=True,
                observations=observations,
                gaps=gaps,
            ) as folded:
                fold = replace(folded, deadline=deadline)
                if not fold.is_complete:
                    return self._fit_observed(fold, steps, start, recent)
                try:
                    if settings.checkpoint is not None:
                        fold.digest()  # checks rows in the same pass; remembered, where changed rows are noticed
                    scale = self._scale(fold, steps)
                except NotFiniteError:  # by the first walk
                    if not gaps:
                        raise
                    incomplete = replace(fold, observations=(Incomplete(),))
                    return self._fit_observed(incomplete, steps, start, recent)
                return self._fit_fold(fold, scale, start, recent)
        except CollapseError as error:
            if str(error).startswith(ILL_DEFINED):  # of the fit of some of the features
                raise
            message = f"{ILL_DEFINED} {error}"
            raise CollapseError(message) from error

    def model_of(self, fold: Fold) -> Penalized:
        """Give the model that rows are fitted with."""
        return self.settings.model(fold, self._scale(fold, self.settings.steps(fold.source.n_features)))

    def _scale(self, fold: Fold, steps: FloatArray | None) -> DataScale:
        k = self.settings.n_components
        learns = self.settings.reg_covar == AUTO and can_search(fold.source, self.family, k)  # whose end may refute it
        return DataScale.of(in_share_of_time(fold, SCALE_TIME), steps, k, learns_likeness=learns)

    def _fit_fold(
        self,
        fold: Fold,
        scale: DataScale,
        start: tuple[Parameters | None, Initializer | None, dict[str, FloatArray]],
        recent: tuple[float, ...],
        model: Penalized | None = None,
        known: Sequence[tuple[str, Parameters]] = (),
        *,
        largest_first: bool = False,
    ) -> Fit:
        """Fit rows, all of which have weight, from what is known of the start."""
        source, family, began = fold.source, self.family, start[0]
        # A number for `reg_covar` is scikit-learn's arithmetic, in which features that others determine are features.
        is_free = model is None and isinstance(self.settings.reg_covar, str)
        can_be_free = is_free and source.origin.is_in_memory and can_restore(family)
        if can_be_free and (determined := DeterminedFeatures.of(in_memory(source.origin), scale, family)):
            return self._fit_free(fold, determined, began, recent)
        random_state = lent(self.settings.random_state)
        far, near = (is_free and start == (None, None, {}) and self._found_near(fold, scale)) or (None, None)
        here = fold if start[1] is not None else side_by_side(fold, self.settings.n_components)  # it may number rows
        problem = Problem(here, near.model if near else model or self.settings.model(fold, scale))
        other = None if far else unlike(problem, scale, self.settings.n_components)
        fit_state = FitState.opened(random_state, self._checkpoint(fold, began, recent), problem, other)
        in_time = replace(problem, fold=in_share_of_time(here, START_TIME))
        starts = self._starts(in_time, *start, random_state)
        if known:
            starts = [(name, partial(replace, one)) for name, one in known]
        is_from_afar = starts is not None and began is None and len(start[2]) < 3
        is_near = starts is None and problem.model.prior.is_density
        if starts is None:
            if fit_state.found is None:
                search = self._search(in_time, scale, random_state, fit_state)
                found, last = far.searched(search, near.parameters) if far and near else searched(search, other)
                fit_state.search_ended(found, last.runs, is_other=other is not None and last is not search)
            starts = [(SEARCH, lambda: cast("Parameters", fit_state.found))]
            if not problem.model.prior.is_density:  # of what EM climbs then the search climbs a stand-in
                starts.append(named_start(KMeans(), in_time, self.settings.n_components, {}, random_state))
            problem = other if other and fit_state.is_other else problem
        if self.settings.minibatch is not None:
            starts = [(name, self._warmed(make, problem)) for name, make in starts]
        tol, plateau = self.settings.tol, PLATEAU * self.settings.tol if is_from_afar else 0.0
        limits = tol, self.settings.max_iter, fold.deadline
        stopping = Stopping(*limits, resolution_of(source.first), plateau, recent, is_near=is_near)
        first = len(fit_state.raced)
        runs = run_restarts(problem, starts, stopping, self._observer(), first=first, fit_state=fit_state)
        if largest_first or start == (None, None, {}):  # else the caller knows an order, which stays
            runs = [one.largest_first(family.structure) for one in runs]
        run, parameters = best_of(runs)
        if run.outcome is Outcome.COLLAPSED and run.n_iter + 1 < self.settings.max_iter:
            raise CollapseError(run.reason)
        if not problem.model.prior.is_density:
            refuse_singular(parameters, family)
        statistics = run.statistics or fold.statistics(problem.model.potentials(parameters), family.structure)
        given_back(random_state, self.settings.random_state)
        return Fit(
            run,
            parameters,
            problem.model,
            [*fit_state.raced, *runs],
            warnings_about(run, parameters, problem, self.settings.tol),
            tuple(stopping.since_before([one.objective for one in run.history])[-REMEMBERED:]),
            Stream.of_fit(statistics),
        )

    def _fit_observed(
        self,
        fold: Fold,
        steps: FloatArray | None,
        start: tuple[Parameters | None, Initializer | None, dict[str, FloatArray]],
        recent: tuple[float, ...],
    ) -> Fit:
        """Fit rows that are seen in part, from a fit of them completed: those have the prior and the starts."""
        settings, is_sampled = self.settings, not fold.source.is_in_memory
        complete, found = completed_with_steps(fold)
        scale = DataScale.of(complete, found if steps is None else steps, settings.n_components)
        if settings.reg_covar == AUTO and (told := telling(fold)):
            scale = scale.told_by(told)
        if is_sampled:
            refuse_starts_of_rows(start[1])
            scale = scale.of_all(fold.source.n_rows, fold.source.weights)
        model, began = settings.model(complete, scale), Parameters(**start[2]) if len(start[2]) == 3 else start[0]
        allowed, starts = allowed_of(fold, settings.n_components), cast("list[tuple[str, Parameters]]", [])
        if began is None:
            inner = EMFitter(replace(settings, checkpoint=None, tol=max(settings.tol, START_TOL)))

            def find(over: Fold) -> Fit:
                return inner._fit_fold(over, scale, start, (), model)

            first = find(complete)
            scale = scale if first.model is model else scale.without_likeness  # rows may have refuted it
            began, model = first.parameters, first.model
            if scale.learns_likeness and is_contradicted(began, complete, model, allowed, fold.source.marks.links):
                scale = scale.without_likeness
                model = settings.model(complete, scale)
                began = find(complete).parameters
            if start == (None, None, {}):
                starts = linked_starts(fold, complete, model, lambda over: find(over).parameters, settings.random_state)
                if allowed is not None:
                    starts = [(name, matched(one, complete, model, allowed)) for name, one in starts]
                    starts += labelled_starts(began, complete, model, allowed, settings.random_state)
                elif starts:
                    starts = [(SEARCH, began), *starts]
        own, largest_first = EMFitter(replace(settings, minibatch=None)), allowed is None and start == (None, None, {})
        ordered, start = by_pattern(fold), (began, None, {})
        fit = own._fit_fold(ordered, scale, start, recent, model, starts, largest_first=largest_first)
        return replace(fit, n_missing=count_missing(fold.executor, fold.source)) if is_sampled else fit

    def _starts(
        self,
        problem: PenalizedProblem,
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
        k, init_params = self.settings.n_components, self.settings.init_params
        if self._is_searching(problem.fold.source) and not (initializer or fixed):
            return None
        initialize = initializer or initializer_for(KMeans() if init_params == AUTO else init_params)
        named = named_start(initialize, problem, k, fixed, random_state)
        return [named] * (1 if initializer or k == 1 else self.settings.n_init)

    def _fit_free(
        self,
        fold: Fold,
        determined: DeterminedFeatures,
        began: Parameters | None,
        recent: tuple[float, ...],
    ) -> Fit:
        """Fit the features that no others determine, and put the others back."""
        source, family, free = in_memory(fold.source.origin), self.family, determined.free
        settings = self.settings.of_features(free, source.n_features, began)
        inner = EMFitter(settings).fit(ArraySource(source.values[:, free], source.marks), recent=recent)
        fit = determined.restored_fit(inner, family)
        if not fit.model.structure.is_streamable:
            return fit
        statistics = fold.statistics(fit.model.potentials(fit.parameters), fit.model.structure)
        return replace(fit, stream=Stream.of_fit(statistics))

    def _found_near(self, fold: Fold, scale: DataScale) -> tuple[FarRows, Fit] | None:
        """Fit all rows but far ones, and give these components of their own; None where no rows are far."""
        if not (self._is_searching(fold.source) and fold.source.is_in_memory):
            return None
        source = in_memory(fold.source)
        if (far := FarRows.of(source, scale, self.settings.n_components)) is None:
            return None
        inner = EMFitter(self.settings.inside(self.settings.n_components - far.n_groups, fold.deadline))
        found = inner.fit(far.others(source))
        if found.model.family != self.family:  # near rows may have features that follow others
            return None
        parameters, model = far.measured(found.parameters, found.model, scale)
        return far, replace(found, parameters=far.joined(parameters, model), model=model)

    def _warmed(self, make: Callable[[], Parameters], problem: PenalizedProblem) -> Callable[[], Parameters]:
        """Let a start walk over the data once in small batches, before EM goes on by full passes."""

        def warmed() -> Parameters:
            batches = problem.fold.batches(cast("int", self.settings.minibatch))
            steps = {"exponent": self.settings.step_exponent, "forgetting": self.settings.forgetting}
            return stepwise(batches, make(), problem.model, **steps)

        return warmed

    def _is_searching(self, source: Source) -> bool:
        return self.settings.is_searching and can_search(source, self.family, self.settings.n_components)

    def _search(
        self, problem: PenalizedProblem, scale: DataScale, random_state: np.random.RandomState, fit_state: FitState
    ) -> Search:
        effort = Effort.usual(problem, self.settings.n_components, self.settings.n_init, problem.fold.deadline)
        return Search(problem, scale, self.settings.n_components, random_state, effort, self._observer(), fit_state)

    def _checkpoint(self, fold: Fold, began: Parameters | None, recent: tuple[float, ...]) -> Checkpoint | None:
        """Give the checkpoint under the identity of this fit: everything that its result depends on."""
        if self.settings.checkpoint is None:
            return None
        identity = {"mixfold": version("mixfold"), "data": fold.digest()[:16], "engine": fold.engine.name}
        identity |= self.settings.described()
        if fold.observations:
            identity["observations"] = described(fold.observations)
        if began is not None:
            identity["warm_start"] = described(np.concatenate([began.means.ravel(), began.covariances.ravel(), recent]))
        return Checkpoint(self.settings.checkpoint, identity)

    def _refuse_other_start(self, last: Mixture, n_features: int) -> None:
        """Refuse a warm start from a mixture of another shape."""
        here = (last.n_components, last.n_features, last.covariance_type)
        wanted = (self.settings.n_components, n_features, self.family.holding(last.covariances).name)
        if here != wanted:
            message = (
                "A warm start needs the (n_components, n_features, covariance_type) of the last fit, "
                f"{here}, got {wanted}. Set `warm_start=False` to begin anew."
            )
            raise InputError(message)

    def _observer(self) -> Callback | None:
        if not (self.settings.callback or self.settings.verbose):
            return None

        def observe(iteration: Iteration) -> bool | None:
            report(iteration, self.settings.verbose, self.settings.verbose_interval)
            return self.settings.callback(iteration) if self.settings.callback else None

        return observe
