"""What a fold remembers of rows, and who may write it."""

from __future__ import annotations

from threading import Barrier, Thread

import numpy as np
import pytest

from mixfold.engines import NativeEngine
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.fold.guesses import FEWEST_GUESSED, GUESSED_ROWS, Guesses, guesses_for
from mixfold.potentials import Potentials
from mixfold.rows import CHUNK_ROWS, Rows
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from tests.examples import blobs, potentials_of

N = 2 * CHUNK_ROWS + 5


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_what_a_fold_remembers_changes_no_bit() -> None:
    rows, _ = blobs(N, 20, 5)
    base = potentials_of(FULL, 20, 5)
    potentials = Potentials(base.offset, rows[:20], 4.0 * base.whitener, base.structure)
    remembering = Fold(ArraySource(rows), NativeEngine(), LocalExecutor())
    other = Potentials(base.offset, rows[40:60], base.whitener, base.structure)
    for seen in (potentials, potentials, other, potentials):
        fresh = Fold(ArraySource(rows), NativeEngine(), LocalExecutor()).statistics(seen, FULL)
        actual = remembering.statistics(seen, FULL)
        assert actual.scatter.tobytes() == fresh.scatter.tobytes()
        assert actual.log_likelihood == fresh.log_likelihood
    assert remembering.guesses.of_this_thread()
    assert actual.share_skipped > 0.0


def test_two_threads_over_one_fold_never_share_guesses() -> None:
    guesses, seen, both = Guesses(), [], Barrier(2)

    def ask() -> None:
        both.wait()  # so that neither has ended, and left its number to the other
        seen.append(guesses.of_this_thread())
        both.wait()

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen[0] is not seen[1]


def test_guesses_last_from_one_call_to_the_next_over_the_same_rows() -> None:
    known, rows = {}, Rows(np.zeros((5, 1)), start=8192)
    guesses_for(known, rows, FEWEST_GUESSED)[:] = 3
    assert guesses_for(known, rows, FEWEST_GUESSED).tolist() == [3] * 5
    assert guesses_for(known, Rows(np.zeros((4, 1)), start=8192), FEWEST_GUESSED).tolist() == [-1] * 4


def test_nothing_is_guessed_where_it_is_not_worth_while() -> None:
    few = Rows(np.zeros((5, 1)))
    assert guesses_for(None, few, FEWEST_GUESSED) is None
    assert guesses_for({}, few, FEWEST_GUESSED - 1) is None
    assert guesses_for({}, Rows(np.zeros((5, 1)), start=GUESSED_ROWS), FEWEST_GUESSED) is None
