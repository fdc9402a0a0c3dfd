"""Rows in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mixfold.engines import to_numpy
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import ArraySource, BlocksSource, in_memory
from mixfold.typing import Array, FloatArray


@pytest.mark.parametrize("n", [1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 3 * CHUNK_ROWS])
def test_chunks_are_all_rows_in_order(n: int) -> None:
    rows, weights = np.arange(n, dtype=float)[:, None], np.arange(n, dtype=float)
    chunks = list(ArraySource(rows, Marks(weights)).chunks())
    assert [chunk.n for chunk in chunks[:-1]] == [CHUNK_ROWS] * (len(chunks) - 1)
    np.testing.assert_array_equal(np.concatenate([chunk.values for chunk in chunks]), rows)
    np.testing.assert_array_equal(np.concatenate([chunk.weights for chunk in chunks]), weights)
    for chunk in chunks:
        np.testing.assert_array_equal(rows[chunk.span], chunk.values)


def test_chunks_are_views() -> None:
    rows = np.zeros((10, 2))
    assert all(np.shares_memory(chunk.values, rows) for chunk in ArraySource(rows).chunks())


def test_taken_rows_are_copies_with_their_weights(library: Callable[[FloatArray], Array]) -> None:
    rows, weights = library(np.arange(6.0).reshape(3, 2)), library(np.array([1.0, 2.0, 3.0]))
    chunk = ArraySource(rows, Marks(weights)).take(np.array([0, 2]))
    assert to_numpy(chunk.values).tolist() == [[0.0, 1.0], [4.0, 5.0]]
    assert to_numpy(chunk.weights).tolist() == [1.0, 3.0]
    chunk.values[0, 0] = 9.0
    assert float(rows[0, 0]) == 0.0


def test_sizes_are_told(library: Callable[[FloatArray], Array]) -> None:
    source = ArraySource(library(np.ones((3, 2))))
    assert (source.n_rows, source.n_features) == (3, 2)


def test_chunks_on_an_accelerator_are_large_and_those_of_a_host_are_not() -> None:
    torch = pytest.importorskip("torch")
    rows = torch.empty((3, 4), device="meta")  # a device without memory, which is not the host either
    assert ArraySource(rows).chunk_rows == 2**21
    assert ArraySource(torch.empty((3, 999), device="meta")).chunk_rows == CHUNK_ROWS * (
        2**28 // (CHUNK_ROWS * 999 * 4)
    )
    assert ArraySource(torch.empty((3, 99_999), device="meta")).chunk_rows == CHUNK_ROWS
    assert ArraySource(torch.empty(3, 4)).chunk_rows == CHUNK_ROWS
    assert ArraySource(np.empty((3, 4))).chunk_rows == CHUNK_ROWS


def test_rows_in_memory_are_given_as_they_are_and_others_are_read() -> None:
    source = ArraySource(np.ones((3, 2)), Marks(np.arange(3.0)))
    assert source.is_in_memory
    assert in_memory(source) is source
    blocks = BlocksSource([np.zeros((1, 2)), np.ones((2, 2))])
    assert not blocks.is_in_memory
    assert in_memory(blocks).values.sum() == 4.0
