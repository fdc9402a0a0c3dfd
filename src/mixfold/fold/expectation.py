"""`Expectation`: the question of the E step, as workers get it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, reduce
from operator import add

from mixfold.engines import Assignment, ChunkSums, Engine, KnownRows
from mixfold.engines.tasks import in_this_thread
from mixfold.executors import Executor
from mixfold.fold.known import GUESSED_ROWS, KnownSource
from mixfold.potentials import Potentials
from mixfold.rows import CHUNK_ROWS, Rows, Source
from mixfold.segments import Segment
from mixfold.sources import in_memory
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import InEveryThread

SUMS_BYTES = 4 << 20
"""Memory for the sums of chunks that one call computes together."""
CALL_WORK = 1 << 33
"""Products of scores, and as many of sums, in one call: less than a second."""
FEWEST_OF_A_CALL = 64
FEWEST_TOGETHER = 8
"""Chunks for each thread that must fit into it; with larger sums, what a call costs does not matter."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The statistics of rows under potentials.

    Attributes
    ----------
    engine : Engine
    potentials : Potentials
    structure : Structure
        Of the scatter.
    assignment : Assignment
    known : KnownSource or None
        What is known of the rows; None keeps nothing.
    chunk_rows : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, Assignment
    >>> from mixfold.fold.expectation import Expectation
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL
    >>> potentials = Potentials.nearest(np.array([[0.0], [9.0]]))
    >>> expectation = Expectation(ArrayEngine(), potentials, DIAGONAL, Assignment.HARD)
    >>> expectation(0, Rows(np.array([[1.0], [2.0], [8.0]]))).total.count
    array([2., 1.])
    """

    engine: Engine
    potentials: Potentials
    structure: Structure
    assignment: Assignment
    known: KnownSource | None = None
    chunk_rows: int = CHUNK_ROWS

    @property
    def _has_degrees(self) -> bool:
        return self.potentials.degrees is not None

    @property
    def n_together(self) -> int:
        """How many chunks one call may compute; a power of two, for then they are mostly whole nodes of the tree."""
        batch = self.engine.batch
        if batch is None or not batch.computes(self.structure, self.potentials.structure):
            return 1
        width = ChunkSums.width(self.potentials.center, self.structure, with_degrees=self._has_degrees)
        room = SUMS_BYTES // (8 * width)
        # No more than are guessed, or none would be.
        return max(1, min(1 << (max(room, 1).bit_length() - 1), GUESSED_ROWS // self.chunk_rows))

    @property
    def rows_of_a_call(self) -> int:
        """How many rows of a chunk one call may compute: no signal is heard before it ends."""
        k, d = self.potentials.center.shape
        is_matrix = self.structure.is_matrix or self.potentials.structure.is_matrix
        n_rows = CALL_WORK // (k * d * (d if is_matrix else 1))
        return max(n_rows // FEWEST_OF_A_CALL, 1) * FEWEST_OF_A_CALL  # whole panels

    def total(self, executor: Executor, source: Source) -> SufficientStatistics:
        """Add up a source: rows in memory by every thread at once where that costs few calls, else chunk by chunk."""
        batch, known = self.engine.batch, self.known if self.assignment is Assignment.SOFT else None
        if known and batch and batch.computes(self.structure, self.potentials.structure):
            known.follow(self.potentials, source)
        if source.is_in_memory:
            n_chunks, local = -(-source.n_rows // self.chunk_rows), executor.local
            if self.n_together >= min(n_chunks, FEWEST_TOGETHER * local.n_threads):
                return self(0, in_memory(source).rows, local.in_every_thread).total
        return executor.sum(self, source)

    def __call__(self, first_chunk: int, run: Rows, in_every_thread: InEveryThread | None = None) -> Segment:
        """Add up consecutive chunks."""
        total = Segment(first_chunk, ())
        for piece in run.chunks(self.n_together * self.chunk_rows):
            total = total.join(self._together(first_chunk + total.n_chunks, piece, in_every_thread))
        return total

    def _together(self, first_chunk: int, run: Rows, in_every_thread: InEveryThread | None) -> Segment:
        known = None if self.known is None else self.known.of_rows(run, self.potentials.n_components)
        if known is not None and self.assignment is Assignment.HARD:
            known = KnownRows(known.guesses)  # as ceilings are of other scores
        batch = self.engine.batch
        if batch is None or run.n <= self.chunk_rows:
            at_once = run.n if batch is None else self.rows_of_a_call
            parts = []
            for piece in run.chunks(max(at_once, 1)) if run.n else [run]:
                start = piece.start - run.start
                part = None if known is None else known.part(slice(start, start + piece.n))
                parts.append(self.engine.statistics(piece, self.potentials, self.structure, self.assignment, part))
            return Segment.of(first_chunk, [reduce(add, parts)])
        n_chunks = -(-run.n // self.chunk_rows)
        sums = ChunkSums.empty(self.potentials.center, self.structure, n_chunks, with_degrees=self._has_degrees)
        fill = partial(
            batch.statistics_of_chunks,
            run, self.potentials, self.assignment, known, self.chunk_rows, sums,
        )  # fmt: skip
        (in_every_thread or in_this_thread)(fill, sums.abandon)
        return sums.segment(first_chunk, run.n, self.chunk_rows)
