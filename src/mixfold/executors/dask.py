"""Chunks on the workers of a Dask cluster: parameters travel, data stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Self, final

import numpy as np

from mixfold.errors import MissingExtraError
from mixfold.executors.abstract import not_reached
from mixfold.executors.blas import single_threaded_blas
from mixfold.executors.local import LocalExecutor
from mixfold.rows import NO_MARKS, DividedSource, Marks, Part, Result, Rows, Source
from mixfold.rows.lost_parts import losses_named
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics

FAN = 8
"""Sums that one task joins: the tree over P parts is log_8 P tasks deep."""


@final
class DaskExecutor:
    """The workers of a `distributed.Client`.

    An iteration sends every worker one function with the potentials in it, kilobytes, and joins the segments that come
    out of the parts in a tree of tasks, in the order of the parts. A worker that dies takes no result with it that Dask
    cannot make again: the fit continues, to the same bits.

    Parameters
    ----------
    client : distributed.Client, optional
        By default the current one, or a `LocalCluster` of one process a core for the time of the fit.
    keep : bool
        Whether parts stay in the memory of the workers (which spill to disk what does not fit), or are read again in
        every iteration.

    Notes
    -----
    Workers need mixfold. The bits of a fit are those of one machine if all have the same instruction set
    (`mixfold.show_versions`); ``MIXFOLD_INSTRUCTION_SET`` sets a common one.

    Examples
    --------
    A cluster of one thread, in this process.

    >>> import dask.array as da
    >>> import numpy as np
    >>> from distributed import Client
    >>> from mixfold import GaussianMixture
    >>> from mixfold.executors import DaskExecutor
    >>> X = da.from_array(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]), chunks=(3, 1))
    >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
    ...     model = GaussianMixture(2, executor=DaskExecutor(client), random_state=0).fit(X)
    >>> np.sort(model.means_.ravel()).round(2)
    array([1., 9.])
    """

    def __init__(self, client: Any = None, *, keep: bool = True) -> None:
        self.client, self.keep = client, keep
        self._stack = ExitStack()
        self._local = LocalExecutor()
        self._running: Any = None
        self._placed: tuple[Any, list[tuple[Any, Part]]] = (None, [])

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Give itself: a place is not copied with the estimator that names it."""
        return self

    @property
    def local(self) -> LocalExecutor:
        """The calling thread."""
        return self._local

    def reaches(self, source: Source) -> bool:
        """Those that other processes can read."""
        return isinstance(source, DividedSource)

    def placed(self, source: Source) -> Source:
        """Give the source as it is."""
        return source

    def each(self, function: Callable[[Rows], Result], source: Source) -> Iterator[Result]:
        """Yield ``function(chunk)`` for each chunk, in order, as the parts come in."""
        with losses_named():
            task = self._shared(function)
            futures = [self._at(place, results_of_part, task, *part) for place, *part in self._parts(source)]
            futures.reverse()
            while futures:
                yield from futures.pop().result()

    def sum(self, function: Callable[[int, Rows], Segment], source: Source) -> SufficientStatistics:
        """Give the total of ``function(first_chunk, run)``, each run one part, added up by the workers."""
        with losses_named():
            task = self._shared(function)
            level = [self._at(place, sum_of_part, task, *part) for place, *part in self._parts(source)]
            while len(level) > 1:
                groups = [level[at : at + FAN] for at in range(0, len(level), FAN)]
                level = [self._running.submit(joined, *group, pure=False) for group in groups]
            total: SufficientStatistics = level[0].result().total
        return total

    def __enter__(self) -> Self:
        """Connect, or start a cluster."""
        try:
            import distributed  # noqa: PLC0415  (optional extra)
        except ImportError as error:
            raise MissingExtraError("distributed", "dask", "Fitting on Dask") from error
        self._stack.enter_context(self._local)
        client = self.client
        if client is None:
            try:
                client = distributed.get_client()
            except ValueError:
                cluster = distributed.LocalCluster(threads_per_worker=1, dashboard_address=":0")
                client = distributed.Client(self._stack.enter_context(cluster), set_as_default=False)
                self._stack.enter_context(client)
        self._running = client
        with losses_named():
            client.scheduler_info()
        return self

    def __exit__(self, *exception: object) -> None:
        """Let go of the data, and of the cluster if it was started here."""
        self._placed, self._running = (None, []), None
        self._stack.close()

    def _shared(self, function: Callable[..., Any]) -> Any:
        """Send a function once, as a task of its own, which outlives the worker that holds it."""
        return self._running.submit(itself, function, pure=False)

    def _parts(self, source: Source) -> list[tuple[str | None, Any, Part]]:
        """Give every part as (the worker that has it, values and marks there, where they belong)."""
        then, parts = self._placed
        if then is source:
            found = self._running.who_has([loaded for loaded, _ in parts])
            return [(next(iter(found[loaded.key]), None), loaded, part) for loaded, part in parts]
        if not isinstance(source, DividedSource):
            raise TypeError(not_reached(source, "one that other processes can read"))
        loads = source.parts(sum(self._running.nthreads().values()))
        places = [
            None if part.is_delayed else place  # collections are computed where Dask likes
            for place, part in zip(self._places(len(loads)), loads, strict=True)
        ]
        parts = [
            (self._loaded(place, part), replace(part, load=None, marks=NO_MARKS))
            for place, part in zip(places, loads, strict=True)
        ]
        if self.keep:
            self._placed = (source, parts)
        return [(place, *part) for place, part in zip(places, parts, strict=True)]

    def _places(self, n_parts: int) -> list[str | None]:
        """Give every part a worker: neighbors the same, and each thread as many. A pass waits for the one with most."""
        workers = [address for address, n_threads in self._running.nthreads().items() for _ in range(n_threads)]
        return [workers[at * len(workers) // n_parts] if workers else None for at in range(n_parts)]

    def _loaded(self, place: str | None, part: Part) -> Any:
        """Bring the values and marks of a part together."""
        loaded = self._running.compute(part.load) if part.is_delayed else self._at(place, part.load)
        return self._at(place, both, loaded, part.marks)

    def _at(self, worker: str | None, function: Callable[..., Any], *arguments: Any) -> Any:
        """Compute on a worker, or on another if that one is lost; where Dask likes, if none is given.

        It likes to send rows elsewhere rather than to wait: a pass over a part takes no longer than its way.
        """
        return self._running.submit(
            function, *arguments, pure=False, workers=worker, allow_other_workers=worker is not None
        )


def itself(function: Any) -> Any:
    """Give what came: the task by which a function reaches the workers."""
    return function


def both(values: Any, marks: Marks) -> tuple[Any, Marks]:
    """Put marks beside their values."""
    return values, marks


def sum_of_part(function: Callable[[int, Any], Segment], data: tuple[Any, Marks], part: Part) -> Segment:
    """Add up one part, on a worker."""
    with single_threaded_blas():
        return function(part.first_chunk, run_here(data, part))


def results_of_part(function: Callable[[Any], Result], data: tuple[Any, Marks], part: Part) -> list[Result]:
    """Apply a function to the chunks of one part, on a worker."""
    with single_threaded_blas():
        return list(map(function, run_here(data, part).chunks()))


def run_here(data: tuple[Any, Marks], part: Part) -> Rows:
    """Give the data of a part; what came in a message may lie at any byte, and engines want it aligned."""
    values, marks = data
    values, *columns = (
        None if array is None else np.require(array, requirements="A") for array in (values, *marks.columns)
    )
    return replace(part, marks=Marks(*columns)).run_of(values)


def joined(*segments: Segment) -> Segment:
    """Join neighbors, on a worker."""
    total, *rest = segments
    for segment in rest:
        total = total.join(segment)
    return total
