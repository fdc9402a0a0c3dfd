"""BLAS keeps to one thread inside an executor and gets its threads back after it."""

from __future__ import annotations

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mixfold.executors import Executor, LocalExecutor


def blas_threads() -> set[int]:
    """Give how many threads each BLAS uses."""
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


@pytest.mark.parametrize("executor", [LocalExecutor(), LocalExecutor(2)], ids=["serial", "threads"])
def test_blas_has_one_thread_inside_and_its_own_number_after(executor: Executor) -> None:
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with executor:
            assert blas_threads() == {1}
        assert blas_threads() == before
