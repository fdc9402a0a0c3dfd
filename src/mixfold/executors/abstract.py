"""The contract of an executor: who computes the chunks, and in which order the results come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, Self

from mixfold.executors.local import LocalExecutor
from mixfold.rows import Result, Rows, Source
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics


class Executor(Protocol):
    """Applies functions to the chunks of a source, wherever they are.

    Used as a context manager; workers exist, and BLAS keeps to one thread, between enter and exit.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.executors import Executor, LocalExecutor
    >>> from mixfold.sources import ArraySource
    >>> executor: Executor = LocalExecutor()
    >>> with executor:
    ...     list(executor.each(lambda chunk: chunk.values.shape, ArraySource(np.zeros((10_000, 2)))))
    [(8192, 2), (1808, 2)]
    """

    @property
    def local(self) -> LocalExecutor:
        """The executor for rows that are in this process: itself, unless it computes elsewhere."""

    def reaches(self, source: Source) -> bool:
        """Tell whether it can compute a source."""

    def placed(self, source: Source) -> Source:
        """Give a source that it reaches as its functions will see it: other rows where it brings them elsewhere."""

    def each(self, function: Callable[[Rows], Result], source: Source) -> Iterator[Result]:
        """Yield ``function(chunk)`` for each chunk of a source, in order."""

    def sum(self, function: Callable[[int, Rows], Segment], source: Source) -> SufficientStatistics:
        """Give the total of ``function(first_chunk, run)`` over runs of chunks of a source, in the order of `tree_sum`.

        How many chunks a run has is the executor's to choose: segments join to the same bits in any grouping.
        """

    def __enter__(self) -> Self:
        """Start the workers."""

    def __exit__(self, *exception: object) -> None:
        """Stop the workers."""


def not_reached(source: Source, what: str) -> str:
    """Say that an executor was asked to compute what it cannot reach."""
    return f"The source must be {what}, got {type(source).__name__}. Ask `executor_for` for one that reaches it."
