"""Rows that lack values: how they are read, from where their fits begin, and what a mixture says of what they lack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mixfold.covariance import Prior, family_for
from mixfold.engines import engine_for, to_numpy
from mixfold.errors import InputError
from mixfold.estimators.exported import exported
from mixfold.estimators.strata import in_strata
from mixfold.executors import LocalExecutor
from mixfold.fitting import em_steps
from mixfold.fitting.recording import recorded_step
from mixfold.fold import Fold, has_gaps, patterns
from mixfold.models import Penalized, Problem
from mixfold.observations import Components, Incomplete, Linear
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Source
from mixfold.sources import ArraySource, in_memory
from mixfold.typing import Array, FloatArray, IntArray
from mixfold.validation import is_tensor, on_host

COMPLETING_STEPS = 20
"""EM steps of the one component by which rows are completed for a start."""
MANY_ROWS, MANY_ROWS_EACH = 100, 20
"""Rows that lack nothing, and for each feature, from which on a search looks at them alone."""
SMALLEST_SHARE = 1e-6
"""Of a feature's variance, which that component has at least in every direction."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What is known of the values that the rows of one pattern lack.

    Attributes
    ----------
    rows : ndarray of int of shape (n,)
    features : ndarray of int of shape (m,)
        Those that are missing.
    shares : ndarray of shape (n, n_components)
        Responsibilities.
    means : ndarray of shape (n_components, n, m)
        Of each component, given what a row has.
    covariances : ndarray of shape (n_components, m, m)
    """

    rows: IntArray
    features: IntArray
    shares: FloatArray
    means: FloatArray
    covariances: FloatArray

    @property
    def mean(self) -> FloatArray:
        """What is expected, (n, m)."""
        return np.asarray(np.einsum("nk,knm->nm", self.shares, self.means))

    @property
    def deviation(self) -> FloatArray:
        """Its standard deviation, (n, m): within components, and between them."""
        within = self.shares @ np.diagonal(self.covariances, axis1=1, axis2=2)
        return np.sqrt(within + np.einsum("nk,knm->nm", self.shares, (self.means - self.mean) ** 2))

    def draw(self, random: np.random.RandomState) -> FloatArray:
        """Draw values, (n, m): a component of each row, and values of that."""
        (n, k), m = self.shares.shape, len(self.features)
        bounds = np.cumsum(self.shares.astype(np.float64), axis=1)
        label = np.minimum(np.sum(random.uniform(size=(n, 1)) * bounds[:, -1:] > bounds, axis=1), k - 1)
        eigenvalues, vectors = np.linalg.eigh(self.covariances)
        roots = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))[:, None, :]
        noise = random.normal(size=(n, m))
        return self.means[label, np.arange(n)] + np.einsum("nab,nb->na", roots[label], noise)


def unmasked(X: Any) -> Any:
    """Give masked arrays with NaN where they are masked; anything else as it came."""
    if not np.ma.isMaskedArray(X) or X.dtype.kind not in "fiub":
        return X
    return np.ma.filled(X if X.dtype == np.float32 else X.astype(np.float64), np.nan)


def n_missing(source: Source) -> IntArray:
    """Count the values that are missing of each feature; of sources that are not in memory none are known."""
    if not source.is_in_memory or source.known.is_finite or not has_gaps(in_memory(source).values):
        return np.zeros(source.n_features, dtype=np.int64)
    return np.count_nonzero(np.isnan(on_host(in_memory(source).values)), axis=0)


def without_weight_where_empty(values: Array, weights: Array | None) -> Array | None:
    """Give weights that are zero where a row has no value at all, unless no row has one."""
    if not has_gaps(values):
        return weights
    empty = np.all(np.isnan(on_host(values)), axis=1)
    counted = np.where(empty, 0.0, 1.0 if weights is None else on_host(weights))
    return exported(counted, values) if np.any(empty) and np.any(counted > 0.0) else weights


def by_pattern(fold: Fold) -> Fold:
    """Give the fold over the same rows in the order of strata and patterns, of each of which much is computed once."""
    if not fold.source.is_in_memory or fold.is_complete:
        return fold
    source = in_memory(fold.source)
    order = np.concatenate([at for at, _ in patterns(source.values)])
    if source.marks.strata is not None:
        order = order[np.argsort(source.marks.strata[order], kind="stable")]
    rows = source.take(order)
    return replace(fold, source=ArraySource(_row_by_row(rows.values), rows.marks))


def _row_by_row(values: Array) -> Array:
    """Give an array with its rows one after the other: linear algebra rounds columns, as of a frame, in other ways."""
    return values if is_tensor(values) else np.ascontiguousarray(values)


def in_this_process(fold: Fold) -> Fold:
    """Give the fold over all of its rows in the memory of this process; they are read where they are elsewhere."""
    if fold.source.is_in_memory:
        return fold
    source = in_memory(fold.source.origin)
    return replace(fold, source=source, engine=engine_for(source.first), executor=fold.executor.local)


def in_reach(fold: Fold) -> Fold:
    """Give the fold, or one over a sample of its rows where they are not in memory."""
    if fold.source.origin.is_in_memory:
        return in_this_process(fold)
    rows = fold.sample(np.random.RandomState(0))
    weights = without_weight_where_empty(rows.values, rows.weights)
    return fold.on_rows(replace(rows, marks=replace(rows.marks, weights=weights)))


def completed(fold: Fold) -> Fold:
    """Give the fold over complete rows: each value that is missing is what one normal component expects there.

    What else is known of rows is left out.

    Raises
    ------
    InputError
        If a feature has no value.
    """
    fold = in_this_process(fold)
    source = in_memory(fold.source)
    if is_tensor(source.values):
        host = ArraySource(on_host(source.values), Marks(on_host(source.weights)))
        there = replace(fold, source=host, engine=engine_for(host.values), observations=())
        found = in_memory(completed(there).source)
        values = exported(found.values, source.values)
        return replace(fold, source=ArraySource(values, Marks(source.weights)), observations=())
    values = _row_by_row(source.values)
    marked, observations = in_strata(ArraySource(values, Marks(source.weights)))
    alone = replace(fold, source=marked, observations=observations)
    if alone.is_complete:
        return alone
    start = _alone(values, source.weights)
    ridge = SMALLEST_SHARE * float(np.min(np.diagonal(start.covariances[0])))
    model = Penalized(family_for("full"), Prior.from_ridge(ridge))
    steps = em_steps(Problem(alone, model), start, COMPLETING_STEPS)
    values = expected(alone, model.potentials(steps.point.parameters))
    return replace(fold, source=ArraySource(values, Marks(source.weights)), observations=())


def completed_with_steps(fold: Fold) -> tuple[Fold, FloatArray | None]:
    """Give the fold over completed rows, of a sample where they are not in memory, and the steps of the values seen.

    Steps of rows that lack nothing are for others to find.
    """
    if fold.is_complete:
        return fold, None
    near = in_reach(fold)
    values = in_memory(near.source).values
    return completed(near), recorded_steps(values) if has_gaps(values) else None


def fully_observed(fold: Fold) -> Fold:
    """Give the fold over the rows that lack nothing where there are many, else over all of them completed.

    Completed rows lie in planes, which a search for the number of components would take for some of them.

    Raises
    ------
    InputError
        If a feature has no value.
    """
    fold = in_reach(fold)
    return _whole(fold) or completed(fold)


def telling(fold: Fold) -> Fold | None:
    """Give the fold over the rows whose scatters are those of components; None where there are few.

    They lack nothing, and what is known of them is no noise.
    """
    return _whole(in_reach(fold)) if all(one.is_exact for one in fold.observations) else None


def _whole(fold: Fold) -> Fold | None:
    source = in_memory(fold.source)
    values, weights = source.values, source.weights
    if has_gaps(values):
        whole = np.flatnonzero(~np.isnan(np.asarray(to_numpy(values))).any(axis=1))
        if len(whole) < max(MANY_ROWS, MANY_ROWS_EACH * source.n_features):
            return None
        rows = source.take(whole)
        values, weights = _row_by_row(rows.values), rows.weights
    return replace(fold, source=ArraySource(values, Marks(weights)), observations=())


def given_the_rest(fold: Fold, potentials: Potentials) -> Iterator[Gap]:
    """Yield what a mixture says, by what each row has, of the values that it lacks: one pattern after the other."""
    source = in_memory(fold.source)
    if not has_gaps(source.values):
        return
    shares, components = fold.responsibilities(potentials), Components.of(potentials)
    for at, features in patterns(source.values):
        seen = np.zeros(source.n_features, dtype=bool)
        seen[features] = True
        if np.all(seen):
            continue
        observation, lacks = Linear.of_features(seen), np.flatnonzero(~seen)
        view = observation.view(components)
        assert view.gain is not None  # noqa: S101  (it is no identity)
        assert view.residual is not None  # noqa: S101
        away = np.asarray(observation.seen(source.values[at]))[None] - view.potentials.center[:, None]  # (k, n, p)
        means = potentials.center[:, None, lacks] + np.einsum("knp,kdp->knd", away, view.gain[:, lacks])
        yield Gap(at, lacks, np.asarray(shares[at]), means, view.residual[:, lacks[:, None], lacks])


def filled(rows: FloatArray, potentials: Potentials) -> FloatArray:
    """Give rows in memory with what a mixture expects where values are missing; complete ones as they are."""
    if not has_gaps(rows):
        return rows
    engine, executor = engine_for(rows), LocalExecutor()
    return expected(Fold(ArraySource(rows), engine, executor, (Incomplete(),)), potentials)


def imputed(
    fold: Fold, potentials: Potentials, n_draws: int, random: np.random.RandomState, spread: float = 1.0
) -> tuple[FloatArray, FloatArray, list[FloatArray]]:
    """Give the rows filled in with what is expected, the standard deviation of that, and draws.

    Deviations are so many times as large as the potentials say.
    """
    source = in_memory(fold.source)
    mean, std = np.array(source.values), np.zeros(source.values.shape, source.values.dtype)
    drawn = [mean.copy() for _ in range(n_draws)]
    for gap in given_the_rest(fold, potentials):
        at = np.ix_(gap.rows, gap.features)
        mean[at], std[at] = gap.mean, spread * gap.deviation
        for table in drawn:
            table[at] = gap.mean + spread * (gap.draw(random) - gap.mean) if spread != 1.0 else gap.draw(random)
    return mean, std, drawn


def expected(fold: Fold, potentials: Potentials) -> FloatArray:
    """Give the rows with what a mixture expects where values are missing."""
    return imputed(fold, potentials, 0, np.random.RandomState(0))[0]


def recorded_steps(values: Array) -> FloatArray:
    """Give the steps that the values that there are were recorded in, (D,)."""
    columns = (column[~np.isnan(column)].astype(np.float64) for column in to_numpy(values).T)
    return np.array([recorded_step(column, float(len(column))) for column in columns])


def _alone(values: FloatArray, weights: npt.NDArray[np.floating[Any]] | None) -> Parameters:
    """Give the one component whose features are independent, from the values that each has."""
    seen = ~np.isnan(values)
    if not np.all(np.any(seen, axis=0)):
        message = (
            f"Every feature must have a value in some row, but feature(s) {np.flatnonzero(~np.any(seen, axis=0))} have "
            "none. Leave them out."
        )
        raise InputError(message)
    counted = seen * (1.0 if weights is None else weights[:, None].astype(np.float64))
    filled, total = np.where(seen, values, 0.0).astype(np.float64), np.sum(counted, axis=0)
    means = np.sum(counted * filled, axis=0) / total
    variances = np.sum(counted * np.where(seen, filled - means, 0.0) ** 2, axis=0) / total
    variances = np.where(variances > 0.0, variances, np.where(means == 0.0, 1.0, means**2))
    return Parameters(np.ones(1), means[None], np.diag(variances)[None])
