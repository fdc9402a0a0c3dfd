"""EM from k-means on many small tables at once: what a fit of each alone does, to the bit, all in the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.engines import BatchEngine, ChunkSums, Limits, TableFits, Tables
from mixfold.engines.em_loop import ENDINGS
from mixfold.engines.small_fits import kmeans_draws
from mixfold.errors import CollapseError
from mixfold.fitting.em import BLOCK
from mixfold.fitting.em_steps import em_steps
from mixfold.fitting.stopping import DEAR, Stopping, is_dear
from mixfold.fold import Fold
from mixfold.initialization.kmeans import MAX_ITERATIONS, N_SEEDINGS, kmeans_tolerance, rows_of_a_call
from mixfold.models import Penalized, Problem
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters
from mixfold.rows import CHUNK_ROWS, Marks, Rows
from mixfold.typing import BoolArray, FloatArray, InEveryThread, IntArray


@dataclass(frozen=True, slots=True)
class ManyFits:
    """The best of the restarts of each table.

    Attributes
    ----------
    fits : TableFits
        Components come by their weight, the largest first.
    is_done : ndarray of bool of shape (n_tables,)
        Whether the fit is that of the table alone. Where it is not, something failed that a fit of the table alone
        mends, or says what it was.
    """

    fits: TableFits
    is_done: BoolArray


def fit_together(
    n_rows: IntArray, n_components: int, n_features: int, family: CovarianceFamily, max_iter: int
) -> BoolArray:
    """Tell which tables of these numbers of rows `fit_many_tables` takes, (n_tables,).

    Parameters
    ----------
    n_rows : ndarray of int of shape (n_tables,)
    n_components, n_features : int
    family : CovarianceFamily
    max_iter : int
        Steps that they may make, which must not be dear.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fitting.many import fit_together
    >>> fit_together(np.array([1, 400, 100_000]), 2, 2, family_for("full"), max_iter=1000)
    array([False,  True, False])
    """
    if not family.has_plain_step:
        return np.zeros(len(n_rows), np.bool_)
    most = min(CHUNK_ROWS, rows_of_a_call(n_components, n_features))
    if is_dear(most, n_components, n_features, max_iter):
        most = int(DEAR) // (n_components * n_features**2 * max_iter)
    return np.asarray((n_rows >= n_components) & (n_rows <= most))


def fit_many_tables(
    tables: Tables,
    n_components: int,
    model: Penalized,
    stopping: Stopping,
    *,
    seed: int,
    n_init: int,
    batch: BatchEngine,
    in_every_thread: InEveryThread | None = None,
) -> ManyFits:
    """Fit each table by EM from k-means, with the same random numbers for all.

    Parameters
    ----------
    tables : Tables
        All of which `fit_together` takes.
    n_components : int
    model : Penalized
        Whose prior is no density: a ridge.
    stopping : Stopping
    seed : int
        With which a fit of a table alone is the same.
    n_init : int
        Restarts, of which the best is kept.
    batch : BatchEngine
        What an engine does at once.
    in_every_thread : callable, optional

    Returns
    -------
    many : ManyFits

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.engines import NativeEngine, Tables
    >>> from mixfold.fitting import Stopping
    >>> from mixfold.fitting.many import fit_many_tables
    >>> from mixfold.models import Penalized
    >>> rows = np.array([[0.0], [1.0], [9.0], [10.0], [-3.0], [-2.0], [5.0], [6.0]])
    >>> tables = Tables(rows, None, np.array([[0, 4], [4, 8]]))
    >>> settings = {"seed": 0, "n_init": 1, "batch": NativeEngine()}
    >>> model = Penalized(family_for("diag"), Prior.from_ridge(1e-6))
    >>> many = fit_many_tables(tables, 2, model, Stopping(1e-6, 100), **settings)
    >>> np.sort(many.fits.means[:, :, 0]).round(2)
    array([[ 0.5,  9.5],
           [-2.5,  5.5]])
    """
    family, prior = model.family, model.prior
    random_state = np.random.RandomState(seed)
    limits = Limits(stopping.max_iter, BLOCK, stopping.tol, stopping.resolution)
    best: TableFits | None = None
    is_done = np.ones(len(tables), np.bool_)
    for _ in range(n_init if n_components > 1 else 1):
        centers, sums = batch.kmeans_of_tables(
            tables,
            n_components,
            family.structure,
            random_state.uniform(size=(1, N_SEEDINGS * kmeans_draws(n_components))),
            max_steps=MAX_ITERATIONS,
            tolerance=kmeans_tolerance(n_components, tables.rows.shape[1]),
            in_every_thread=in_every_thread,
        )
        start, is_sound = _parameters(centers, sums, model)
        fits = batch.climb_tables(tables, start, family.structure, prior, limits, in_every_thread)
        is_done &= is_sound & ~fits.ended(Outcome.COLLAPSED)
        best = fits if best is None else _better(best, fits)
    assert best is not None  # noqa: S101  (there is a restart)
    is_done &= ~_is_singular(best, family)
    return ManyFits(_largest_first(best, family), is_done)


def em_of_tables(fold: Fold, tables: Tables, starts: Parameters, model: Penalized, n_steps: int) -> TableFits:
    """Make EM steps on each of some tables, in one call of the engine where it has one.

    Parameters
    ----------
    fold : Fold
        Whose engine and executor do it; the rows of the tables are in memory.
    tables : Tables
    starts : Parameters
        Of each table in turn: weights (G, K), means (G, K, D), covariances (G, ...).
    model : Penalized
        Of all tables.
    n_steps : int

    Returns
    -------
    fits : TableFits
        Where a start has no density, its objective is minus infinity.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.engines import Tables
    >>> from mixfold.fitting.many import em_of_tables
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized
    >>> from mixfold.parameters import Parameters
    >>> rows = np.array([[0.0], [1.0], [9.0], [10.0], [-3.0], [-2.0], [5.0], [6.0]])
    >>> tables = Tables(rows, None, np.array([[0, 4], [4, 8]]))
    >>> starts = Parameters(np.full((2, 2), 0.5), np.array([[[0.0], [9.0]], [[-2.0], [5.0]]]), np.ones((2, 2, 1)))
    >>> model = Penalized(family_for("diag"), Prior.from_ridge(1e-6))
    >>> em_of_tables(Fold.of_rows(rows), tables, starts, model, 20).means[:, :, 0].round(2)
    array([[ 0.5,  9.5],
           [-2.5,  5.5]])
    """
    family, batch = model.family, fold.engine.batch
    if batch is not None and family.has_plain_step:
        start, limits = (starts.weights, starts.means, starts.covariances), Limits(n_steps, max(n_steps, 1), 0.0, 0.0)
        share = fold.executor.local.in_every_thread
        return batch.climb_tables(tables, start, family.structure, model.prior, limits, share)
    weights, means, covariances = (np.array(part) for part in (starts.weights, starts.means, starts.covariances))
    log_likelihood, objective = np.full((2, len(tables)), -np.inf)
    endings = np.full(len(tables), ENDINGS.index(Outcome.COLLAPSED))
    for at, (first, end) in enumerate(tables.spans):
        marks = Marks(None if tables.weights is None else tables.weights[first:end])
        problem = Problem(fold.on_rows(Rows(tables.rows[first:end], marks)), model)
        try:
            steps = em_steps(problem, Parameters(weights[at], means[at], covariances[at]), n_steps)
        except CollapseError:
            continue
        point, found = steps.point, steps.point.parameters
        weights[at], means[at], covariances[at] = found.weights, found.means, found.covariances
        log_likelihood[at], objective[at] = point.log_likelihood, point.objective
        endings[at] = ENDINGS.index(Outcome.COLLAPSED if steps.collapse else Outcome.ITERATION_LIMIT)
    n_made = np.full(len(tables), n_steps)
    return TableFits(weights, means, covariances, log_likelihood, objective, n_made, endings)


def _parameters(
    centers: FloatArray, sums: ChunkSums, model: Penalized
) -> tuple[tuple[FloatArray, FloatArray, FloatArray], BoolArray]:
    """Take the first M step of all tables; and tell of which the sums have all their digits."""
    n_tables, k, d = centers.shape
    family = model.family
    if family.structure.is_shared:  # what components share is taken table by table
        each = [sums.of_chunk(i, centers[i], 1) for i in range(n_tables)]
        starts = [model.maximize(one) for one in each]
        weights, means = np.stack([one.weights for one in starts]), np.stack([one.means for one in starts])
        is_sound = np.array([not one.is_far_from_means for one in each])
        return (weights, means, np.stack([one.covariances for one in starts])), is_sound
    whole = sums.joined(centers)
    counts = whole.count.reshape(n_tables, k)
    parameters = model.maximize(whole)
    weights = counts / np.sum(counts, axis=1, keepdims=True)
    covariances = parameters.covariances.reshape(n_tables, *family.shape(k, d))
    is_sound = np.ones(n_tables, np.bool_)
    if whole.is_far_from_means:
        is_sound = np.array([not sums.of_chunk(i, centers[i], 1).is_far_from_means for i in range(n_tables)])
    return (weights, parameters.means.reshape(n_tables, k, d), covariances), is_sound


def _better(first: TableFits, second: TableFits) -> TableFits:
    """Give the fit of higher objective of each table, the first among equals."""
    wins = second.objective > first.objective
    return TableFits(*(np.where(_beside(wins, a), b, a) for a, b in zip(first.arrays, second.arrays, strict=True)))


def _beside(which: BoolArray, array: FloatArray) -> BoolArray:
    return which.reshape(-1, *(1,) * (array.ndim - 1))


def _largest_first(fits: TableFits, family: CovarianceFamily) -> TableFits:
    """Put the components of each table in the order of `Run.largest_first`."""
    order = np.argsort(-np.round(fits.weights, 6), axis=1, kind="stable")  # (G, K)
    weights = np.take_along_axis(fits.weights, order, axis=1)
    means = np.take_along_axis(fits.means, order[:, :, None], axis=1)
    covariances = fits.covariances
    if not family.structure.is_shared:
        covariances = np.take_along_axis(
            covariances, order.reshape(order.shape + (1,) * (covariances.ndim - 2)), axis=1
        )
    return TableFits(weights, means, covariances, *fits.arrays[3:])


def _is_singular(fits: TableFits, family: CovarianceFamily) -> BoolArray:
    """Tell where only rounding keeps a covariance matrix positive definite, (n_tables,)."""
    n_tables, d = len(fits.weights), fits.means.shape[2]
    if not family.structure.is_matrix:
        return np.zeros(n_tables, np.bool_)
    matrices = fits.covariances.reshape(n_tables, -1, d, d)
    variances = np.einsum("gkii->gki", matrices)
    try:
        shares = np.einsum("gkii->gki", np.linalg.cholesky(matrices)) ** 2 / variances
    except np.linalg.LinAlgError:  # of one of them: the determinant of the correlations is at most the least share
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.exp(np.linalg.slogdet(matrices)[1] - np.sum(np.log(variances), axis=2))[:, :, None]
    return np.asarray(~np.all(shares >= d * np.finfo(np.float64).eps, axis=(1, 2)))
