"""A pool of threads."""

from __future__ import annotations

import threading

import pytest

from mixfold.executors import ThreadsExecutor


def test_work_is_done_by_several_threads_at_once() -> None:
    barrier = threading.Barrier(3, timeout=20)  # passes only if three wait at it together
    with ThreadsExecutor(3) as executor:
        list(executor.map(lambda _: barrier.wait(), range(3)))


def test_the_source_is_not_read_ahead_of_its_use() -> None:
    taken = 0

    def items() -> object:
        nonlocal taken
        for item in range(100):
            taken += 1
            yield item

    with ThreadsExecutor(2) as executor:
        results = executor.map(lambda item: item, items())  # type: ignore[arg-type]
        for asked in range(1, 20):
            next(results)
            assert taken <= asked + 4


def test_leaving_a_map_early_ends_it() -> None:
    with ThreadsExecutor(2) as executor:
        for item in executor.map(lambda item: item, range(1000)):
            if item == 3:
                break
        assert list(executor.map(str, [1])) == ["1"]


def test_a_pool_that_was_not_entered_is_refused() -> None:
    with pytest.raises(RuntimeError, match="only inside `with executor:`"):
        list(ThreadsExecutor(2).map(str, [1]))


def test_no_thread_is_left_behind() -> None:
    with ThreadsExecutor(4) as executor:
        list(executor.map(str, range(8)))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mixfold")]
