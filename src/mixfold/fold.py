"""`Fold`: data that answers potentials with statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Any

import array_api_compat
import numpy as np
import numpy.typing as npt
from sklearn.utils.random import sample_without_replacement

from mixfold.engines import Assignment, ChunkSums, Engine, WholeLoop, engine_for, to_numpy
from mixfold.errors import InputError
from mixfold.executors import Executor, LocalExecutor
from mixfold.potentials import Potentials
from mixfold.prior import Prior
from mixfold.rows import CHUNK_ROWS, NO_MARKS, IndexedSource, Marks, Rows, Source
from mixfold.sources import ArraySource
from mixfold.sources.chunking import chunks_of
from mixfold.statistics import Segment, SufficientStatistics
from mixfold.structures import SPHERICAL, Structure
from mixfold.typing import Array, FloatArray, IntArray

SAMPLE_ROWS = 16384
"""Rows that a start may look at one by one; larger data are sampled."""

GUESSED_ROWS = 1 << 20
"""Rows for which a fold remembers the component that they seemed to belong to; four bytes each."""
FEWEST_GUESSED = 16
"""Components from which that is worth while."""

SCORED_AT_ONCE = 4
"""Calls to an engine for each thread that say something of every row, if it needs no memory but for what it says."""

CALL_WORK = 1 << 32
"""Multiplications of a call to an engine, at most: a second or two on a slow processor."""
SOFTMAX_WORK = 16
"""Of them, what the exponential of a score is worth."""
FEWEST_OF_A_CALL = 64
"""Rows of a call, at least."""

LOOP_ROWS = 16384
"""Up to this many rows, EM steps run whole in an engine that has such a loop."""

SUMS_BYTES = 4 << 20
"""Memory for the sums of chunks that one call computes together."""
FEWEST_TOGETHER = 8
"""Chunks for each thread that must fit into it; with larger sums, what a call costs does not matter."""


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
        By the start of the rows of a call, for each of them the component that it seemed to belong to when it was last
        seen: where an engine looks first. A fold without them gives the same bits.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import Assignment
    >>> from mixfold.fold import Fold
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> sums = fold.statistics(Potentials.nearest(np.array([[0.0], [9.0]])), DIAGONAL, Assignment.HARD)
    >>> sums.count, sums.means.ravel()
    (array([3., 3.]), array([1., 9.]))
    """

    source: Source
    engine: Engine
    executor: Executor
    guesses: dict[int, npt.NDArray[np.int32]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of_rows(cls, values: Array, marks: Marks = NO_MARKS) -> Fold:
        """Give the fold over rows in memory, by the usual engine in the calling thread.

        Parameters
        ----------
        values : array of shape (n_rows, n_features)
            float32 or float64, of any library.
        marks : Marks, optional
        """
        return cls(ArraySource(values, marks), engine_for(values), LocalExecutor())

    def statistics(
        self, potentials: Potentials, structure: Structure, assignment: Assignment = Assignment.SOFT
    ) -> SufficientStatistics:
        """Give the expected statistics of all rows under the potentials."""
        source, local = self.source, self.executor.local
        known = self.guesses if local is self.executor else None  # of this process
        expectation = _Expectation(self.engine, potentials, structure, assignment, known, self.source.chunk_rows)
        if isinstance(source, ArraySource):
            n_chunks = -(-source.n_rows // self.source.chunk_rows)
            if expectation.n_together >= min(n_chunks, FEWEST_TOGETHER * local.n_threads):
                return expectation(0, source.rows, local.in_every_thread).total
        return self.executor.sum(expectation, source)

    @property
    def has_loops(self) -> bool:
        """Whether whole EM steps can be made without leaving the engine: all rows are in reach of one call."""
        source, wholesale = self.source, self.engine.wholesale
        return wholesale is not None and isinstance(source, ArraySource) and source.n_rows <= LOOP_ROWS

    def loops(
        self,
        starts: Sequence[tuple[FloatArray, FloatArray, FloatArray]],
        structure: Structure,
        prior: Prior,
        n_steps: int,
    ) -> list[WholeLoop]:
        """Make whole EM steps from each start without leaving the engine; only where the fold `has_loops`.

        Parameters
        ----------
        starts : sequence of tuple of ndarray
            Weights (K,), means (K, D) and covariances of the structure.
        structure : Structure
        prior : Prior
        n_steps : int
        """
        rows = self.source.rows  # type: ignore[attr-defined]  # an array's: `has_loops`
        share = self.executor.local.in_every_thread
        return self.engine.wholesale.whole_loops(  # type: ignore[union-attr]  # `has_loops`
            rows, starts, structure, prior, n_steps, share
        )

    def moments(
        self, responsibilities: Callable[[Rows], Array], center: FloatArray, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics under responsibilities (n, K) that a function gives for each chunk."""
        engine, chunk_rows = self.engine, self.source.chunk_rows  # and not the whole fold: workers get this function

        def added(first_chunk: int, run: Rows) -> Segment:
            return Segment.of(
                first_chunk,
                (engine.moments(chunk, responsibilities(chunk), center, structure) for chunk in run.chunks(chunk_rows)),
            )

        return self.executor.sum(added, self.source)

    def centered_moments(
        self, responsibilities: Callable[[Rows], Array], n_components: int, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics under responsibilities around the means that they have: two passes, nothing cancels."""
        anywhere = np.repeat(to_numpy(self.source.first), n_components, axis=0)
        means = self.moments(responsibilities, anywhere, SPHERICAL).means
        return self.moments(responsibilities, means, structure)

    def recentered(
        self, statistics: SufficientStatistics, potentials: Potentials, assignment: Assignment = Assignment.SOFT
    ) -> SufficientStatistics:
        """Give statistics under potentials whose centers are far from all rows around the means that they have.

        The scatter around the means would be what is left of squares that are more than all its digits.
        """
        engine, k = self.engine, potentials.n_components

        def shares(chunk: Rows) -> Array:
            if assignment is Assignment.HARD:
                return np.eye(k)[to_numpy(engine.labels(chunk.values, potentials)).astype(np.intp)]
            return engine.responsibilities(chunk.values, potentials)

        means = self.moments(shares, np.repeat(to_numpy(self.source.first), k, axis=0), SPHERICAL).means
        means = np.where(statistics.count[:, None] > 0.0, means, statistics.center)
        about = self.moments(shares, means, statistics.structure)
        return replace(about, log_likelihood=statistics.log_likelihood)

    def log_density(self, potentials: Potentials) -> Array:
        """Log of the summed exponentials of the scores of every row, (N,)."""
        return self._said_of_rows(self.engine.log_density, potentials)

    def responsibilities(self, potentials: Potentials) -> Array:
        """Responsibilities of every row, (N, K)."""
        return self._said_of_rows(self.engine.responsibilities, potentials, potentials.n_components)

    def labels(self, potentials: Potentials) -> Array:
        """Component of highest score of every row, (N,)."""
        return self._said_of_rows(self.engine.labels, potentials, dtype=np.int64)

    def sample(self, random_state: np.random.RandomState, n_rows: int = SAMPLE_ROWS) -> Rows:
        """Give at most `n_rows` rows with weights, on the host, in an order that depends on their values alone.

        Because of that order, and because rows of weight zero are left out, a start that draws by weight does not
        depend on how rows are ordered or repeated (as long as all of them are in the sample).

        Returns
        -------
        rows : Rows
            Of float64, with weights.
        """
        everything = self.source.n_rows
        if everything <= n_rows:
            indices = np.arange(everything)
        else:
            # Memory for `n_rows` numbers, however many rows there are to choose from.
            indices = np.sort(sample_without_replacement(everything, n_rows, random_state=random_state))
        taken = self.taken(indices)
        at = np.flatnonzero(taken.weights_or_ones > 0.0)
        rows = taken.values[at]
        # Equal rows have equal keys, so they stay together; that is all the order is for.
        key = np.sum(rows * np.cos(np.arange(rows.shape[1])), axis=1)
        order = np.argsort(key, kind="stable")
        return Rows(rows[order], taken.marks.take(at[order]))

    def on_rows(self, rows: Rows) -> Fold:
        """Give a fold over other rows, such as a sample, computed on the host by the default engine."""
        return Fold(ArraySource(rows.values, rows.marks), engine_for(rows.values), self.executor.local)

    def batches(self, n_rows: int) -> Iterator[Fold]:
        """Yield folds over consecutive rows in memory, whole chunks of at least `n_rows` together."""
        pending: list[Rows] = []
        for chunk in chunks_of(self.source.chunks()):
            pending.append(chunk)
            if sum(chunk.n for chunk in pending) >= n_rows:
                yield self._over(pending)
                pending = []
        if pending:
            yield self._over(pending)

    def _over(self, chunks: list[Rows]) -> Fold:
        rows = Rows.join(chunks)
        return Fold(ArraySource(rows.values, rows.marks), self.engine, self.executor.local)

    def log_likelihood(self, potentials: Potentials) -> tuple[float, float]:
        """Give the summed log density of the rows, and their summed weight."""
        engine = self.engine

        def one(chunk: Rows) -> tuple[float, float]:
            log_density = to_numpy(engine.log_density(chunk.values, potentials))
            if chunk.weights is None:
                return float(np.sum(log_density)), float(len(log_density))
            weights = to_numpy(chunk.weights)
            return float(weights @ log_density), float(np.sum(weights))

        total = np.sum(list(self.each(one)), axis=0)
        return float(total[0]), float(total[1])

    def each(self, function: Callable[[Rows], Any]) -> Iterator[Any]:
        """Yield what a function gives for each chunk, in order."""
        return self.executor.each(function, self.source)

    def refuse_bad_rows(self) -> None:
        """Walk over the data once, to refuse them before any work if a number is missing.

        Raises
        ------
        InputError
            Naming the first row that is not finite, and its column.
        """
        for bad in self.each(_first_bad):
            if bad is None:
                continue
            row, column = bad
            names = self.source.feature_names
            what = f"column {names[column]!r}" if names else f"feature {column}"
            message = (
                f"X must be finite, but {what} is missing, NaN or infinite in {self.source.where(row)}. "
                "Drop or impute such rows."
            )
            raise InputError(message)

    def digest(self) -> str:
        """Give a fingerprint of the rows, their order and their weights: SHA-256 over the chunks."""
        total = sha256(f"{self.source.n_rows} {self.source.n_features}".encode())
        for one in self.each(_digest):
            total.update(one)
        return total.hexdigest()

    def taken(self, indices: IntArray) -> Rows:
        """Give the rows at ascending indices with weights, on the host: in one pass if need be."""

        def picked(chunk: Rows) -> Rows:
            at = indices[slice(*np.searchsorted(indices, (chunk.span.start, chunk.span.stop)))] - chunk.start
            return Rows(to_numpy(chunk.values)[at], _weighted(chunk).take(at))

        if not isinstance(self.source, IndexedSource):
            return Rows.join(list(self.each(picked)))
        rows = self.source.take(indices)
        return Rows(to_numpy(rows.values), _weighted(rows))

    def _said_of_rows(
        self, say: Callable[..., Array], potentials: Potentials, *width: int, dtype: type[np.int64] | None = None
    ) -> Array:
        """Give what the engine says of every row: `width` numbers, of a dtype that is the rows' by default."""
        source, local = self.source, self.executor.local
        if not isinstance(source, ArraySource):
            return _joined(list(self.each(lambda chunk: say(chunk.values, potentials))))
        if self.engine.wholesale is None:
            parts: dict[int, Array] = {}

            def keep(chunk: Rows) -> None:
                parts[chunk.start] = say(chunk.values, potentials)

            local.share(keep, source.chunks())
            return _joined([parts[start] for start in sorted(parts)])
        # What is said of a row does not depend on its neighbors: a few long chunks a thread cost fewer calls.
        share = max(-(-source.n_rows // (SCORED_AT_ONCE * local.n_threads)), CHUNK_ROWS)
        source = replace(source, chunk_rows=min(share, _rows_of_a_call(potentials)))
        result = np.empty((source.n_rows, *width), dtype or source.values.dtype)

        def write(chunk: Rows) -> None:
            say(chunk.values, potentials, result[chunk.span])

        local.share(write, source.chunks())
        return result


def _rows_of_a_call(potentials: Potentials) -> int:
    """Give how many rows one call may say something of: no signal is heard before it ends."""
    if potentials.structure.rank:  # matrix products, whose bits depend on how many rows there are
        return GUESSED_ROWS
    for_each_row = potentials.whitener.size + SOFTMAX_WORK * potentials.n_components
    return min(max(CALL_WORK // for_each_row, FEWEST_OF_A_CALL), GUESSED_ROWS)


@dataclass(frozen=True, slots=True)
class _Expectation:
    """The question of the E step, as workers get it: the statistics of rows under potentials."""

    engine: Engine
    potentials: Potentials
    structure: Structure
    assignment: Assignment
    known: dict[int, npt.NDArray[np.int32]] | None = None
    """Guesses by the start of the rows of a call; None keeps none."""
    chunk_rows: int = CHUNK_ROWS

    @property
    def _has_degrees(self) -> bool:
        return self.potentials.degrees is not None

    @property
    def n_together(self) -> int:
        """How many chunks one call may compute; a power of two, for then they are mostly whole nodes of the tree."""
        if self.engine.wholesale is None or self.structure.rank or self.potentials.structure.rank:
            return 1
        room = SUMS_BYTES // (
            8 * ChunkSums.width(self.potentials.center, self.structure, with_degrees=self._has_degrees)
        )
        # No more than are guessed, or none would be.
        return max(1, min(1 << (max(room, 1).bit_length() - 1), GUESSED_ROWS // self.chunk_rows))

    def __call__(
        self, first_chunk: int, run: Rows, in_every_thread: Callable[[Callable[[], None]], None] | None = None
    ) -> Segment:
        """Add up consecutive chunks."""
        total = Segment(first_chunk, ())
        for piece in run.chunks(self.n_together * self.chunk_rows):
            total = total.join(self._together(first_chunk + total.n_chunks, piece, in_every_thread))
        return total

    def _together(
        self, first_chunk: int, run: Rows, in_every_thread: Callable[[Callable[[], None]], None] | None
    ) -> Segment:
        n_rows = run.n
        guesses = None if self.known is None else _guesses_for(self.known, run, self.potentials.n_components)
        wholesale = self.engine.wholesale
        if wholesale is None or n_rows <= self.chunk_rows:
            one = self.engine.statistics(run, self.potentials, self.structure, self.assignment, guesses)
            return Segment.of(first_chunk, [one])
        n_chunks = -(-n_rows // self.chunk_rows)
        sums = ChunkSums.empty(self.potentials.center, self.structure, n_chunks, with_degrees=self._has_degrees)
        fill = partial(
            wholesale.statistics_of_chunks,
            run, self.potentials, self.assignment, guesses, self.chunk_rows, sums,
        )  # fmt: skip
        (in_every_thread or _here)(fill)
        return sums.segment(first_chunk, n_rows, self.chunk_rows)


def _here(function: Callable[[], None]) -> None:
    function()


def _weighted(rows: Rows) -> Marks:
    """Give the marks of rows, on the host, with weights."""
    weights = np.ones(rows.n) if rows.weights is None else to_numpy(rows.weights)
    return replace(rows.marks, weights=weights)


def _joined(parts: list[Array]) -> Array:
    return parts[0] if len(parts) == 1 else array_api_compat.array_namespace(parts[0]).concat(parts, axis=0)


def _digest(chunk: Rows) -> bytes:
    """Give a fingerprint of a chunk."""
    columns = (chunk.values, chunk.weights, chunk.marks.strata)
    arrays = [to_numpy(array) for array in columns if array is not None]
    digest = sha256(" ".join(str(array.dtype) for array in arrays).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).view(np.uint8))  # type: ignore[arg-type]  # an array is one
    return digest.digest()


def _first_bad(chunk: Rows) -> tuple[int, int] | None:
    """Give the row and the column of the first value of a chunk that is not finite."""
    finite = np.isfinite(to_numpy(chunk.values))
    if finite.all():
        return None
    row, column = np.unravel_index(np.argmin(finite), finite.shape)
    return chunk.start + int(row), int(column)


def _guesses_for(
    guesses: dict[int, npt.NDArray[np.int32]], chunk: Rows, n_components: int
) -> npt.NDArray[np.int32] | None:
    n_rows = chunk.n
    if n_components < FEWEST_GUESSED or chunk.start + n_rows > GUESSED_ROWS:
        return None
    known = guesses.get(chunk.start)
    if known is None or len(known) != n_rows:
        known = guesses[chunk.start] = np.full(n_rows, -1, np.int32)
    return known
