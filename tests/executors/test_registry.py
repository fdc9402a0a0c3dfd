"""How many threads a number of jobs is."""

from __future__ import annotations

import pytest

from mixfold.executors import LocalExecutor, executor_for


@pytest.mark.parametrize(
    ("n_jobs", "n_chunks", "n_threads"), [(None, 100, 1), (1, 100, 1), (3, 100, 3), (64, 2, 2), (64, 1, 1), (3, 0, 1)]
)
def test_there_are_as_many_threads_as_jobs_but_no_more_than_chunks(
    n_jobs: int | None, n_chunks: int, n_threads: int
) -> None:
    executor = executor_for(n_jobs, n_chunks)
    assert isinstance(executor, LocalExecutor)
    assert executor.n_threads == n_threads


def test_zero_jobs_are_refused() -> None:
    with pytest.raises(ValueError, match="n_jobs"):
        executor_for(0, 4)
