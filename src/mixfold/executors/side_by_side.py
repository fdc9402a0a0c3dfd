"""Whole computations in threads, which end when the caller is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from joblib import effective_n_jobs

from mixfold.executors.local import Item, LocalExecutor
from mixfold.rows import Result


def side_by_side(
    function: Callable[[Item], Result], items: Sequence[Item], n_jobs: int | None, executor: LocalExecutor
) -> Generator[tuple[int, Result], None, None]:
    """Yield the position of each item and ``function(item)``, as they are done.

    Where the caller is interrupted, or stops asking, no further item is begun, and `executor` is stopped: what is under
    way ends when it next asks for sums over rows. Close the iterator, or the threads go on until then.

    Parameters
    ----------
    function : callable
    items : sequence
    n_jobs : int or None
        Threads (None is 1, -1 all cores).
    executor : LocalExecutor
        By which the function computes.

    Yields
    ------
    position, result : int and object

    Examples
    --------
    >>> from mixfold.executors import LocalExecutor, side_by_side
    >>> sorted(side_by_side(abs, [-1, 2, -3], 2, LocalExecutor()))
    [(0, 1), (1, 2), (2, 3)]
    """
    n_threads = min(effective_n_jobs(n_jobs), len(items))
    if n_threads <= 1:
        yield from enumerate(map(function, items))
        return
    with ThreadPoolExecutor(n_threads, thread_name_prefix="mixfold") as pool:
        positions: dict[Future[Result], int] = {}
        try:
            positions.update((pool.submit(function, item), position) for position, item in enumerate(items))
            for future in as_completed(positions):
                yield positions[future], future.result()
        except BaseException:
            executor.stop()
            for future in positions:
                future.cancel()
            raise
