"""Data that answers potentials with statistics, whatever its chunks are."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.rows import CHUNK_ROWS, Marks, Rows
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from mixfold.typing import Array, FloatArray
from tests.examples import blobs, potentials_of

N = 2 * CHUNK_ROWS + 5


def fold_over(rows: Array, weights: Array | None = None) -> Fold:
    """Give the fold over rows in memory."""
    return Fold(ArraySource(rows, Marks(weights)), ArrayEngine(), LocalExecutor())


@pytest.fixture(scope="module")
def rows() -> FloatArray:
    return blobs(N, 3, 2)[0]


def test_statistics_of_several_chunks_are_those_of_one_block(rows: FloatArray) -> None:
    weights = np.random.default_rng(0).uniform(size=N)
    potentials = potentials_of(FULL, 3, 2)
    actual = fold_over(rows, weights).statistics(potentials, FULL)
    expected = ArrayEngine().statistics(Rows(rows, Marks(weights)), potentials, FULL)
    np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=1e-11)
    assert actual.n_rows == N
