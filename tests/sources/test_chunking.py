"""A thread reads ahead, but not far."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from mixfold.rows import CHUNK_ROWS, Rows
from mixfold.sources import chunking
from mixfold.sources.chunking import batches_of, prefetched


def test_items_are_made_by_another_thread_before_they_are_asked_for() -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[int]:
        for item in range(3):
            made.append(threading.get_ident())
            if item == 1:
                second.set()
            yield item

    reading = prefetched(items())
    next(reading)
    assert second.wait(20)  # nobody asked for it
    assert threading.get_ident() not in made
    assert list(reading) == [1, 2]


def test_without_threads_items_come_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunking, "HAS_THREADS", False)
    makers = (threading.get_ident() for _ in range(3))
    assert list(prefetched(makers)) == [threading.get_ident()] * 3
    monkeypatch.setattr(threading.Thread, "start", None)  # none may begin
    assert list(prefetched(iter("abc"))) == ["a", "b", "c"]


def test_reading_stays_within_its_bound() -> None:
    made = 0

    def items() -> Iterator[int]:
        nonlocal made
        for item in range(100):
            made += 1
            yield item

    for asked, _ in enumerate(prefetched(items(), ahead=2), start=1):
        assert made <= asked + 3


def test_an_error_comes_when_its_item_is_asked_for() -> None:
    def items() -> Iterator[int]:
        yield 1
        message = "two"
        raise OSError(message)

    reading = prefetched(items())
    assert next(reading) == 1
    with pytest.raises(OSError, match="two"):
        next(reading)


def test_leaving_early_ends_the_thread() -> None:
    for _ in prefetched(iter(range(1000))):
        break
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mixfold-reader")]


def test_batches_are_whole_chunks_and_leave_out_no_row() -> None:
    rows = np.arange(2.0 * CHUNK_ROWS + 5)[:, None]
    found = list(batches_of([Rows(rows)], CHUNK_ROWS + 1))
    assert [batch.n for batch in found] == [2 * CHUNK_ROWS, 5]
    np.testing.assert_array_equal(np.concatenate([batch.values for batch in found]), rows)
