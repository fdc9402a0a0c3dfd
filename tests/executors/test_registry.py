"""How many threads a number of jobs is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold.errors import InputError
from mixfold.executors import LocalExecutor, executor_for
from mixfold.sources import ArraySource
from tests.own_objects import OwnExecutor


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


def test_a_given_executor_computes_what_it_reaches() -> None:
    source, own = ArraySource(np.zeros((2, 1))), OwnExecutor()
    assert executor_for(2, 1, source=source, given=own) is own
    assert isinstance(executor_for(2, 1, source=source, given="dask"), LocalExecutor)  # it is in this process


@pytest.mark.parametrize("given", ["abacus", LocalExecutor, 3])
def test_what_is_no_executor_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match=r"`executor` must be one of \['dask', 'devices', 'spark'\] or an object"):
        executor_for(1, 1, given=given)
