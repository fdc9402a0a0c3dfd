"""The statistics of rows under potentials, in calls of as many chunks as fit."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import ArrayEngine, Assignment, NativeEngine
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.fold.expectation import Expectation
from mixfold.fold.known import KnownSource
from mixfold.rows import Rows
from mixfold.structures import FULL
from tests.examples import blobs, potentials_of


def test_an_engine_that_takes_one_block_is_asked_chunk_by_chunk() -> None:
    rows, potentials = Rows(blobs(1000, 3, 2)[0]), potentials_of(FULL, 3, 2)
    asked = Expectation(ArrayEngine(), potentials, FULL, Assignment.SOFT, chunk_rows=100)
    assert asked.n_together == 1
    assert asked(0, rows).n_chunks == 10
    whole = ArrayEngine().statistics(rows, potentials, FULL)
    np.testing.assert_allclose(asked(0, rows).total.scatter, whole.scatter, rtol=1e-11)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_chunks_computed_together_have_the_bits_of_one_by_one() -> None:
    rows, potentials = Rows(blobs(1000, 3, 2)[0]), potentials_of(FULL, 3, 2)
    asked = Expectation(NativeEngine(), potentials, FULL, Assignment.SOFT, chunk_rows=100)
    assert asked.n_together > 1
    one_by_one = Expectation(NativeEngine(), potentials, FULL, Assignment.SOFT, chunk_rows=100)
    total = one_by_one(0, rows.cut(slice(0, 100)))
    for at in range(100, 1000, 100):
        total = total.join(one_by_one(at // 100, rows.cut(slice(at, at + 100))))
    assert asked(0, rows).total.scatter.tobytes() == total.total.scatter.tobytes()


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_a_dear_chunk_is_computed_in_calls_between_which_signals_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, potentials = Rows(blobs(1000, 20, 2)[0]), potentials_of(FULL, 20, 2)
    whole = Expectation(NativeEngine(), potentials, FULL, Assignment.SOFT)(0, rows).total
    asked = Expectation(NativeEngine(), potentials, FULL, Assignment.SOFT, known=KnownSource())
    assert asked.rows_of_a_call >= 1000
    monkeypatch.setattr("mixfold.fold.expectation.CALL_WORK", 300 * 20 * 4)
    assert asked.rows_of_a_call == 256  # whole panels
    calls: list[int] = []
    statistics = NativeEngine.statistics
    monkeypatch.setattr(NativeEngine, "statistics", lambda *args: calls.append(args[1].n) or statistics(*args))
    total = asked(0, rows).total
    assert calls == [256, 256, 256, 232]
    assert total.n_rows == 1000
    np.testing.assert_allclose(total.scatter, whole.scatter, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(total.log_likelihood, whole.log_likelihood, rtol=1e-12)
    assert asked(0, rows).total.scatter.tobytes() == total.scatter.tobytes()  # from guesses, too
