"""Fits of rows some of which belong to no component: a uniform background, or a share that is left out."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np

from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.estimators.em_fitter import EMFitter, Fit
from mixfold.estimators.em_settings import EMSettings
from mixfold.estimators.labelled_starts import allowed_of, matched
from mixfold.estimators.missing import by_pattern, completed, recorded_steps
from mixfold.estimators.rows import folding
from mixfold.estimators.user_starts import without_weightless_rows
from mixfold.estimators.warnings import warnings_about
from mixfold.fitting import DataScale, Run, Stopping, best_of, run_restarts
from mixfold.fitting.trimmed import Kept, refuse_share, trimmed_em
from mixfold.fold import Fold
from mixfold.mixtures import Mixture
from mixfold.models import BackgroundParameters, Penalized, Problem, WithBackground
from mixfold.observations import Observation
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows, Source
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray

STARTING_SHARES = (0.0, 0.1, 0.2)
"""Of the rows, the loneliest of which are left out of the searches that a background begins from."""
LEAST_SHARE = 0.02
"""Of the background, where its share begins to be learned."""
NEIGHBOR_ROWS = 4096
"""Among so many rows neighbors are counted."""
STARTS = ("weights_init", "means_init", "precisions_init", "labels_init", "responsibilities_init")


@dataclass(frozen=True, slots=True)
class Outliers:
    """What a fit knows of the rows that belong to no component.

    Attributes
    ----------
    share : float
        Of all rows, by weight.
    log_volume : float
        Of the uniform background, in the units of the data; infinite where rows are left out instead.
    log_threshold : float
        The log density below which a row is left out; minus infinity beside a background.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.outliers import Outliers
    >>> from mixfold.potentials import Potentials
    >>> potentials = Outliers(0.5, log_volume=0.0).beside(Potentials.nearest(np.zeros((1, 1))))
    >>> potentials.offset.round(2), round(potentials.background, 2)
    (array([-0.69]), -0.69)
    """

    share: float
    log_volume: float = math.inf
    log_threshold: float = -math.inf

    @property
    def plain(self) -> dict[str, float]:
        """The numbers of it that are finite, by their names."""
        numbers = {"share": self.share, "log_volume": self.log_volume, "log_threshold": self.log_threshold}
        return {name: number for name, number in numbers.items() if math.isfinite(number)}

    def beside(self, potentials: Potentials) -> Potentials:
        """Give potentials of components the background, if there is one."""
        if not (self.share > 0.0 and self.log_volume < math.inf):
            return potentials
        background = math.log(self.share) - self.log_volume
        return replace(potentials, offset=potentials.offset + math.log1p(-self.share), background=background)


@dataclass(frozen=True, slots=True)
class Box:
    """How far rows reach along axes.

    Attributes
    ----------
    center : ndarray of shape (n_features,)
    axes : ndarray of shape (n_features, n_features)
        One in each column.
    """

    center: FloatArray
    axes: FloatArray

    def __call__(self, rows: Rows) -> tuple[FloatArray, FloatArray]:
        """Give the least and the largest coordinate of rows along each axis."""
        along = (to_numpy(rows.values).astype(np.float64) - self.center) @ self.axes
        return np.min(along, axis=0), np.max(along, axis=0)


def log_volume_of(fold: Fold) -> float:
    """Give the logarithm of the volume of the box along principal axes that holds all rows.

    Parameters
    ----------
    fold : Fold
        Over complete rows.

    Raises
    ------
    InputError
        If it has no volume.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.outliers import log_volume_of
    >>> from mixfold.fold import Fold
    >>> square = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0], [0.0, 0.0]]) * [3.0, 1.0]
    >>> round(float(np.exp(log_volume_of(Fold.of_rows(square)))), 6)
    12.0
    """
    sample = fold.sample(np.random.RandomState(0))
    center = np.average(sample.values, axis=0, weights=sample.weights_or_ones)
    away = (sample.values - center) * np.sqrt(sample.weights_or_ones)[:, None]
    box = Box(
        center, np.linalg.svd(away, full_matrices=False)[2].T if len(away) >= len(center) else np.eye(len(center))
    )
    reach = list(fold.each(box))
    sides = np.max([most for _, most in reach], axis=0) - np.min([least for least, _ in reach], axis=0)
    if not np.all(sides > 1e-12 * np.max(sides)):
        message = (
            "With `outliers`, rows must fill a volume, but they lie in a plane: features determine each other, or "
            "never vary. Leave such features out."
        )
        raise InputError(message)
    return float(np.sum(np.log(sides)))


def loneliness(rows: FloatArray, weights: FloatArray) -> FloatArray:
    """Give the distance of each row to its nearest neighbors, (n,), in coordinates in which the data are a sphere.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
    weights : ndarray of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.outliers import loneliness
    >>> rows = np.append(np.linspace(0.0, 1.0, 40), 9.0)[:, None]
    >>> int(np.argmax(loneliness(rows, np.ones(41))))
    40
    """
    away = rows - np.average(rows, axis=0, weights=weights)
    values, vectors = np.linalg.eigh((away * weights[:, None]).T @ away / np.sum(weights))
    white = away @ (vectors / np.sqrt(np.maximum(values, 1e-12 * values[-1])))
    at = np.random.RandomState(0).permutation(len(rows))[:NEIGHBOR_ROWS]
    others = white[at]
    nth = min(len(at) - 1, max(2 * rows.shape[1], int(0.5 * np.sqrt(len(at)))))
    found = np.empty(len(rows))
    for first in range(0, len(rows), NEIGHBOR_ROWS):
        part = white[first : first + NEIGHBOR_ROWS]
        squares = np.sum(part**2, axis=1)[:, None] + np.sum(others**2, axis=1) - 2.0 * part @ others.T
        found[first : first + NEIGHBOR_ROWS] = np.partition(squares, nth, axis=1)[:, nth]
    return np.sqrt(np.maximum(found, 0.0))


@dataclass(frozen=True, slots=True)
class OutlierFitter:
    """Learns by EM beside a background, or from the most probable rows.

    Attributes
    ----------
    settings : EMSettings
    outliers : 'uniform', 'auto' or float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> from mixfold.estimators.em_settings import EMSettings
    >>> from mixfold.estimators.outliers import OutlierFitter
    >>> from mixfold.sources import ArraySource
    >>> random = np.random.default_rng(0)
    >>> rows = np.concatenate([random.normal(size=(90, 2)), random.uniform(-30.0, 30.0, size=(10, 2))])
    >>> fitter = OutlierFitter(EMSettings.of(GaussianMixture(1)), "uniform")
    >>> round(fitter.fit(ArraySource(rows))[1].share, 2)
    0.09
    """

    settings: EMSettings
    outliers: str | float

    def fit(
        self, source: Source, last: Mixture | None = None, observations: Sequence[Observation] = ()
    ) -> tuple[Fit, Outliers]:
        """Check what was set, and fit rows that are known to be numbers.

        Parameters
        ----------
        source : Source
        last : Mixture, optional
            What a warm start goes on from.
        observations : sequence of Observation
            Of the strata of the source, where more is known of rows than which values they lack.
        """
        settings = self.settings
        if isinstance(self.outliers, float):
            refuse_share(self.outliers)
        for name in ("checkpoint", "minibatch"):
            if getattr(settings, name) is not None:
                message = (
                    f"`{name}` must be None with `outliers`, got {getattr(settings, name)!r}. Leave one of them out."
                )
                raise InputError(message)
        deadline = time.perf_counter() + (math.inf if settings.max_time is None else settings.max_time)
        _, source = without_weightless_rows(source)
        with folding(source, settings.engine, settings.n_jobs, settings.executor, observations=observations) as folded:
            fold = replace(folded, deadline=deadline)
            return self._fit_fold(fold, source, last, deadline)

    def _fit_fold(self, fold: Fold, source: Source, last: Mixture | None, deadline: float) -> tuple[Fit, Outliers]:
        settings, k = self.settings, self.settings.n_components
        complete = fold if fold.is_complete else completed(fold)
        steps = settings.steps(source.n_features)
        if steps is None and not fold.is_complete:
            steps = recorded_steps(cast("ArraySource", fold.source).values)
        model = settings.model(complete, DataScale.of(complete, steps, k))
        starts = self._starts(complete, last)
        allowed = allowed_of(fold, k)
        if allowed is not None and all(getattr(settings, name) is None for name in STARTS):
            starts = [(share, matched(one, complete, model, allowed)) for share, one in starts]
        if settings.max_time is not None:
            starts = starts[:1] if time.perf_counter() > deadline else starts
        stopping = Stopping(settings.tol, settings.max_iter, deadline, 1e-8 if _is_single(source) else 1e-15)
        ordered = fold if fold.is_complete else by_pattern(fold)
        if isinstance(self.outliers, float):
            runs, found = self._trimmed(ordered, model, starts, stopping)
        else:
            runs, found = self._beside_background(ordered, complete, model, starts, stopping)
        if allowed is None and last is None and all(getattr(settings, name) is None for name in STARTS):
            runs = [one.largest_first(model.structure) for one in runs]
        run, parameters = best_of(runs)
        if isinstance(parameters, BackgroundParameters):
            parameters = parameters.components
        return Fit(run, parameters, model, runs, warnings_about(run, parameters, Problem(fold, model))), found

    def _starts(self, complete: Fold, last: Mixture | None) -> list[tuple[float, Parameters]]:
        """Give shares of rows, and the mixture that is found in the others."""
        settings = self.settings
        if last is not None:
            return [(LEAST_SHARE, last.parameters)]
        inner = EMFitter(replace(settings, callback=None, verbose=0, tol=max(settings.tol, 1e-4)))
        if any(getattr(settings, name) is not None for name in STARTS):
            return [(LEAST_SHARE, inner.fit(complete.source).parameters)]
        rows = complete.sample(np.random.RandomState(0))
        lonely = np.argsort(-loneliness(rows.values, rows.weights_or_ones), kind="stable")
        shares = (0.0, self.outliers) if isinstance(self.outliers, float) else STARTING_SHARES
        starts: list[tuple[float, Parameters]] = []
        for share in shares:
            if starts and complete.is_over:
                break
            kept = np.sort(lonely[int(share * len(lonely)) :])
            if len(kept) < 2 * settings.n_components:
                continue
            values = rows.values[kept].astype(str(complete.source.first.dtype).rpartition(".")[2])
            weights = None if rows.weights is None or np.all(rows.weights == 1.0) else rows.weights[kept]
            starts.append((share, inner.fit(ArraySource(values, Marks(weights))).parameters))
        return starts

    def _trimmed(
        self, fold: Fold, model: Penalized, starts: Sequence[tuple[float, Parameters]], stopping: Stopping
    ) -> tuple[list[Run], Outliers]:
        share = cast("float", self.outliers)
        ended = [
            trimmed_em(Problem(fold, model), start, share, stopping, restart=at, name=f"without {left:.0%}")
            for at, (left, start) in enumerate(starts)
        ]
        runs = [run for run, _ in ended]
        weights = np.ones(fold.source.n_rows) if fold.source.weights is None else to_numpy(fold.source.weights)
        said = fold.log_density(best_of(runs)[1].potentials(model.family))  # of rows as points, as predictions are
        kept = Kept.of(to_numpy(said).astype(np.float64), weights.astype(np.float64), share)
        return runs, Outliers(share, log_threshold=kept.log_threshold)

    def _beside_background(
        self,
        fold: Fold,
        complete: Fold,
        model: Penalized,
        starts: Sequence[tuple[float, Parameters]],
        stopping: Stopping,
    ) -> tuple[list[Run], Outliers]:
        log_volume = log_volume_of(complete)
        problem = Problem(fold, WithBackground(model, log_volume))
        began = [(f"without {left:.0%}", BackgroundParameters.of(one, max(left, LEAST_SHARE))) for left, one in starts]
        runs = run_restarts(problem, [(name, partial(replace, one)) for name, one in began], stopping, None)
        run, parameters = best_of(runs)
        share = cast("BackgroundParameters", parameters).share
        if self.outliers == "auto":
            plain = run_restarts(Problem(fold, model), [("no background", lambda: starts[0][1])], stopping, None)
            n_rows = fold.log_likelihood(model.potentials(starts[0][1]))[1]
            if (run.log_likelihood - plain[0].log_likelihood) * n_rows <= 0.5 * math.log(n_rows):
                return plain, Outliers(0.0)
        return runs, Outliers(share, log_volume)


def _is_single(source: Source) -> bool:
    return "float32" in str(source.first.dtype)
