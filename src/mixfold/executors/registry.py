"""Which executor runs a number of jobs."""

from __future__ import annotations

from collections.abc import Callable

from joblib import effective_n_jobs

from mixfold.contracts import fulfills, refuse_value
from mixfold.executors.abstract import Executor
from mixfold.executors.dask import DaskExecutor
from mixfold.executors.devices import DevicesExecutor
from mixfold.executors.local import LocalExecutor
from mixfold.executors.spark import SparkExecutor
from mixfold.rows import Source

EXECUTORS: dict[str, Callable[[], Executor]] = {
    "dask": DaskExecutor,
    "devices": DevicesExecutor,
    "spark": SparkExecutor,
}
"""Who computes data that are in a place of their own, and files if they are asked to."""


def is_executor(executor: object) -> bool:
    """Whether `executor_for` takes this for an executor.

    Parameters
    ----------
    executor : object

    Returns
    -------
    is_executor : bool

    Examples
    --------
    >>> from mixfold.executors import LocalExecutor, is_executor
    >>> is_executor("dask"), is_executor(LocalExecutor()), is_executor("abacus")
    (True, True, False)
    """
    return executor in EXECUTORS if isinstance(executor, str) else fulfills(executor, Executor)


def executor_for(
    n_jobs: int | None, n_chunks: int, *, source: Source | None = None, given: str | Executor | None = None
) -> Executor:
    """Give threads for `n_jobs` (None is 1, -1 all cores, as in scikit-learn), but no more than there are chunks.

    Data in a place of their own (`place` of the source) are computed there. A `given` executor computes every source
    that it can reach (`reaches`); what is in this process is computed in this process.

    Parameters
    ----------
    n_jobs : int or None
    n_chunks : int
    source : Source, optional
    given : str or Executor, optional
        What the caller asked for.

    Returns
    -------
    executor : Executor
        Not yet entered.

    Raises
    ------
    InputError
        If there is no such executor.

    Examples
    --------
    >>> from mixfold.executors import executor_for
    >>> executor_for(2, n_chunks=10).local.n_threads, executor_for(2, n_chunks=1).local.n_threads
    (2, 1)
    """
    if given is not None:
        if not is_executor(given):
            refuse_value(given, Executor, "executor", list(EXECUTORS))
        executor = EXECUTORS[given]() if isinstance(given, str) else given
        if source is not None and executor.reaches(source):
            return executor
    if source is not None and source.place is not None:
        return EXECUTORS[source.place]()
    if n_jobs is None and n_chunks == 1:  # whatever cores there are
        return LocalExecutor()
    n_threads = min(effective_n_jobs(n_jobs), n_chunks)
    return LocalExecutor(max(n_threads, 1))
