"""`Fold`: data that answers potentials with statistics."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mixfold.engines import Assignment, Beginning, EMLoop, Engine, MStep, StoppingRule, engine_for
from mixfold.executors import Executor, LocalExecutor
from mixfold.fold import checking, sampling, scoring
from mixfold.fold.expectation import Expectation
from mixfold.fold.known import KnownByThread
from mixfold.fold.linked import expected, observed
from mixfold.fold.loops import em_loops, loops_are_possible
from mixfold.fold.moments import Responsibilities, about_means, moments
from mixfold.fold.observed import refuse_other_strata, refuse_parts
from mixfold.fold.recentering import Shares, recentered
from mixfold.fold.search_device import SearchDevice
from mixfold.observations import Observation
from mixfold.potentials import Potentials
from mixfold.rows import NO_MARKS, Marks, Result, Rows, Source
from mixfold.sources import ArraySource
from mixfold.sources.chunking import batches_of
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import Array, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Fold:
    """A source, an engine and an executor: the only object through which algorithms see data, and never loop over them.

    Attributes
    ----------
    source, engine, executor : Source, Engine, Executor
    observations : sequence of Observation
        Of the strata of rows; none where all rows are complete.
    known, search_device : KnownByThread, SearchDevice or None
        Where rows seemed to belong, and the accelerator from which they were taken.
    deadline : float
        Until when a walk over the data may begin, by `time.perf_counter`; walks of a loop ask `is_over`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [8.0], [9.0]]))
    >>> fold.statistics(Potentials.nearest(np.array([[0.0], [9.0]])), DIAGONAL).count
    array([2., 2.])
    """

    source: Source
    engine: Engine
    executor: Executor
    observations: tuple[Observation, ...] = ()
    known: KnownByThread = field(default_factory=KnownByThread, repr=False, compare=False)
    deadline: float = field(default=math.inf, repr=False, compare=False)
    search_device: SearchDevice | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse rows whose strata have no observation."""
        refuse_other_strata(self.source, self.observations)

    @classmethod
    def of_rows(cls, values: Array, marks: Marks = NO_MARKS) -> Fold:
        """Give the fold over rows in memory, float32 or float64 of any library, in the calling thread."""
        return cls(ArraySource(values, marks), engine_for(values), LocalExecutor())

    def on_rows(self, rows: Rows) -> Fold:
        """Give a fold over other rows, such as a sample, on the host; those without strata are complete ones."""
        seen = self.observations if rows.marks.strata is not None or len(self.observations) == 1 else ()
        source, engine, device = ArraySource(rows.values, rows.marks), engine_for(rows.values), SearchDevice.of(self)
        return Fold(source, engine, self.executor.local, seen, deadline=self.deadline, search_device=device)

    def batches(self, n_rows: int) -> Iterator[Fold]:
        """Yield folds over consecutive rows in memory, whole chunks of at least `n_rows` together."""
        for rows in batches_of(self.source.chunks(), n_rows):
            source = ArraySource(rows.values, rows.marks)
            yield replace(self, source=source, executor=self.executor.local, known=KnownByThread())

    def statistics(
        self, potentials: Potentials, structure: Structure, assignment: Assignment = Assignment.SOFT
    ) -> SufficientStatistics:
        """Give the expected statistics of all rows under the potentials."""
        engine, source = self.engine, self.source
        if not self.is_complete:
            seen = observed(self.executor, source, engine, self.observations, potentials)
            return self.executor.sum(expected(*seen, engine, structure, assignment, source.chunk_rows), source)
        known = self.known.of_this_thread(source) if self.executor.local is self.executor else None  # of this process
        asked = Expectation(engine, potentials, structure, assignment, known, source.chunk_rows)
        return asked.total(self.executor, source)

    @property
    def is_complete(self) -> bool:
        """Whether all rows are seen as they are, and none are linked."""
        return self.source.marks.links is None and all(one.is_complete for one in self.observations)

    @property
    def is_over(self) -> bool:
        """Whether the time for more walks over the data is over."""
        return time.perf_counter() > self.deadline

    @property
    def has_loops(self) -> bool:
        """Whether whole EM steps can be made without leaving the engine: all rows are in reach of one call."""
        return self.is_complete and loops_are_possible(self.engine, self.source)

    def loops(
        self, starts: Sequence[Beginning], step: MStep, n_steps: int, rule: StoppingRule | None = None
    ) -> list[EMLoop]:
        """Make whole EM steps, only where the fold `has_loops`, from starts that are all of a kind."""
        return em_loops(self.engine, self.executor, self.source, starts, step, n_steps, rule, self.search_device)

    def moments(
        self, responsibilities: Responsibilities, center: FloatArray, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics of complete rows under responsibilities (n, K) that a function gives for each chunk."""
        refuse_parts(self.observations)
        return moments(self.engine, self.executor, self.source, responsibilities, center, structure)

    def centered_moments(
        self, responsibilities: Responsibilities, n_components: int, structure: Structure
    ) -> SufficientStatistics:
        """Give the same around the means that they have: two passes, nothing cancels."""
        refuse_parts(self.observations)
        return about_means(self.engine, self.executor, self.source, responsibilities, n_components, structure)

    def recentered(
        self, statistics: SufficientStatistics, potentials: Potentials, assignment: Assignment = Assignment.SOFT
    ) -> SufficientStatistics:
        """Give statistics of complete rows under potentials whose centers are far away around the means they have."""
        refuse_parts(self.observations)
        shares = Shares(self.engine, potentials, assignment)
        return recentered(self.engine, self.executor, self.source, statistics, shares)

    def log_density(self, potentials: Potentials) -> Array:
        """Log of the summed exponentials of the scores of every row, (N,)."""
        return self._said("log_density", potentials)

    def responsibilities(self, potentials: Potentials) -> Array:
        """Responsibilities of every row, (N, K)."""
        return self._said("responsibilities", potentials)

    def labels(self, potentials: Potentials) -> Array:
        """Component of highest score of every row, (N,)."""
        return self._said("labels", potentials)

    def log_likelihood(self, potentials: Potentials) -> tuple[float, float]:
        """Give the summed log density of the rows, and their summed weight."""
        return scoring.log_likelihood(self.executor, self.source, self._question("log_density", potentials))

    def _said(self, name: scoring.Name, potentials: Potentials) -> Array:
        return scoring.output_of_rows(self.executor, self.source, self._question(name, potentials))

    def _question(self, name: scoring.Name, potentials: Potentials) -> scoring.Question:
        by = (self.executor, self.source, self.engine, self.observations, potentials)
        return scoring.Question(self.engine, name, potentials, *(() if self.is_complete else observed(*by)))

    def each(self, function: Callable[[Rows], Result]) -> Iterator[Result]:
        """Yield what a function gives for each chunk, in order."""
        return self.executor.each(function, self.source)

    def sample(self, random_state: np.random.RandomState, n_rows: int = sampling.SAMPLE_ROWS) -> Rows:
        """Give at most `n_rows` rows with weights, on the host, in an order that depends on their values alone."""
        return sampling.in_order(self.taken(sampling.drawn_from(self.source, random_state, n_rows)))

    def taken(self, indices: IntArray) -> Rows:
        """Give the rows at ascending indices with weights, on the host: in one pass if need be."""
        return sampling.taken(self.executor, self.source, indices, checks=self.is_complete)

    def refuse_bad_rows(self) -> None:
        """Walk over the data once, to refuse them with an `InputError` before any work if a number is missing."""
        checking.refuse_bad_rows(self.executor, self.source)

    def digest(self) -> str:
        """Give a fingerprint of the rows, their order and their marks."""
        return checking.digest(self.executor, self.source, checks=self.is_complete)
