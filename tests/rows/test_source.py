"""What a source can do is what its class says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.executors import DaskExecutor, LocalExecutor, SparkExecutor, executor_for
from mixfold.rows import NO_MARKS, DividedSource, IndexedSource, Marks, Rows, Source
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
