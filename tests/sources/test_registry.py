"""What `X` may be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mixfold.datasets import FAITHFUL_CSV
from mixfold.sources import ArrowSource, BlocksSource, NpySource, source_for

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
