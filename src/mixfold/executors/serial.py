"""One chunk after the other, in the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Self, final

from mixfold.executors.abstract import Item, Result
from mixfold.executors.blas import single_threaded_blas
from mixfold.rows import Chunk, Source
from mixfold.statistics import Segment, SufficientStatistics


@final
class SerialExecutor:
    """The calling thread.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.executors import SerialExecutor
    >>> from mixfold.sources import ArraySource
    >>> with SerialExecutor() as executor:
    ...     list(executor.each(lambda chunk: float(chunk.rows.sum()), ArraySource(np.ones((10_000, 1)))))
    [8192.0, 1808.0]
    """

    n_threads = 1

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._is_stopped = False

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield ``function(item)`` for each item, in order."""
        self._refuse_if_stopped()
        return map(function, items)

    @property
    def near(self) -> Self:
        """Itself."""
        self._refuse_if_stopped()
        return self

    def reaches(self, source: Source) -> bool:
        """Any: every source yields its chunks to this process."""
        del source
        return True

    def each(self, function: Callable[[Chunk], Result], source: Source) -> Iterator[Result]:
        """Yield ``function(chunk)`` for each chunk of a source, in order."""
        return self.map(function, source.chunks())

    def sum(self, function: Callable[[int, Chunk], Segment], source: Source) -> SufficientStatistics:
        """Give the total of ``function(first_chunk, run)``, each run what comes at once."""
        total = Segment(0, ())
        for run in source.runs():
            self._refuse_if_stopped()
            total = total.join(function(total.n_chunks, run))
        return total.total

    def in_every_thread(self, function: Callable[[], None]) -> None:
        """Call a function that takes all the work there is."""
        self._refuse_if_stopped()
        function()

    def share(self, function: Callable[[Item], None], items: Iterable[Item]) -> None:
        """Call a function of each item, in order."""
        for item in items:
            self._refuse_if_stopped()
            function(item)

    def stop(self) -> None:
        """Refuse all work from now on."""
        self._is_stopped = True

    def _refuse_if_stopped(self) -> None:
        if self._is_stopped:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        """Keep BLAS to one thread."""
        self._stack.enter_context(single_threaded_blas())
        return self

    def __exit__(self, *exception: object) -> None:
        """Release BLAS."""
        self._stack.close()
