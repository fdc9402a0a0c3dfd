"""The calling thread, or a pool of threads."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from mixfold.executors import LocalExecutor


def test_work_is_done_by_several_threads_at_once() -> None:
    barrier = threading.Barrier(3, timeout=20)  # passes only if three wait at it together
    with LocalExecutor(3) as executor:
        list(executor.map(lambda _: barrier.wait(), range(3)))


def test_the_source_is_not_read_ahead_of_its_use() -> None:
    taken = 0

    def items() -> object:
        nonlocal taken
        for item in range(100):
            taken += 1
            yield item

    with LocalExecutor(2) as executor:
        results = executor.map(lambda item: item, items())  # type: ignore[arg-type]
        for asked in range(1, 20):
            next(results)
            assert taken <= asked + 4


def test_leaving_a_map_early_ends_it() -> None:
    with LocalExecutor(2) as executor:
        for item in executor.map(lambda item: item, range(1000)):
            if item == 3:
                break
        assert list(executor.map(str, [1])) == ["1"]


def test_a_pool_that_was_not_entered_is_refused() -> None:
    with pytest.raises(RuntimeError, match="only inside `with executor:`"):
        list(LocalExecutor(2).map(str, [1]))


def test_a_pool_that_is_entered_twice_is_left_twice() -> None:
    with LocalExecutor(2) as executor:
        with executor:
            pass
        assert list(executor.map(abs, [-1, 2])) == [1, 2]
    with pytest.raises(RuntimeError, match="only inside"):
        list(executor.map(abs, [-1, 2]))


def test_no_thread_is_left_behind() -> None:
    with LocalExecutor(4) as executor:
        list(executor.map(str, range(8)))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mixfold")]


def nothing() -> None:
    pass


def test_every_thread_takes_part_the_calling_one_too() -> None:
    barrier = threading.Barrier(3, timeout=20)  # passes only if three wait at it together
    idents: list[int] = []

    def one() -> None:
        barrier.wait()
        idents.append(threading.get_ident())

    with LocalExecutor(3) as executor:
        executor.in_every_thread(one, nothing)
    assert len(set(idents)) == 3
    assert threading.get_ident() in idents


def test_an_error_in_another_thread_reaches_the_caller() -> None:
    failed = threading.Event()

    def one() -> None:
        if threading.current_thread() is threading.main_thread():
            failed.wait(20)
            return
        failed.set()
        message = "not the caller"
        raise KeyError(message)

    with LocalExecutor(2) as executor, pytest.raises(KeyError, match="not the caller"):
        executor.in_every_thread(one, nothing)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_tasks_are_abandoned_where_the_calling_thread_is_interrupted(n_threads: int) -> None:
    abandoned = threading.Event()

    def one() -> None:
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        assert abandoned.wait(20)

    with LocalExecutor(n_threads) as executor, pytest.raises(KeyboardInterrupt):
        executor.in_every_thread(one, abandoned.set)
    assert abandoned.is_set() is (n_threads > 1)


@pytest.mark.skipif(sys.platform == "win32", reason="signals reach no thread in particular")
@pytest.mark.parametrize("wakes", [True, False])  # as a handler of Python's does, and one of polars does not
def test_tasks_are_abandoned_where_the_calling_thread_is_interrupted_while_it_waits_for_others(*, wakes: bool) -> None:
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.siginterrupt(signal.SIGINT, wakes)
    caller = threading.get_ident()
    begun, is_waiting, abandoned = threading.Event(), threading.Event(), threading.Event()

    def one() -> None:
        if threading.get_ident() == caller:
            assert begun.wait(20)
            is_waiting.set()
            return
        begun.set()
        assert is_waiting.wait(20)
        time.sleep(0.1)
        signal.pthread_kill(caller, signal.SIGINT)
        assert abandoned.wait(5)

    try:
        with LocalExecutor(2) as executor, pytest.raises(KeyboardInterrupt):
            executor.in_every_thread(one, abandoned.set)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert abandoned.is_set()


def test_what_failed_is_raised_before_the_interruption_of_others_by_it() -> None:
    caller, failed = threading.get_ident(), threading.Event()

    def one() -> None:
        if threading.get_ident() == caller:
            assert failed.wait(20)
            raise KeyboardInterrupt
        failed.set()
        raise MemoryError

    with LocalExecutor(2) as executor, pytest.raises(MemoryError):
        executor.in_every_thread(one, nothing)


def test_a_thread_that_is_busy_elsewhere_is_not_waited_for() -> None:
    both_busy, release, calls = threading.Barrier(3, timeout=20), threading.Event(), []

    def hold(_: int) -> None:
        both_busy.wait()
        release.wait(20)

    with LocalExecutor(2) as executor:
        holding = threading.Thread(target=lambda: list(executor.map(hold, range(2))))
        holding.start()
        both_busy.wait()
        executor.in_every_thread(lambda: calls.append(threading.get_ident()), nothing)
        release.set()
        holding.join()
    assert calls == [threading.get_ident()]


def test_items_are_shared_between_threads() -> None:
    barrier = threading.Barrier(2, timeout=20)  # passes only if two wait at it together
    seen: list[int] = []

    def one(item: int) -> None:
        barrier.wait()
        seen.append(item)

    with LocalExecutor(2) as executor:
        executor.share(one, range(4))
    assert sorted(seen) == [0, 1, 2, 3]


def test_when_the_calling_thread_is_interrupted_the_others_begin_nothing_more() -> None:
    caller = threading.get_ident()
    is_interrupted = threading.Event()
    seen: list[int] = []

    def one(item: int) -> None:
        seen.append(item)
        if threading.get_ident() == caller:
            is_interrupted.set()
            raise KeyboardInterrupt
        is_interrupted.wait(20)

    with LocalExecutor(2) as executor, pytest.raises(KeyboardInterrupt):
        executor.share(one, range(1000))
    assert len(seen) < 10


def test_everything_runs_in_the_calling_thread() -> None:
    with LocalExecutor() as executor:
        assert set(executor.map(lambda _: threading.get_ident(), range(5))) == {threading.get_ident()}


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    seen: list[int] = []
    results = LocalExecutor().map(seen.append, range(10))
    next(results)
    assert seen == [0]


def test_every_thread_is_the_calling_one() -> None:
    calls: list[int] = []
    LocalExecutor().in_every_thread(lambda: calls.append(threading.get_ident()), nothing)
    assert calls == [threading.get_ident()]
