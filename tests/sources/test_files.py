"""Files that change are refused; rows are read in runs of whole chunks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from mixfold import GaussianMixture
from mixfold.errors import InputError
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import NpySource, source_for
from mixfold.sources.files import PART_BYTES, TURNS, Stamp, parts_read


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
        lambda start, count: np.arange(start, start + count, dtype=float)[:, None], shape, Marks(weights), n_threads
    )
    loaded = np.concatenate([part.load() for part in parts])[:, 0]
    np.testing.assert_array_equal(loaded, np.arange(float(n)))
    np.testing.assert_array_equal(np.concatenate([part.marks.weights for part in parts]), weights)
    for part in parts:
        assert part.start == part.first_chunk * CHUNK_ROWS
        assert part.n_rows * d * 8 <= max(PART_BYTES, CHUNK_ROWS * d * 8)


def written_again(path: Path, rows: np.ndarray[Any, Any]) -> None:
    """Replace an array in a file, of the same size and as of the same time."""
    before = path.stat()
    np.save(path, rows)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("at", [0, 4095, 4097, 150_000, -1])
def test_a_number_that_changes_between_two_passes_is_noticed(dtype: type, at: int, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(100_001, 3)).astype(dtype)
    np.save(tmp_path / "rows.npy", rows)
    source = NpySource(tmp_path / "rows.npy")
    for _ in range(2):
        assert sum(chunk.n for chunk in source.chunks()) == len(rows)
    rows.flat[at] = np.nextafter(rows.flat[at], dtype(9.0))
    written_again(tmp_path / "rows.npy", rows)
    with pytest.raises(InputError, match=r"those from row \d+ of .*rows\.npy on changed between two passes"):
        for _ in range(TURNS):
            list(source.chunks())


def test_rows_that_change_places_are_noticed(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(1000, 3))
    np.save(tmp_path / "rows.npy", rows)
    source = NpySource(tmp_path / "rows.npy")
    list(source.chunks())
    written_again(tmp_path / "rows.npy", rows[::-1])
    with pytest.raises(InputError, match="changed between two passes"):
        list(source.chunks())


def test_a_fit_of_a_file_that_changes_meanwhile_ends_with_an_error(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(40_000, 3))
    np.save(tmp_path / "rows.npy", rows)

    def change(_: object) -> None:
        written_again(tmp_path / "rows.npy", rows + 1.0)

    with pytest.raises(InputError, match="changed between two passes"):
        GaussianMixture(2, init_params="random_from_data", random_state=0, callback=change).fit(tmp_path / "rows.npy")


def csv(path: Path, rows: np.ndarray[Any, Any]) -> Path:
    np.savetxt(path.with_suffix(".csv"), rows, "%.3f", ",", header="a,b", comments="")
    return path.with_suffix(".csv")


def parquet(path: Path, rows: np.ndarray[Any, Any]) -> Path:
    table = pa.table({"a": rows[:, 0].copy(), "b": rows[:, 1].copy()})
    write_table(table, path.with_suffix(".parquet"), compression="none", use_dictionary=False, write_statistics=False)
    return path.with_suffix(".parquet")


def hdf5(path: Path, rows: np.ndarray[Any, Any]) -> Path:
    h5py = pytest.importorskip("h5py", reason="needs the extra `hdf5`")
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file["rows"] = rows
    return path.with_suffix(".h5")


@pytest.mark.parametrize("write", [csv, parquet, hdf5])
def test_other_rows_are_noticed_in_files_of_every_kind(
    write: Callable[[Path, np.ndarray[Any, Any]], Path], tmp_path: Path
) -> None:
    rows = np.random.default_rng(0).uniform(1.0, 2.0, size=(20_000, 2))
    path = write(tmp_path / "rows", rows)
    before, source = path.stat(), source_for(path)
    assert source is not None
    for _ in range(2):
        assert sum(run.n for run in source.runs()) == len(rows)
    write(tmp_path / "rows", rows[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    with pytest.raises(InputError, match=r"those from row \d+ .*of .* on changed between two passes"):
        list(source.runs())
