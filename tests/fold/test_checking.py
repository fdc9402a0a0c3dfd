"""Rows that cannot be used are refused by name; a fingerprint tells rows and marks apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from mixfold.engines import ArrayEngine
from mixfold.errors import InputError, NotFiniteError
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.fold.checking import count_missing
from mixfold.rows import CHUNK_ROWS, NO_MARKS, Known, Marks, Rows, Source
from mixfold.sources import BlocksSource
from mixfold.typing import FloatArray


def test_the_first_row_that_is_not_finite_is_named() -> None:
    rows = np.zeros((CHUNK_ROWS + 10, 3))
    rows[CHUNK_ROWS + 4, 1] = np.nan
    with pytest.raises(InputError, match=f"feature 1 .* in row {CHUNK_ROWS + 4}"):
        Fold.of_rows(rows).refuse_bad_rows()


def test_a_digest_depends_on_rows_their_order_their_weights_and_their_strata() -> None:
    rows, weights = np.arange(10.0)[:, None], np.arange(10.0)
    digests = [
        Fold.of_rows(rows).digest(),
        Fold.of_rows(rows[::-1]).digest(),
        Fold.of_rows(rows, Marks(weights)).digest(),
        Fold.of_rows(rows, Marks(weights, np.zeros(10, int))).digest(),
    ]
    assert len(set(digests)) == 4
    assert Fold.of_rows(rows.copy()).digest() == digests[0]


@dataclass(frozen=True, slots=True)
class Counted(Source):
    """Rows that remember what passes found, and count them."""

    values: FloatArray
    marks: Marks = NO_MARKS
    known: Known = field(default_factory=Known)
    passes: list[str] = field(default_factory=list)
    feature_names: None = None

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return len(self.values)

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return self.values.shape[1]

    @property
    def first(self) -> FloatArray:
        """The first row."""
        return self.values[:1]

    def chunks(self) -> Iterator[Rows]:
        """Count a pass."""
        self.passes.append("pass")
        return Rows(self.values, self.marks).chunks()

    def runs(self) -> Iterator[Rows]:
        """Give the same."""
        return self.chunks()

    def with_marks(self, marks: Marks) -> Counted:
        """Mark them."""
        return replace(self, marks=marks)

    def where(self, row: int) -> str:
        """Name the row."""
        return f"row {row}"


def counted_fold(values: FloatArray) -> Fold:
    """Give the fold over rows that count passes."""
    return Fold(Counted(values), ArrayEngine(), LocalExecutor())


def test_rows_are_checked_in_the_pass_that_first_needs_them() -> None:
    fold = counted_fold(np.zeros((10, 2)))
    fold.sample(np.random.RandomState(0), 3)
    fold.refuse_bad_rows()
    assert len(fold.source.passes) == 1
    again = counted_fold(np.zeros((10, 2)))
    again.digest()
    again.digest()
    again.refuse_bad_rows()
    assert len(again.source.passes) == 1


@pytest.mark.parametrize("first", ["sample", "digest"])
def test_a_pass_for_something_else_refuses_bad_rows_too(first: str) -> None:
    values = np.zeros((CHUNK_ROWS + 10, 2))
    values[CHUNK_ROWS + 4, 1] = np.inf
    fold = counted_fold(values)
    ask = {"sample": lambda: fold.sample(np.random.RandomState(0), 3), "digest": fold.digest}[first]
    with pytest.raises(InputError, match=f"feature 1 .* in row {CHUNK_ROWS + 4}"):
        ask()
    assert not fold.source.known.is_finite


def test_a_source_that_remembers_nothing_is_checked_each_time() -> None:
    fold = Fold.of_rows(np.array([[np.nan]]))
    assert not fold.source.known.is_finite
    for _ in range(2):
        with pytest.raises(InputError, match="feature 0"):
            fold.refuse_bad_rows()


def test_missing_values_are_counted_and_infinite_ones_refused() -> None:
    source = BlocksSource([np.array([[1.0, np.nan]]), np.array([[np.nan, np.nan]])])
    assert count_missing(LocalExecutor(), source).tolist() == [1, 2]
    with pytest.raises(NotFiniteError, match="row 1"):
        count_missing(LocalExecutor(), BlocksSource([np.array([[1.0, np.nan]]), np.array([[np.inf, np.nan]])]))
