"""How many threads a number of jobs is."""

from __future__ import annotations

import pytest

from mixfold.executors import SerialExecutor, ThreadsExecutor, executor_for


@pytest.mark.parametrize("n_jobs", [None, 1])
def test_one_job_is_the_calling_thread(n_jobs: int | None) -> None:
    assert isinstance(executor_for(n_jobs, 100), SerialExecutor)


def test_several_jobs_are_threads() -> None:
    executor = executor_for(3, 100)
    assert isinstance(executor, ThreadsExecutor)
    assert executor.n_threads == 3


def test_there_are_no_more_threads_than_chunks() -> None:
    executor = executor_for(64, 2)
    assert isinstance(executor, ThreadsExecutor)
    assert executor.n_threads == 2
    assert isinstance(executor_for(64, 1), SerialExecutor)


def test_zero_jobs_are_refused() -> None:
    with pytest.raises(ValueError, match="n_jobs"):
        executor_for(0, 4)
