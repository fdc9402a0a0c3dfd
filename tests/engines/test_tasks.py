"""Threads that share the tasks of a call end when one of them abandons them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from mixfold.engines import ChunkSums, MStep
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.engines.native_loop import expectation_maximization
from mixfold.engines.tasks import abandon, in_this_thread, none_taken
from mixfold.prior import Prior
from mixfold.rows import Rows
from mixfold.structures import FULL


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_a_thread_that_is_in_a_call_ends_when_another_abandons_its_tasks() -> None:
    k, d = 20, 16
    random = np.random.default_rng(0)
    start = np.full(k, 1 / k), random.normal(size=(k, d)), np.stack([np.eye(d)] * k)

    def in_another_thread(function: Callable[[], None], abandon: Callable[[], None]) -> None:
        sums = abandon.__self__
        assert isinstance(sums, ChunkSums)
        with ThreadPoolExecutor(1) as pool:
            under_way = pool.submit(function)
            while not sums.next_chunk[0]:
                time.sleep(0.001)
            abandon()
            under_way.result()

    step = MStep(FULL, Prior.from_ridge(1e-6))
    rows = Rows(random.normal(size=(16_000, d)))
    # Uninterrupted these steps would take half an hour.
    with pytest.raises(KeyboardInterrupt):
        expectation_maximization(rows, [start, start], step, max_steps=1_000_000, in_every_thread=in_another_thread)


def test_tasks_that_were_abandoned_are_none() -> None:
    counter, calls = none_taken(), []
    in_this_thread(lambda: calls.append("called"), partial(abandon, counter))
    assert calls == ["called"]
    assert counter[0] == 0
    abandon(counter)
    assert counter[0] > 1 << 62
