"""What `X` may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mixfold import GaussianMixture
from mixfold.datasets import FAITHFUL_CSV
from mixfold.errors import InputError
from mixfold.rows import NO_MARKS, Marks, Rows, Source
from mixfold.sources import ArrowSource, BlocksSource, NpySource, source_for
from mixfold.typing import FloatArray
from tests.examples import blobs

ROWS = np.ones((3, 2))


@pytest.mark.parametrize("X", [ROWS, ROWS.tolist(), (1.0, 2.0), {"a": [1.0]}, {1.0}, 3.0, None])
def test_what_lies_in_memory_is_none(X: object) -> None:
    assert source_for(X) is None


def test_a_data_frame_is_none() -> None:
    assert source_for(pd.DataFrame(ROWS)) is None


def test_paths_go_by_their_suffix(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    assert isinstance(source_for(tmp_path / "rows.npy"), NpySource)
    source = source_for(str(FAITHFUL_CSV), ["waiting"])
    assert isinstance(source, ArrowSource)
    assert source.feature_names == ("waiting",)


def test_a_source_is_itself() -> None:
    source = BlocksSource([ROWS])
    assert source_for(source) is source


def test_a_re_iterable_of_arrays_is_blocks() -> None:
    class Loader:
        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter([ROWS])

    assert isinstance(source_for(Loader()), BlocksSource)


class OwnSource(Source):
    """Rows that somebody else keeps."""

    feature_names = ("a", "b")
    n_features = 2

    def __init__(self, rows: FloatArray, marks: Marks = NO_MARKS) -> None:
        self.rows, self._marks = rows, marks

    @property
    def marks(self) -> Marks:
        """Weights, if there are some."""
        return self._marks

    @property
    def n_rows(self) -> int:
        """All."""
        return len(self.rows)

    @property
    def first(self) -> FloatArray:
        """The first row."""
        return self.rows[:1]

    def chunks(self) -> Iterator[Rows]:
        """Cut them."""
        return Rows(self.rows, self._marks).chunks(self.chunk_rows)

    def runs(self) -> Iterator[Rows]:
        """Cut them."""
        return self.chunks()

    def with_marks(self, marks: Marks) -> OwnSource:
        """Give the same rows."""
        return OwnSource(self.rows, marks)

    def where(self, row: int) -> str:
        """Name the row."""
        return f"row {row} of somebody else"


@pytest.mark.parametrize("n_rows", [300, 20_000])
def test_a_source_of_the_callers_own_is_fitted_as_rows_in_memory_are(n_rows: int) -> None:
    rows, _ = blobs(n_rows, 2, 2, separation=6.0)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, size=n_rows)
    settings: dict[str, Any] = {"init_params": "kmeans", "random_state": 0}
    own, usual = (GaussianMixture(2, **settings).fit(X, sample_weight=weights) for X in (OwnSource(rows), rows))
    assert own.mixture_.means.tobytes() == usual.mixture_.means.tobytes()
    np.testing.assert_array_equal(own.predict(OwnSource(rows)), usual.predict(rows))
    assert own.feature_names_in_.tolist() == ["a", "b"]


def test_a_row_of_the_callers_source_is_named_where_it_is_no_number() -> None:
    rows = np.zeros((5, 2))
    rows[3, 1] = np.nan
    with pytest.raises(InputError, match="column 'b' is missing, NaN or infinite in row 3 of somebody else"):
        GaussianMixture(2, missing="raise").fit(OwnSource(rows))
