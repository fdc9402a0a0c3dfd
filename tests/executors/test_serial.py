"""The calling thread."""

from __future__ import annotations

import threading

from mixfold.executors import SerialExecutor


def test_everything_runs_in_the_calling_thread() -> None:
    with SerialExecutor() as executor:
        assert set(executor.map(lambda _: threading.get_ident(), range(5))) == {threading.get_ident()}


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    seen: list[int] = []
    results = SerialExecutor().map(seen.append, range(10))
    next(results)
    assert seen == [0]


def test_every_thread_is_the_calling_one() -> None:
    calls: list[int] = []
    SerialExecutor().in_every_thread(lambda: calls.append(threading.get_ident()))
    assert calls == [threading.get_ident()]
