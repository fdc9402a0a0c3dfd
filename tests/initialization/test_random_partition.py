"""Labels drawn at random."""

from __future__ import annotations

import numpy as np

from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.initialization import RandomPartition
from mixfold.rows import CHUNK_ROWS
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from tests.examples import blobs


def test_every_row_belongs_to_one_component() -> None:
    rows, _ = blobs(1000, 3, 2)
    fold = Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())
    counts = RandomPartition()(fold, 4, FULL, np.random.RandomState(0)).count
    np.testing.assert_array_equal(counts, np.round(counts))
    assert np.all(np.abs(counts - 250.0) < 70.0)


def test_the_draw_does_not_depend_on_the_threads() -> None:
    rows, _ = blobs(2 * CHUNK_ROWS + 3, 3, 2)
    scatters = []
    for executor in (LocalExecutor(), LocalExecutor(3)):
        with executor:
            fold = Fold(ArraySource(rows), ArrayEngine(), executor)
            scatters.append(RandomPartition()(fold, 4, FULL, np.random.RandomState(0)).scatter)
    np.testing.assert_array_equal(scatters[0], scatters[1])


def test_chunks_are_drawn_differently() -> None:
    rows = np.concatenate([np.zeros((CHUNK_ROWS, 1)), np.ones((CHUNK_ROWS, 1))])
    fold = Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())
    means = RandomPartition()(fold, 2, FULL, np.random.RandomState(0)).means
    assert np.all(means != 0.5)  # the same labels in both chunks would give exactly one half
