"""A fit for each of many groups: most of them together in the engine, the others one by one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.engines import BatchEngine, TableFits, Tables
from mixfold.engines.em_loop import ENDINGS
from mixfold.errors import MixfoldError
from mixfold.estimators.gaussian_mixture import GaussianMixture
from mixfold.executors import LocalExecutor, side_by_side
from mixfold.fitting import Stopping
from mixfold.fitting.many import fit_many_tables, fit_together
from mixfold.mixtures import GroupedMixtures
from mixfold.models import Penalized
from mixfold.outcome import Outcome
from mixfold.parameters import n_free_parameters
from mixfold.typing import BoolArray, FloatArray, IntArray

BATCH_WORK = 1 << 20
"""Rows times components of the groups that are fitted between two looks at what the caller wants."""

Progress = Callable[[int, int], bool | None]
"""Called with how many groups are done, and of how many; a true result stops."""


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """How each group is fitted; the parameters of `GaussianMixture`, with the numbers of components to choose from."""

    candidates: tuple[int, ...]
    family: CovarianceFamily
    stopping: Stopping
    seed: int
    n_init: int
    reg_covar: float | str
    init_params: Any
    engine: Any

    @property
    def are_together(self) -> bool:
        """Whether fits of this kind are made together, where the groups are small."""
        return self.init_params == "kmeans" and not isinstance(self.reg_covar, str)

    def estimator(self, n_components: int, executor: LocalExecutor) -> GaussianMixture:
        """Give the estimator of one group, which computes by an executor."""
        return GaussianMixture(
            n_components,
            covariance_type=self.family,
            tol=self.stopping.tol,
            max_iter=self.stopping.max_iter,
            reg_covar=self.reg_covar,
            n_init=self.n_init,
            init_params=self.init_params,
            random_state=self.seed,
            engine=self.engine,
            executor=executor,
        )


@dataclass(slots=True)
class _Columns:
    """What is known of each group while fits are compared, by its position."""

    n_components: IntArray
    log_likelihood: FloatArray
    bic: FloatArray
    n_iter: IntArray
    converged: BoolArray
    reasons: dict[int, str] = field(default_factory=dict)
    parts: list[tuple[IntArray, TableFits]] = field(default_factory=list)

    @classmethod
    def empty(cls, n_groups: int) -> _Columns:
        none = np.full(n_groups, np.nan)
        zeros = np.zeros(n_groups, np.int64)
        return cls(zeros, none, np.full(n_groups, np.inf), zeros.copy(), np.zeros(n_groups, np.bool_))

    def keep(self, at: IntArray, fits: TableFits, bic: FloatArray) -> None:
        """Take the fits of the groups at these positions whose criterion is better than what they have."""
        wins = bic < self.bic[at]
        at, fits = at[wins], TableFits(*(array[wins] for array in fits.arrays))
        self.n_components[at], self.bic[at] = fits.weights.shape[1], bic[wins]
        self.log_likelihood[at], self.n_iter[at] = fits.log_likelihood, fits.n_steps
        self.converged[at] = fits.ended(Outcome.CONVERGED)
        self.parts.append((at, fits))


def fit_groups(
    tables: Tables,
    settings: GroupSettings,
    batch: BatchEngine | None,
    executor: LocalExecutor,
    progress: Progress | None = None,
) -> _Columns:
    """Fit each table.

    Parameters
    ----------
    tables : Tables
        Some of which may have no rows.
    settings : GroupSettings
    batch : BatchEngine or None
        What the engine of the rows does at once.
    executor : LocalExecutor
        Entered.
    progress : callable, optional
    """
    columns = _Columns.empty(len(tables))
    n_rows, most = tables.n_rows, max(settings.candidates)
    number = np.cumsum(n_rows * most) // BATCH_WORK
    bounds = np.append(np.unique(number, return_index=True)[1], len(tables))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of single fits: `reasons` and `converged` say it
        for first, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            _fit_batch(tables, np.arange(first, end), settings, batch, executor, columns)
            if progress is not None and progress(end, len(tables)):
                columns.reasons |= dict.fromkeys(range(end, len(tables)), "Stopped by the callback before its turn.")
                break
    return columns


def _fit_batch(
    tables: Tables,
    positions: IntArray,
    settings: GroupSettings,
    batch: BatchEngine | None,
    executor: LocalExecutor,
    columns: _Columns,
) -> None:
    n_rows = tables.n_rows[positions]
    too_few = n_rows < max(min(settings.candidates), 2)
    for position, n in zip(positions[too_few].tolist(), n_rows[too_few].tolist(), strict=True):
        answer = "a single component was fitted" if n else "it has no mixture"
        columns.reasons[position] = f"Its {n} row(s) are too few for {min(settings.candidates)} component(s): {answer}."
    for k in settings.candidates:
        _fit_some(tables, positions[~too_few & (n_rows >= k)], k, settings, batch, executor, columns)
    _fit_some(tables, positions[too_few & (n_rows > 0)], 1, settings, batch, executor, columns)


def _fit_some(
    tables: Tables,
    positions: IntArray,
    n_components: int,
    settings: GroupSettings,
    batch: BatchEngine | None,
    executor: LocalExecutor,
    columns: _Columns,
) -> None:
    """Fit the tables at these positions: together those that can be, then the rest."""
    some = Tables(tables.rows, tables.weights, tables.spans[positions])
    d, family = int(tables.rows.shape[1]), settings.family
    together = np.zeros(len(some), np.bool_)
    if batch is not None and settings.are_together:
        together = fit_together(some.n_rows, n_components, d, family, settings.stopping.max_iter)
    if np.any(together):
        assert batch is not None  # noqa: S101  (else none is)
        many = fit_many_tables(
            some.some(together),
            n_components,
            Penalized(family, Prior.from_ridge(float(settings.reg_covar))),
            settings.stopping,
            seed=settings.seed,
            n_init=settings.n_init,
            batch=batch,
            in_every_thread=executor.in_every_thread,
        )
        at = np.flatnonzero(together)[many.is_done]
        fits = TableFits(*(array[many.is_done] for array in many.fits.arrays))
        columns.keep(positions[at], fits, _bic(some, at, fits, family))
        together[np.flatnonzero(together)[~many.is_done]] = False
    alone = np.flatnonzero(~together).tolist()
    with LocalExecutor() as own:
        singly = side_by_side(
            lambda i: _fit_alone(some, i, n_components, settings, own), alone, executor.n_threads, own
        )
        with closing(singly) as results:
            for number, result in results:
                i = alone[number]
                if isinstance(result, str):
                    columns.reasons[int(positions[i])] = result
                else:
                    columns.keep(positions[[i]], result, _bic(some, np.array([i]), result, family))


def _fit_alone(
    tables: Tables, index: int, n_components: int, settings: GroupSettings, executor: LocalExecutor
) -> TableFits | str:
    """Fit one table by an estimator of its own, or say why there is no fit."""
    span = slice(*tables.spans[index].tolist())
    weights = None if tables.weights is None else tables.weights[span]
    try:
        model = settings.estimator(n_components, executor).fit(tables.rows[span], sample_weight=weights)
    except (MixfoldError, ValueError) as error:
        return str(error)
    parameters = model.mixture_.parameters
    ending = Outcome.CONVERGED if model.converged_ else Outcome.ITERATION_LIMIT
    numbers = (model.lower_bound_, model.objective_, model.n_iter_, ENDINGS.index(ending))
    return TableFits(
        *(np.asarray(each)[None] for each in (parameters.weights, parameters.means, parameters.covariances, *numbers))
    )


def _bic(tables: Tables, at: IntArray, fits: TableFits, family: CovarianceFamily) -> FloatArray:
    """Give Schwarz's criterion of each fit; smaller is better."""
    _, k, d = fits.means.shape
    n_parameters = n_free_parameters(family, k, d)
    weight = tables.n_rows[at].astype(np.float64)
    if tables.weights is not None:
        total = np.concatenate([[0.0], np.cumsum(tables.weights, dtype=np.float64)])
        weight = total[tables.spans[at, 1]] - total[tables.spans[at, 0]]
    return np.asarray(-2.0 * weight * fits.log_likelihood + n_parameters * np.log(weight))


