"""Chunks in the partitions of a Spark data frame: parameters travel, data stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any, Self, final

from mixfold.errors import ExecutorError, MixfoldError
from mixfold.executors.abstract import not_reached
from mixfold.executors.blas import single_threaded_blas
from mixfold.executors.local import LocalExecutor
from mixfold.rows import CollectedRows, KeptRows, PartitionedSource, Result, Rows, Source
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics


@final
class SparkExecutor:
    """Spark's Python workers, through `mapInArrow`, and through an RDD where the session has them and rows are kept.

    Every partition sends one segment of sums to the driver, kilobytes, where they are joined in the order of the
    partitions. Spark itself runs the tasks of a lost worker again. Workers need mixfold.

    Parameters
    ----------
    keep : bool
        Whether Spark keeps the rows for the time of a fit in a form that it need not convert in every pass (in its
        memory, and on disk what does not fit there), or reads the frame again in every iteration.

    Examples
    --------
    A Spark data frame is fitted where it lies; rows that are here stay here, and need no Spark.

    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> from mixfold.executors import SparkExecutor
    >>> model = GaussianMixture(2, executor=SparkExecutor(keep=False), random_state=0)
    >>> np.sort(model.fit([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]).means_.ravel()).round(2)
    array([1., 9.])
    """

    def __init__(self, *, keep: bool = True) -> None:
        self.keep = keep
        self._local = LocalExecutor()
        self._placed: tuple[Source | None, KeptRows | None] = (None, None)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Give itself: a place is not copied with the estimator that names it."""
        return self

    @property
    def local(self) -> LocalExecutor:
        """The calling thread."""
        return self._local

    def reaches(self, source: Source) -> bool:
        """Those whose rows lie in partitions."""
        return isinstance(source, PartitionedSource)

    def placed(self, source: Source) -> Source:
        """Give the source as it is."""
        return source

    def each(self, function: Callable[[Rows], Result], source: Source) -> Iterator[Result]:
        """Yield ``function(chunk)`` for each chunk, in order."""

        def results(first_chunk: int, runs: Iterator[Rows]) -> list[Result]:
            del first_chunk
            with single_threaded_blas():
                return [function(chunk) for run in runs for chunk in run.chunks()]

        with _losses_named():
            collected = self._rows(source).collect(results)
        for found in collected:
            yield from found

    def sum(self, function: Callable[[int, Rows], Segment], source: Source) -> SufficientStatistics:
        """Give the total of ``function(first_chunk, run)``, each partition added up where it lies."""

        def segment(first_chunk: int, runs: Iterator[Rows]) -> Segment:
            total = Segment(first_chunk, ())
            with single_threaded_blas():
                for run in runs:
                    total = total.join(function(first_chunk + total.n_chunks, run))
            return total

        with _losses_named():
            return reduce(Segment.join, self._rows(source).collect(segment)).total

    def __enter__(self) -> Self:
        """Keep BLAS to one thread."""
        self._local.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        """Release BLAS and the rows; the session is the caller's."""
        self._release()
        self._local.__exit__(*exception)

    def _rows(self, source: Source) -> CollectedRows:
        """Give what collects: the rows that Spark keeps, or the source itself."""
        if not isinstance(source, PartitionedSource):
            raise TypeError(not_reached(source, "a Spark data frame"))
        if not self.keep:
            return source
        then, kept = self._placed
        if kept is None or then is not source:
            self._release()
            kept = source.kept()
            self._placed = (source, kept)
        return kept

    def _release(self) -> None:
        _, kept = self._placed
        self._placed = (None, None)
        if kept is not None:
            kept.release()


@contextmanager
def _losses_named() -> Iterator[None]:
    """Turn what Spark says of a failed job into one error that says what to do."""
    try:
        yield
    except MixfoldError:
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("pyspark", "py4j")):
            raise
        lines = [line for line in str(error).splitlines() if "Error" in line]
        message = (
            f"The Spark job failed: {(lines or [type(error).__name__])[-1].strip()} Look at the log of the worker; "
            "with `checkpoint` the same fit goes on where it was."
        )
        raise ExecutorError(message) from error
