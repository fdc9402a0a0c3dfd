"""Chunks in this process: in the calling thread, or on a pool of threads.

NumPy, PyTorch and the kernels release the interpreter lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import reduce
from typing import Self, TypeVar, final

from mixfold.executors.blas import single_threaded_blas
from mixfold.rows import Result, Rows, Source
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics

Item = TypeVar("Item")

HEARD_AFTER = 0.1
"""Seconds until who waits looks up: the handler of SIGINT that polars sets wakes nobody who waits for a lock."""


@final
class LocalExecutor:
    """`n_threads` threads of this process, the calling one among them.

    Results come back in the order of the items, and at most two items a thread are under way, so a source larger than
    memory is never read ahead of its use.

    Parameters
    ----------
    n_threads : int, default=1

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.sources import ArraySource
    >>> with LocalExecutor(2) as executor:
    ...     list(executor.each(lambda chunk: float(chunk.values.sum()), ArraySource(np.ones((10_000, 1)))))
    [8192.0, 1808.0]
    """

    def __init__(self, n_threads: int = 1) -> None:
        self.n_threads = n_threads
        self._stack = ExitStack()
        self._pool: ThreadPoolExecutor | None = None
        self._n_entered = 0
        self._is_stopped = False

    @property
    def local(self) -> Self:
        """Itself."""
        return self

    def reaches(self, source: Source) -> bool:
        """Any: every source yields its chunks to this process."""
        del source
        return True

    def placed(self, source: Source) -> Source:
        """Give the source as it is."""
        return source

    def each(self, function: Callable[[Rows], Result], source: Source) -> Iterator[Result]:
        """Yield ``function(chunk)`` for each chunk of a source, in order."""
        return self.map(function, source.chunks())

    def sum(self, function: Callable[[int, Rows], Segment], source: Source) -> SufficientStatistics:
        """Give the total of ``function(first_chunk, run)``: each run a chunk, or in one thread what comes at once."""
        if self.n_threads > 1:
            segments = self.map(lambda run: function(*run), enumerate(source.chunks()))
            return reduce(Segment.join, segments, Segment(0, ())).total
        total = Segment(0, ())
        for run in source.runs():
            self.refuse_if_stopped()
            total = total.join(function(total.n_chunks, run))
        return total.total

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield ``function(item)`` for each item, in order."""
        self.refuse_if_stopped()
        return map(function, items) if self.n_threads == 1 else self._mapped(function, items)

    def in_every_thread(self, function: Callable[[], None], abandon: Callable[[], None]) -> None:
        """Call a function once in each thread, the calling one too: it takes work until there is none.

        A thread that has not begun when the calling one finds nothing left to do is not waited for. Where the calling
        one fails or is interrupted, also while it waits, `abandon` lets the others take nothing more. What failed is
        raised before what was interrupted by it.
        """
        self.refuse_if_stopped()
        if self.n_threads == 1:
            function()
            return
        helpers: list[Future[None]] = []
        try:
            helpers += (self._entered().submit(function) for _ in range(self.n_threads - 1))
            function()
            _join(helpers)
        except BaseException:
            abandon()
            _join(helpers, ignored=KeyboardInterrupt)
            raise

    def share(self, function: Callable[[Item], None], items: Iterable[Item]) -> None:
        """Call a function of each item, in any order: each thread takes the next until there are none.

        When one thread fails or is interrupted, the others begin nothing more.
        """
        waiting = deque(items)

        def take_all() -> None:
            try:
                while True:
                    self.refuse_if_stopped()
                    try:
                        item = waiting.popleft()
                    except IndexError:  # another thread took the last
                        return
                    function(item)
            except BaseException:
                waiting.clear()
                raise

        self.in_every_thread(take_all, waiting.clear)

    def stop(self) -> None:
        """Refuse all work from now on, by `KeyboardInterrupt`: so computations in other threads end."""
        self._is_stopped = True

    def _mapped(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        pool = self._entered()
        under_way: deque[Future[Result]] = deque()
        try:
            for item in items:
                self.refuse_if_stopped()
                if len(under_way) >= 2 * self.n_threads:
                    yield under_way.popleft().result()
                under_way.append(pool.submit(function, item))
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()

    def refuse_if_stopped(self) -> None:
        """Raise `KeyboardInterrupt` where work was stopped: what is computed beside the executor asks by this."""
        if self._is_stopped:
            raise KeyboardInterrupt

    def _entered(self) -> ThreadPoolExecutor:
        if self._pool is None:
            message = "A LocalExecutor of several threads works only inside `with executor:`. Enter it first."
            raise RuntimeError(message)
        return self._pool

    def __enter__(self) -> Self:
        """Keep BLAS to one thread, and start the others; who enters again, as a fit in a fit does, finds them."""
        self._n_entered += 1
        if self._n_entered > 1:
            return self
        self._stack.enter_context(single_threaded_blas())
        if self.n_threads > 1:
            pool = ThreadPoolExecutor(self.n_threads, thread_name_prefix="mixfold")
            self._pool = self._stack.enter_context(pool)
        return self

    def __exit__(self, *exception: object) -> None:
        """Wait for the threads and end them, when the last leaves; release BLAS."""
        self._n_entered -= 1
        if self._n_entered:
            return
        self._pool = None
        self._stack.close()


def _join(helpers: list[Future[None]], ignored: type[BaseException] | tuple[()] = ()) -> None:
    """Wait for those that have begun, and raise what failed; the others never begin."""
    begun = [helper for helper in helpers if not helper.cancel()]
    while wait(begun, HEARD_AFTER).not_done:
        pass
    for helper in begun:
        failure = helper.exception()
        if failure is not None and not isinstance(failure, ignored):
            raise failure
