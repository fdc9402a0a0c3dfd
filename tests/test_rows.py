"""Chunks and parts are consecutive rows with their weights; what a source can do is what its class says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.errors import InputError
from mixfold.executors import DaskExecutor, LocalExecutor, SparkExecutor, executor_for
from mixfold.rows import CHUNK_ROWS, NO_MARKS, DividedSource, IndexedSource, Marks, Part, Rows, Source
from mixfold.sources import ArraySource, BlocksSource, NpySource
from mixfold.typing import FloatArray
from tests.examples import blobs

ROWS = blobs(300, 3, 2)[0]


@dataclass(frozen=True, slots=True)
class Halves(Source):
    """A source of a user's own: it keeps rows in two arrays."""

    halves: list[FloatArray]
    n_rows: int
    n_features: int
    first: FloatArray
    marks: Marks = NO_MARKS
    feature_names: None = None

    def chunks(self) -> Iterator[Rows]:
        """Join the halves."""
        return Rows(np.concatenate(self.halves)).chunks()

    def runs(self) -> Iterator[Rows]:
        """Give the same."""
        return self.chunks()

    def with_marks(self, marks: Marks) -> Halves:
        """Mark nothing."""
        raise NotImplementedError

    def where(self, row: int) -> str:
        """Name the row."""
        return f"row {row}"


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


def test_a_source_of_the_users_own_is_fitted_as_the_array_that_it_holds() -> None:
    ours = GaussianMixture(3, random_state=0).fit(Halves(np.array_split(ROWS, 2), *ROWS.shape, ROWS[:1]))
    theirs = GaussianMixture(3, random_state=0).fit(ROWS)
    assert ours.mixture_ == theirs.mixture_


def test_sources_say_by_their_class_what_they_can_do(tmp_path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    array, file, blocks = ArraySource(ROWS), NpySource(tmp_path / "rows.npy"), BlocksSource([ROWS])
    assert [isinstance(one, IndexedSource) for one in (array, file, blocks)] == [True, True, False]
    assert [isinstance(one, DividedSource) for one in (array, file, blocks)] == [False, True, False]


def test_executors_reach_what_other_processes_can_read_or_what_is_here(tmp_path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    array, file = ArraySource(ROWS), NpySource(tmp_path / "rows.npy")
    assert [DaskExecutor().reaches(one) for one in (array, file)] == [False, True]
    assert not any(SparkExecutor().reaches(one) for one in (array, file))
    given = LocalExecutor(2)
    assert executor_for(None, 1, source=array, given=given) is given
    assert isinstance(executor_for(None, 1, source=array, given=DaskExecutor()), LocalExecutor)


def test_an_executor_that_is_asked_for_what_it_cannot_reach_says_so() -> None:
    with pytest.raises(TypeError, match="must be a Spark data frame, got ArraySource"):
        next(SparkExecutor().each(lambda chunk: chunk, ArraySource(ROWS)))


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
