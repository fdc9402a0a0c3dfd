"""Which executor runs a number of jobs."""

from __future__ import annotations

from joblib import effective_n_jobs

from mixfold.executors.abstract import Executor
from mixfold.executors.serial import SerialExecutor
from mixfold.executors.threads import ThreadsExecutor


def executor_for(n_jobs: int | None, n_chunks: int) -> Executor:
    """Give threads for `n_jobs` (None is 1, -1 all cores, as in scikit-learn), but no more than there are chunks."""
    n_threads = min(effective_n_jobs(n_jobs), n_chunks)
    return ThreadsExecutor(n_threads) if n_threads > 1 else SerialExecutor()
