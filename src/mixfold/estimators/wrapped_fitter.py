"""Fits of more than a plain mixture: beside a background, from the most probable rows, or with known parameters."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, cast

import numpy as np
from sklearn.utils import check_random_state

from mixfold.covariance import family_for
from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.estimators.em_fitter import START_TOL, EMFitter
from mixfold.estimators.em_settings import EMSettings
from mixfold.estimators.fit import Fit
from mixfold.estimators.fixed import Fixed
from mixfold.estimators.labelled_starts import allowed_of, matched
from mixfold.estimators.linked_starts import linked_starts
from mixfold.estimators.missing import by_pattern, completed, recorded_steps
from mixfold.estimators.outliers import (
    LEAST_SHARE,
    LONELY_SHARES,
    Outliers,
    log_sides_of,
    log_volume_of,
    loneliness,
    over_rows,
)
from mixfold.estimators.rows import folding
from mixfold.estimators.user_starts import given_parameters, without_weightless_rows
from mixfold.estimators.warnings import warnings_about
from mixfold.fitting import DataScale, Run, Stopping, best_of, resolution_of, run_restarts
from mixfold.fitting.trimmed import Kept, refuse_share, trimmed_em
from mixfold.fold import Fold
from mixfold.mixtures import Mixture
from mixfold.models import BackgroundParameters, Frozen, Penalized, Problem, WithBackground
from mixfold.observations import Observation
from mixfold.parameters import Parameters
from mixfold.rows import Source
from mixfold.sources import in_memory

STARTING_SHARES = (0.0, *LONELY_SHARES)
Start: TypeAlias = tuple[str, Parameters]
"""A mixture, and what it was found in."""
STARTS = ("weights_init", "means_init", "precisions_init", "labels_init", "responsibilities_init")


@dataclass(frozen=True, slots=True)
class WrappedFitter:
    """Learns by EM what is free, beside a background or from the most probable rows.

    Attributes
    ----------
    settings : EMSettings
    outliers : 'uniform', 'auto', float or None
    fixed : mapping or None
        What is known of weights, means and covariances.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> from mixfold.estimators.em_settings import EMSettings
    >>> from mixfold.estimators.wrapped_fitter import WrappedFitter
    >>> from mixfold.sources import ArraySource
    >>> random = np.random.default_rng(0)
    >>> rows = np.concatenate([random.normal(size=(90, 2)), random.uniform(-30.0, 30.0, size=(10, 2))])
    >>> fitter = WrappedFitter(EMSettings.of(GaussianMixture(1)), "uniform", {"means": [[0.0, 0.0]]})
    >>> fit, outliers, n_known = fitter.fit(ArraySource(rows))
    >>> round(outliers.share, 2), fit.parameters.means, n_known
    (0.09, array([[0., 0.]]), 2)
    """

    settings: EMSettings
    outliers: str | float | None = None
    fixed: Mapping[str, Any] | None = None

    def fit(
        self, source: Source, last: Mixture | None = None, observations: Sequence[Observation] = ()
    ) -> tuple[Fit, Outliers | None, int]:
        """Check what was set, and fit rows that are known to be numbers.

        Parameters
        ----------
        source : Source
        last : Mixture, optional
            What a warm start goes on from.
        observations : sequence of Observation
            Of the strata of the source, where more is known of rows than which values they lack.

        Returns
        -------
        fit : Fit
        outliers : Outliers or None
        n_known : int
            Parameters of the mixture that were not learned.
        """
        settings = self.settings
        if isinstance(self.outliers, float):
            refuse_share(self.outliers)
            if source.marks.links is not None:
                message = (
                    "With `must_link` rows cannot be left out one by one, for a group is of one component or of none, "
                    f"got `outliers={self.outliers}`. Pass `outliers='uniform'`, or None."
                )
                raise InputError(message)
        for name in ("checkpoint", "minibatch"):
            if getattr(settings, name) is not None:
                message = (
                    f"`{name}` must be None with `outliers` or `fixed`, got {getattr(settings, name)!r}. Leave one of "
                    "them out."
                )
                raise InputError(message)
        family, k = family_for(settings.covariance_type), settings.n_components
        held = given_parameters(settings, family, k, source.n_features) if last is None else last.parameters.arrays
        known = None if self.fixed is None else Fixed.of(self.fixed, family, k, source.n_features, held)
        deadline = time.perf_counter() + (math.inf if settings.max_time is None else settings.max_time)
        _, source = without_weightless_rows(source)
        with folding(source, settings.engine, settings.n_jobs, settings.executor, observations=observations) as folded:
            return self._fit_fold(replace(folded, deadline=deadline), known, last)

    def _fit_fold(self, fold: Fold, known: Fixed | None, last: Mixture | None) -> tuple[Fit, Outliers | None, int]:
        settings, k, source = self.settings, self.settings.n_components, fold.source
        complete = fold if fold.is_complete else completed(fold)
        steps = settings.steps(source.n_features)
        if steps is None and not fold.is_complete:
            steps = recorded_steps(in_memory(source.origin).values)
        model = settings.model(complete, DataScale.of(complete, steps, k))
        learned = model if known is None else known.model(model)
        starts, allowed = self._starts(complete, last), allowed_of(fold, k)
        begins_free = last is None and self._has_no_start
        if begins_free:
            starts += linked_starts(fold, complete, model, self._found, settings.random_state)
        if allowed is not None and begins_free:
            starts = [(name, matched(one, complete, model, allowed)) for name, one in starts]
        elif known is not None and begins_free:
            starts = [(name, known.matched(one, model)) for name, one in starts]
        if known is not None:
            starts = [(name, known.model(model).begun(one)) for name, one in starts]
            starts += known.seeded(complete, model, k, check_random_state(settings.random_state)) if begins_free else []
        stopping = Stopping(settings.tol, settings.max_iter, fold.deadline, resolution_of(source.first))
        ordered = fold if fold.is_complete else by_pattern(fold)
        if self.outliers is None:
            runs, found = run_restarts(Problem(ordered, learned), _made(starts), stopping, settings.callback), None
        elif isinstance(self.outliers, float):
            runs, found = self._trimmed(ordered, learned, starts, stopping)
        else:
            runs, found = self._beside_background(ordered, complete, learned, starts, stopping)
        if allowed is None and known is None and begins_free:
            runs = [one.largest_first(model.structure) for one in runs]
        run, parameters = best_of(runs)
        if isinstance(parameters, BackgroundParameters):
            parameters = parameters.components
        n_known = model.n_parameters(k, source.n_features) - learned.n_parameters(k, source.n_features)
        said = warnings_about(run, parameters, Problem(fold, model), settings.tol)
        return Fit(run, parameters, model, runs, said), found, n_known

    @property
    def _has_no_start(self) -> bool:
        return all(getattr(self.settings, name) is None for name in STARTS)

    def _starts(self, complete: Fold, last: Mixture | None) -> list[Start]:
        """Give the mixtures that are found in the rows, and without the loneliest of them."""
        if last is not None:
            return [("warm start", last.parameters)]
        if not self._has_no_start:
            return [("given", self._found(complete))]
        rows = complete.sample(np.random.RandomState(0))
        shares: tuple[float, ...] = (0.0,)
        if self.outliers is not None:
            shares = (0.0, self.outliers) if isinstance(self.outliers, float) else STARTING_SHARES
        lonely = np.argsort(-loneliness(rows.values, rows.weights_or_ones), kind="stable")
        starts: list[Start] = []
        for share in shares:
            if starts and complete.is_over:
                break
            kept = np.sort(lonely[int(share * len(lonely)) :])
            if starts and len(kept) < 2 * self.settings.n_components:
                continue
            found = self._found(over_rows(complete, rows, kept))
            starts.append((f"without {share:.0%}" if share else "all rows", found))
        return starts

    def _found(self, complete: Fold) -> Parameters:
        settings = self.settings
        inner = EMFitter(replace(settings, callback=None, verbose=0, tol=max(settings.tol, START_TOL)))
        return inner.fit(complete.source).parameters_in(inner.family)

    def _trimmed(
        self, fold: Fold, model: Penalized | Frozen, starts: Sequence[Start], stopping: Stopping
    ) -> tuple[list[Run], Outliers]:
        share, problem = cast("float", self.outliers), Problem(fold, model)
        runs = [
            trimmed_em(problem, start, share, stopping, restart=at, name=name)[0]
            for at, (name, start) in enumerate(starts)
        ]
        weights = np.ones(fold.source.n_rows) if fold.source.weights is None else to_numpy(fold.source.weights)
        family = family_for(self.settings.covariance_type)
        said = fold.log_density(best_of(runs)[1].potentials(family))  # of rows as points, as predictions are
        kept = Kept.of(to_numpy(said).astype(np.float64), weights.astype(np.float64), share)
        return runs, Outliers(share, log_threshold=kept.log_threshold)

    def _beside_background(
        self,
        fold: Fold,
        complete: Fold,
        model: Penalized | Frozen,
        starts: Sequence[Start],
        stopping: Stopping,
    ) -> tuple[list[Run], Outliers]:
        log_volume, log_sides = log_volume_of(complete), log_sides_of(complete)
        beside = WithBackground(model, log_volume, np.array(log_sides))
        began = [(name, cast("Parameters", BackgroundParameters.of(one, LEAST_SHARE))) for name, one in starts]
        runs = run_restarts(Problem(fold, beside), _made(began), stopping, self.settings.callback)
        run, parameters = best_of(runs)
        if self.outliers == "auto":
            plain = run_restarts(Problem(fold, model), _made(starts[:1]), stopping, None)
            n_rows = fold.log_likelihood(model.potentials(starts[0][1]))[1]
            n_found = 1 + fold.source.n_features  # its share, and the sides of the box, which are as long as rows reach
            if (run.log_likelihood - plain[0].log_likelihood) * n_rows <= 0.5 * n_found * math.log(n_rows):
                return plain, Outliers(0.0)
        return runs, Outliers(beside.begun(parameters).share, log_volume, log_sides=log_sides)


def _made(starts: Sequence[Start]) -> list[tuple[str, Callable[[], Parameters]]]:
    return [(name, partial(replace, one)) for name, one in starts]
