"""`Fold`: data that answers potentials with statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import array_api_compat
import numpy as np
import numpy.typing as npt

from mixfold.engines import Assignment, Engine, WholeLoop, engine_for, to_numpy
from mixfold.executors import Executor
from mixfold.potentials import Potentials
from mixfold.sources import ArraySource, Chunk, Source
from mixfold.statistics import SufficientStatistics, tree_sum
from mixfold.structure import Structure
from mixfold.typing import Array, FloatArray

SAMPLE_ROWS = 16384
"""Rows that a start may look at one by one; larger data are sampled."""

GUESSED_ROWS = 1 << 20
"""Rows for which a fold remembers the component that they seemed to belong to; four bytes each."""
FEWEST_GUESSED = 16
"""Components from which that is worth while."""

LOOP_ROWS = 16384
"""Up to this many rows, EM steps run whole in an engine that has such a loop."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A source, an engine and an executor: the only object through which algorithms see data.

    Everything above (initialization, EM, scoring) asks one of the questions below and never loops over rows itself.

    Attributes
    ----------
    source : Source
        What yields the chunks.
    engine : Engine
        What computes one chunk.
    executor : Executor
        Who computes which chunk; entered by whoever made it.
    guesses : dict
        By the start of a chunk, for each of its rows the component that it seemed to belong to when it was last seen:
        where an engine looks first. A fold without them gives the same bits.
    """

    source: Source
    engine: Engine
    executor: Executor
    guesses: dict[int, npt.NDArray[np.int32]] = field(default_factory=dict, repr=False, compare=False)

    def statistics(
        self, potentials: Potentials, structure: Structure, assignment: Assignment = Assignment.SOFT
    ) -> SufficientStatistics:
        """Give the expected statistics of all rows under the potentials."""

        def one(chunk: Chunk) -> SufficientStatistics:
            guesses = self._guesses_for(chunk, potentials.n_components)
            return self.engine.statistics(chunk.rows, chunk.weights, potentials, structure, assignment, guesses)

        return tree_sum(self.executor.map(one, self.source.chunks()))

    def _guesses_for(self, chunk: Chunk, n_components: int) -> npt.NDArray[np.int32] | None:
        n_rows = int(chunk.rows.shape[0])
        if n_components < FEWEST_GUESSED or chunk.start + n_rows > GUESSED_ROWS:
            return None
        known = self.guesses.get(chunk.start)
        return self.guesses.setdefault(chunk.start, np.full(n_rows, -1, np.int32)) if known is None else known

    def loop(
        self,
        start: tuple[FloatArray, FloatArray, FloatArray],
        structure: Structure,
        prior_scale: FloatArray,
        prior_count: float,
        ridge: float,
        n_steps: int,
    ) -> WholeLoop | None:
        """Make whole EM steps without leaving the engine, if it can and all rows are in reach of one call; else None.

        Parameters
        ----------
        start : tuple of ndarray
            Weights (K,), means (K, D) and covariances of the structure.
        structure : Structure
        prior_scale, prior_count, ridge : ndarray, float, float
            As in `mixfold.covariance.Prior`.
        n_steps : int
        """
        whole_loop = getattr(self.engine, "whole_loop", None)
        if whole_loop is None or self.source.n_rows > LOOP_ROWS:
            return None
        source = self.source
        everything = source if isinstance(source, ArraySource) else source.take(np.arange(source.n_rows))
        loop: WholeLoop = whole_loop(
            everything.rows, everything.weights, start, structure, prior_scale, prior_count, ridge, n_steps
        )
        return loop

    def moments(
        self, responsibilities: Callable[[Chunk], Array], center: FloatArray, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics under responsibilities (n, K) that a function gives for each chunk."""

        def one(chunk: Chunk) -> SufficientStatistics:
            return self.engine.moments(chunk.rows, chunk.weights, responsibilities(chunk), center, structure)

        return tree_sum(self.executor.map(one, self.source.chunks()))

    def centered_moments(
        self, responsibilities: Callable[[Chunk], Array], n_components: int, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics under responsibilities around the means that they have: two passes, nothing cancels."""
        first = self.source.take(np.zeros(1, dtype=np.intp)).rows
        anywhere = np.repeat(to_numpy(first), n_components, axis=0)
        means = self.moments(responsibilities, anywhere, Structure.SPHERICAL).means
        return self.moments(responsibilities, means, structure)

    def log_density(self, potentials: Potentials) -> Array:
        """Log of the summed exponentials of the scores of every row, (N,)."""
        return self._concatenated(lambda chunk: self.engine.log_density(chunk.rows, potentials))

    def responsibilities(self, potentials: Potentials) -> Array:
        """Responsibilities of every row, (N, K)."""
        return self._concatenated(lambda chunk: self.engine.responsibilities(chunk.rows, potentials))

    def labels(self, potentials: Potentials) -> Array:
        """Component of highest score of every row, (N,)."""
        return self._concatenated(lambda chunk: self.engine.labels(chunk.rows, potentials))

    def sample(self, random_state: np.random.RandomState, n_rows: int = SAMPLE_ROWS) -> tuple[FloatArray, FloatArray]:
        """Give at most `n_rows` rows and their weights, on the host, in an order that depends on their values alone.

        Because of that order, and because rows of weight zero are left out, a start that draws by weight does not
        depend on how rows are ordered or repeated (as long as all of them are in the sample).

        Returns
        -------
        rows : ndarray of shape (n, n_features)
        weights : ndarray of shape (n,)
        """
        everything = self.source.n_rows
        if everything <= n_rows:
            indices = np.arange(everything)
        else:
            indices = np.sort(random_state.choice(everything, n_rows, replace=False))
        chunk = self.source.take(indices)
        rows = to_numpy(chunk.rows)
        weights = np.ones(len(rows)) if chunk.weights is None else to_numpy(chunk.weights)
        rows, weights = rows[weights > 0.0], weights[weights > 0.0]
        # Equal rows have equal keys, so they stay together; that is all the order is for.
        key = np.sum(rows * np.cos(np.arange(rows.shape[1])), axis=1)
        order = np.argsort(key, kind="stable")
        return rows[order], weights[order]

    def on_rows(self, rows: FloatArray, weights: FloatArray) -> Fold:
        """Give a fold over other rows, such as a sample, computed on the host by the default engine."""
        return Fold(ArraySource(rows, weights), engine_for(rows), self.executor)

    def _concatenated(self, function: Callable[[Chunk], Array]) -> Array:
        parts = list(self.executor.map(function, self.source.chunks()))
        return parts[0] if len(parts) == 1 else array_api_compat.array_namespace(parts[0]).concat(parts, axis=0)
