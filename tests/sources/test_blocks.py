"""Anything that gives arrays again and again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mixfold.errors import InputError, ShapeError
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import ArraySource, BlocksSource
from mixfold.typing import FloatArray
from tests.examples import blobs

N = 2 * CHUNK_ROWS + 40
ROWS = blobs(N, 3, 2)[0]


class Shards:
    """A reader of shards of unequal sizes, one of them empty."""

    def __init__(self, rows: FloatArray) -> None:
        self.rows, self.n_walks = rows, 0

    def __iter__(self) -> Iterator[FloatArray]:
        self.n_walks += 1
        return iter(np.split(self.rows, [1, 1, 7000, 7001]))


def test_blocks_of_any_size_have_the_chunks_of_the_rows_in_memory() -> None:
    weights = np.arange(N, dtype=float)
    source = BlocksSource(Shards(ROWS), Marks(weights))
    for _ in range(2):
        for chunk, expected in zip(source.chunks(), ArraySource(ROWS, Marks(weights)).chunks(), strict=True):
            np.testing.assert_array_equal(chunk.values, expected.values)
            np.testing.assert_array_equal(chunk.weights, expected.weights)


def test_rows_have_the_type_of_the_first_block() -> None:
    blocks = [np.ones((2, 1), np.float32), np.ones((2, 1))]
    assert next(BlocksSource(blocks).chunks()).values.dtype == np.float32
    assert next(BlocksSource([np.ones((2, 1), int)]).chunks()).values.dtype == np.float64


def test_what_can_be_walked_over_once_is_refused() -> None:
    with pytest.raises(InputError, match="this generator can be walked over once"):
        BlocksSource(block for block in [ROWS])


def test_blocks_that_give_fewer_rows_the_next_time_are_refused() -> None:
    shards = Shards(ROWS)
    source = BlocksSource(shards)
    shards.rows = ROWS[:-1]
    with pytest.raises(InputError, match=f"gave {N - 1} rows where it had {N}"):
        list(source.chunks())


@pytest.mark.parametrize("block", [np.ones(3), np.ones((2, 3)), np.ones((2, 2, 1))])
def test_a_block_of_another_shape_is_named(block: FloatArray) -> None:
    with pytest.raises(ShapeError, match=r"must have shape \(n, 2\), but number 1 has"):
        BlocksSource([np.ones((4, 2)), block])


def test_text_is_refused() -> None:
    with pytest.raises(InputError, match="number 0 has dtype"):
        BlocksSource([np.array([["a"]])])


def test_no_rows_at_all_are_refused() -> None:
    with pytest.raises(InputError, match="at least one array with rows"):
        BlocksSource([np.ones((0, 2))])


def test_blocks_with_masked_values_are_refused() -> None:
    blocks = {0: np.ones((2, 1)), 1: np.ma.masked_equal([[1.0], [2.0]], 2.0)}.values()
    with pytest.raises(InputError, match="Array number 1 of X must have a value in every place, but 1 of 2 are masked"):
        BlocksSource(blocks)


def test_blocks_that_name_the_byte_order_of_the_machine_are_of_its_type() -> None:
    named = np.ones((3, 2)).view(np.dtype("f8").newbyteorder("<"))
    chunk = next(BlocksSource([named]).chunks())
    assert chunk.values.dtype.byteorder == "="
