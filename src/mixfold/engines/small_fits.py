"""Whole fits of many small tables in one call: k-means, and EM until it has converged.

The steps of each are those of a fit of that table alone, and have their bits.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mixfold.engines import kernels
from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.em_loop import ENDINGS
from mixfold.engines.kernels import STRUCTURE_CODES, numbers_of, same_type
from mixfold.engines.tasks import abandon, in_this_thread, none_taken
from mixfold.outcome import Outcome
from mixfold.prior import Prior
from mixfold.structures import Structure
from mixfold.typing import Array, FloatArray, InEveryThread

Start: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]
"""Weights (G, K), means (G, K, D) and covariances (G, ...) of each table."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables that are spans of rows of one array: number g is ``rows[spans[g, 0]:spans[g, 1]]``.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_features)
        As `NativeEngine.accepts` them.
    weights : ndarray of shape (n_rows,) or None
    spans : ndarray of int64 of shape (n_tables, 2)
        Each with a row at least.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import Tables
    >>> tables = Tables(np.zeros((5, 2)), None, np.array([[0, 2], [2, 5]]))
    >>> len(tables), tables.n_rows
    (2, array([2, 3]))
    """

    rows: Array
    weights: Array | None
    spans: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Count the tables."""
        return len(self.spans)

    @property
    def n_rows(self) -> npt.NDArray[np.int64]:
        """The rows of each table, (G,)."""
        return np.asarray(self.spans[:, 1] - self.spans[:, 0])

    def some(self, which: npt.NDArray[np.bool_]) -> Tables:
        """Give some of the tables."""
        return Tables(self.rows, self.weights, self.spans[which])

    def repeated(self, n_times: int) -> Tables:
        """Give each table so many times in a row."""
        return Tables(self.rows, self.weights, np.repeat(self.spans, n_times, axis=0))


@dataclass(frozen=True, slots=True)
class Limits:
    """When EM stops; what `mixfold.fitting.Stopping` says, looked at every `block` steps.

    Attributes
    ----------
    max_steps, block : int
    tolerance : float
        In nats per unit of weight.
    resolution : float
        Gains below this share of the objective are rounding.

    Examples
    --------
    >>> from mixfold.engines import Limits
    >>> Limits(max_steps=100, block=10, tolerance=1e-6, resolution=1e-15).max_steps
    100
    """

    max_steps: int
    block: int
    tolerance: float
    resolution: float


@dataclass(frozen=True, slots=True)
class TableFits:
    """Where EM came to on each table.

    Attributes
    ----------
    weights, means, covariances : ndarray
        Of shape (G, K), (G, K, D) and (G, ...).
    log_likelihood, objective : ndarray of shape (G,)
        In nats per unit of weight.
    n_steps : ndarray of int of shape (G,)
    endings : ndarray of int of shape (G,)
        Places in `ENDINGS`. A table whose ending is `COLLAPSED` has the last parameters that have a density, or
        those of its start.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import TableFits
    >>> fits = TableFits(*np.zeros((5, 1)), *np.zeros((2, 1), np.int64))
    >>> len(fits.arrays)
    7
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    log_likelihood: FloatArray
    objective: FloatArray
    n_steps: npt.NDArray[np.int64]
    endings: npt.NDArray[np.int64]

    @property
    def arrays(self) -> tuple[Array, ...]:
        """All of them, in the order in which they are declared."""
        return tuple(getattr(self, each.name) for each in fields(self))

    def ended(self, ending: Outcome) -> npt.NDArray[np.bool_]:
        """Tell which tables ended so, (G,)."""
        return self.endings == ENDINGS.index(ending)


def kmeans_draws(n_components: int) -> int:
    """Count the random numbers that `kmeans_of_tables` takes for each seeding.

    Examples
    --------
    >>> from mixfold.engines.small_fits import kmeans_draws
    >>> kmeans_draws(1), kmeans_draws(3)
    (1, 7)
    """
    return 1 + (n_components - 1) * (2 + int(np.log(n_components)))


def kmeans_of_tables(
    tables: Tables,
    n_components: int,
    structure: Structure,
    uniforms: FloatArray,
    *,
    max_steps: int,
    tolerance: float,
    in_every_thread: InEveryThread | None = None,
) -> tuple[FloatArray, ChunkSums]:
    """Run Lloyd's iterations from greedy k-means++ on each table.

    Parameters
    ----------
    tables : Tables
    n_components : int
    structure : Structure
        Of the scatter that is given.
    uniforms : ndarray of shape (1 or G, n_seedings * kmeans_draws(n_components))
        In [0, 1), the same for all or a row for each. Of several seedings the one that leaves least inertia is taken.
    max_steps : int
    tolerance : float
        An iteration that lowers the inertia by less than this share of itself is the last.
    in_every_thread : callable, optional

    Returns
    -------
    centers : ndarray of shape (G, K, D)
    sums : ChunkSums
        A row for each table, around its centers, with each row of the table in the nearest.
    """
    n_features = int(tables.rows.shape[1])
    centers = np.empty((len(tables), n_components, n_features))
    sums = ChunkSums.empty(np.empty((n_components, n_features)), structure, len(tables))
    run = partial(
        kernels.compiled.kmeans_of_tables,
        tables.rows,
        same_type(tables.weights, tables.rows),
        np.ascontiguousarray(tables.spans, dtype=np.int64),
        np.ascontiguousarray(uniforms, dtype=np.float64),
        max_steps,
        tolerance,
        STRUCTURE_CODES[structure],
        sums.next_chunk,
        centers,
        sums.values,
    )
    (in_every_thread or in_this_thread)(run, sums.abandon)
    return centers, sums


def climb_tables(
    tables: Tables,
    start: Start,
    structure: Structure,
    prior: Prior,
    limits: Limits,
    in_every_thread: InEveryThread | None = None,
) -> TableFits:
    """Make EM steps on each table until it has converged.

    Parameters
    ----------
    tables : Tables
    start : tuple of ndarray
        Copied.
    structure : Structure
        Of the covariances, whose M step is the plain one.
    prior : Prior
        That of all tables.
    limits : Limits
    in_every_thread : callable, optional
    """
    weights, means, covariances = (np.array(part, dtype=np.float64, order="C") for part in start)
    d, n_tables = int(tables.rows.shape[1]), len(tables)
    values, ends = np.empty((n_tables, 2)), np.empty((n_tables, 2), np.int64)
    next_table = none_taken()
    run = partial(
        kernels.compiled.climb_tables,
        tables.rows,
        same_type(tables.weights, tables.rows),
        np.ascontiguousarray(tables.spans, dtype=np.int64),
        weights,
        means,
        covariances.reshape(n_tables, -1),
        STRUCTURE_CODES[structure],
        *numbers_of(prior, structure, d),
        limits.max_steps,
        limits.block,
        limits.tolerance,
        limits.resolution,
        next_table,
        values,
        ends,
    )
    (in_every_thread or in_this_thread)(run, partial(abandon, next_table))
    return TableFits(weights, means, covariances, values[:, 0], values[:, 1], ends[:, 0], ends[:, 1])
