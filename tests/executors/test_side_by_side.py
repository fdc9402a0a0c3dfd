"""Whole computations side by side, and how they end."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from mixfold.executors import LocalExecutor, side_by_side


def test_results_come_with_the_positions_of_their_items() -> None:
    assert sorted(side_by_side(str, [5, 6, 7], 2, LocalExecutor())) == [(0, "5"), (1, "6"), (2, "7")]


def test_one_job_is_the_calling_thread() -> None:
    idents = [ident for _, ident in side_by_side(lambda _: threading.get_ident(), [0, 1], 1, LocalExecutor())]
    assert idents == [threading.get_ident()] * 2


def test_a_quick_item_is_given_before_a_slow_one_that_came_first() -> None:
    quick_was_seen = threading.Event()

    def wait(is_slow: bool) -> bool:
        return not is_slow or quick_was_seen.wait(20)

    with closing(side_by_side(wait, [True, False], 2, LocalExecutor())) as done:
        assert next(done) == (1, True)
        quick_was_seen.set()
        assert list(done) == [(0, True)]


def test_leaving_early_ends_what_is_under_way_and_begins_nothing_more() -> None:
    executor = LocalExecutor()
    begun: list[int] = []

    def compute(item: int) -> int:
        begun.append(item)
        while item:  # until it asks for what is refused
            list(executor.map(str, [item]))
        return item

    with closing(side_by_side(compute, range(100), 2, executor)) as done:
        assert next(done) == (0, 0)
    assert max(begun) < 4
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mixfold")]


def test_an_error_comes_to_the_caller_and_ends_the_others() -> None:
    executor = LocalExecutor()

    def compute(item: int) -> None:
        if item == 0:
            raise ValueError(item)
        while True:
            list(executor.map(str, [item]))

    with pytest.raises(ValueError, match="0"):
        list(side_by_side(compute, range(3), 2, executor))


@pytest.mark.parametrize("executor", [LocalExecutor(), LocalExecutor(2)])
def test_an_executor_that_was_stopped_refuses_all_work(executor: LocalExecutor) -> None:
    with executor:
        assert list(executor.map(str, [1])) == ["1"]
        executor.stop()
        with pytest.raises(KeyboardInterrupt):
            list(executor.map(str, [1]))
        with pytest.raises(KeyboardInterrupt):
            executor.in_every_thread(lambda: None, lambda: None)