def as_mixtures(
    columns: _Columns,
    labels: Any,
    n_rows: IntArray,
    family: CovarianceFamily,
    n_features: int,
    feature_names: Sequence[str] | None,
) -> GroupedMixtures:
    """Put the components of all groups one after the other."""
    starts = np.concatenate([[0], np.cumsum(columns.n_components)])
    total, d = int(starts[-1]), n_features
    weights, means = np.empty(total), np.empty((total, d))
    pooled = family.structure.is_shared
    covariances = np.full((len(labels), d, d), np.nan) if pooled else np.empty(family.shape(total, d))
    for at, fits in columns.parts:
        k = fits.weights.shape[1]
        kept = columns.n_components[at] == k  # later ones may have been better
        at, fits = at[kept], TableFits(*(array[kept] for array in fits.arrays))  # noqa: PLW2901
        to = (starts[at][:, None] + np.arange(k)).ravel()
        weights[to], means[to] = fits.weights.ravel(), fits.means.reshape(-1, d)
        if pooled:
            covariances[at] = fits.covariances
        else:
            covariances[to] = fits.covariances.reshape(len(to), *covariances.shape[1:])
    bic = np.where(columns.n_components > 0, columns.bic, np.nan)
    names = None if feature_names is None else tuple(str(name) for name in feature_names)
    return GroupedMixtures(
        np.asarray(labels), starts, weights, means, covariances, family.name, n_rows, columns.log_likelihood, bic,
        columns.n_iter, columns.converged, columns.reasons, names,
    )  # fmt: skip
