"""Chunks and parts are consecutive rows with their marks."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.errors import InputError
from mixfold.rows import CHUNK_ROWS, NO_MARKS, Marks, Part, Rows, is_single
from mixfold.typing import IntArray


def test_a_run_is_cut_into_chunks_without_losing_rows_or_weights() -> None:
    rows, weights = np.arange(20.0).reshape(10, 2), np.arange(10.0)
    pieces = list(Rows(rows, Marks(weights), 100).chunks(4))
    assert [piece.span for piece in pieces] == [slice(100, 104), slice(104, 108), slice(108, 110)]
    np.testing.assert_array_equal(np.concatenate([piece.values for piece in pieces]), rows)
    np.testing.assert_array_equal(np.concatenate([piece.weights for piece in pieces]), weights)


def test_a_part_that_gives_another_number_of_rows_is_refused() -> None:
    part = Part(start=CHUNK_ROWS, n_rows=3, first_chunk=1, load=lambda: np.ones((2, 2)))
    with pytest.raises(InputError, match="gave 2 rows where it had 3"):
        part.run_of(part.load())


def test_marks_are_cut_taken_and_joined_as_their_rows_are() -> None:
    weights, strata = np.arange(6.0), np.array([0, 1, 0, 2, 2, 1])
    marks = Marks(weights, strata)
    assert marks.cut(slice(2, 4)).strata.tolist() == [0, 2]
    assert marks.take(np.array([5, 3])).weights.tolist() == [5.0, 3.0]
    joined = Marks.join([marks.cut(slice(0, 2)), marks.cut(slice(2, 6))])
    np.testing.assert_array_equal(joined.weights, weights)
    np.testing.assert_array_equal(joined.strata, strata)
    assert Marks.join([NO_MARKS, NO_MARKS]) == NO_MARKS


def test_neighbors_join_to_the_run_that_they_were_cut_from() -> None:
    rows = Rows(np.arange(14.0).reshape(7, 2), Marks(np.arange(7.0)), 100)
    joined = Rows.join(list(rows.chunks(3)))
    np.testing.assert_array_equal(joined.values, rows.values)
    np.testing.assert_array_equal(joined.weights, rows.weights)
    assert joined.span == slice(100, 107)


def test_rows_without_weights_weigh_one() -> None:
    assert Rows(np.zeros((3, 1))).weights_or_ones.tolist() == [1.0, 1.0, 1.0]


def test_weights_of_one_are_left_out() -> None:
    assert Marks.of_weights(np.ones(3)) is NO_MARKS
    assert Marks.of_weights(np.array([1.0, 2.0])).weights.tolist() == [1.0, 2.0]


def test_precision_is_told_of_arrays_of_any_library() -> None:
    torch = pytest.importorskip("torch")
    assert [is_single(np.zeros(2, dtype)) for dtype in ("f4", "f8")] == [True, False]
    assert [is_single(torch.zeros(2, dtype=dtype)) for dtype in (torch.float32, torch.float64)] == [True, False]


def test_strata_come_in_the_order_of_their_numbers_and_rows_in_theirs() -> None:
    rows = Rows(np.arange(6.0)[:, None], Marks(np.arange(6.0), strata=np.array([2, 0, 2, 7, 0, 2])))
    found = [(stratum, list(at), part.values[:, 0].tolist()) for stratum, at, part in rows.by_stratum()]
    assert found == [(0, [1, 4], [1, 4]), (2, [0, 2, 5], [0, 2, 5]), (7, [3], [3])]
    assert [part.weights.tolist() for _, _, part in rows.by_stratum()] == [[1, 4], [0, 2, 5], [3]]


@pytest.mark.parametrize("strata", [np.array([5, 5, 5]), None])
def test_rows_of_one_stratum_are_not_copied(strata: IntArray | None) -> None:
    rows = Rows(np.zeros((3, 1)), Marks(strata=strata), start=8)
    ((stratum, at, part),) = rows.by_stratum()
    assert (stratum, at) == (0 if strata is None else 5, slice(None))
    assert part.values is rows.values
    assert part.start == 8
