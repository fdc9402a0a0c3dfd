"""Files that change are refused; rows are read in runs of whole chunks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from mixfold.errors import InputError
from mixfold.sources import CHUNK_ROWS
from mixfold.sources.files import PART_BYTES, Stamp, parts_read


def test_a_file_that_stays_is_not_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("1\n")
    stamp = Stamp.of(path)
    path.read_text()
    stamp.refuse_change()


def test_a_file_that_was_written_to_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("1\n")
    stamp = Stamp.of(path)
    path.write_text("1\n2\n")
    with pytest.raises(InputError, match=r"rows\.csv must stay as it is .* was written to"):
        stamp.refuse_change()


def test_a_file_of_the_same_size_with_another_time_was_written_to(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("1\n")
    stamp = Stamp.of(path)
    os.utime(path, ns=(stamp.written + 1000, stamp.written + 1000))
    with pytest.raises(InputError, match="was written to"):
        stamp.refuse_change()


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("1\n")
    stamp = Stamp.of(path)
    path.unlink()
    with pytest.raises(InputError, match="vanished"):
        stamp.refuse_change()


@pytest.mark.parametrize("shape", [(1, 1), (CHUNK_ROWS, 3), (CHUNK_ROWS + 1, 3), (200_000, 64), (10, 100_000)])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_parts_cover_the_rows_in_order_in_whole_chunks(shape: tuple[int, int], n_threads: int) -> None:
    n, d = shape
    weights = np.arange(float(n))
    parts = parts_read(
        lambda start, count: np.arange(start, start + count, dtype=float)[:, None], shape, weights, n_threads
    )
    loaded = np.concatenate([part.load() for part in parts])[:, 0]
    np.testing.assert_array_equal(loaded, np.arange(float(n)))
    np.testing.assert_array_equal(np.concatenate([part.weights for part in parts]), weights)
    for part in parts:
        assert part.start == part.first_chunk * CHUNK_ROWS
        assert part.n_rows * d * 8 <= max(PART_BYTES, CHUNK_ROWS * d * 8)
