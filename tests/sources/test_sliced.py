"""HDF5 files and Zarr arrays are chunks of rows, and files that are none are refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.errors import InputError, ShapeError
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import ArraySource, SlicedSource
from tests.examples import blobs

ROWS = blobs(2 * CHUNK_ROWS + 300, 3, 2)[0]
Arrays = dict[str, np.ndarray[Any, Any]]


def hdf5(path: Path, arrays: Arrays) -> Path:
    h5py = pytest.importorskip("h5py", reason="needs the extra `hdf5`")
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array, chunks=True)
    return path.with_suffix(".h5")


def zarr(path: Path, arrays: Arrays) -> Path:
    library = pytest.importorskip("zarr", reason="needs the extra `zarr`")
    group = library.open_group(str(path.with_suffix(".zarr")), mode="w")
    for name, array in arrays.items():
        group.create_array(name, data=array, chunks=(1000,) * array.ndim)
    return path.with_suffix(".zarr")


WRITERS: dict[str, Callable[[Path, Arrays], Path]] = {"hdf5": hdf5, "zarr": zarr}


@pytest.fixture(params=list(WRITERS))
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Arrays], Path]:
    return lambda arrays: WRITERS[request.param](tmp_path / "rows", arrays)


def test_a_fit_has_the_bits_of_one_in_memory(write: Callable[[Arrays], Path]) -> None:
    settings: dict[str, Any] = {"init_params": "kmeans", "random_state": 0, "tol": 1e-3}
    path = write({"rows": ROWS, "labels": np.zeros(len(ROWS))})
    actual, expected = GaussianMixture(3, **settings).fit(path), GaussianMixture(3, **settings).fit(ROWS)
    np.testing.assert_array_equal(actual.covariances_, expected.covariances_)
    np.testing.assert_array_equal(actual.predict(str(path)), expected.predict(ROWS))


def test_chunks_and_parts_hold_all_rows_once_with_their_weights(write: Callable[[Arrays], Path]) -> None:
    weights = np.arange(len(ROWS), dtype=float)
    source = SlicedSource(write({"a": ROWS}), marks=Marks(weights))
    for chunk, expected in zip(source.chunks(), ArraySource(ROWS, Marks(weights)).chunks(), strict=True):
        np.testing.assert_array_equal(chunk.values, expected.values)
        np.testing.assert_array_equal(chunk.weights, expected.weights)
    np.testing.assert_array_equal(np.concatenate([part.load() for part in source.parts()]), ROWS)


def test_one_of_several_arrays_is_named(write: Callable[[Arrays], Path]) -> None:
    path = write({"train/rows": ROWS[:5], "test": ROWS[5:9].astype(np.float32), "count": np.arange(6).reshape(3, 2)})
    assert SlicedSource(path, "train/rows").n_rows == 5
    assert SlicedSource(path, "test").first.dtype == np.float32
    assert SlicedSource(path, "count").read(1, 2).tolist() == [[2.0, 3.0], [4.0, 5.0]]
    with pytest.raises(InputError, match="has 3 arrays of two dimensions, but .*'train/rows'"):
        SlicedSource(path)
    with pytest.raises(InputError, match="has no array 'nothing'"):
        SlicedSource(path, "nothing")


def test_arrays_that_are_no_tables_of_numbers_are_refused(write: Callable[[Arrays], Path]) -> None:
    path = write({"line": np.ones(4), "complex": np.ones((3, 2), dtype=complex)})
    with pytest.raises(ShapeError, match=r"must have shape \(n_rows, n_features\), got \(4,\)"):
        SlicedSource(path, "line")
    with pytest.raises(InputError, match="must hold real numbers, got dtype complex128"):
        SlicedSource(path, "complex")


def test_a_missing_value_is_named(write: Callable[[Arrays], Path]) -> None:
    rows = ROWS.copy()
    rows[9000, 1] = np.nan
    with pytest.raises(InputError, match="feature 1 is missing, NaN or infinite in row 9000 of /?rows in "):
        GaussianMixture(3, missing="raise").fit(write({"rows": rows}))


def test_a_file_that_changes_between_passes_is_named(write: Callable[[Arrays], Path]) -> None:
    path = write({"rows": ROWS})
    source = SlicedSource(path)
    list(source.chunks())
    # Zarr takes a lost chunk for one of zeros, so it is looked for here.
    lost = max((file for file in path.rglob("*") if file.is_file()), key=str) if path.is_dir() else path
    lost.unlink()
    with pytest.raises(InputError, match="must stay as it is while it is used, but it vanished"):
        list(source.chunks())


@pytest.mark.parametrize("keep", [0, 100, 200_000])
def test_a_truncated_file_is_named(keep: int, tmp_path: Path) -> None:
    path = hdf5(tmp_path / "rows", {"rows": ROWS})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"rows.h5 must be a complete .h5 file, but it cannot be read"):
        SlicedSource(path)


def test_a_place_without_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file or folder .*nowhere.h5"):
        SlicedSource(tmp_path / "nowhere.h5")
    shutil.copytree(zarr(tmp_path / "rows", {}), tmp_path / "copy.zarr")
    with pytest.raises(InputError, match="has 0 arrays of two dimensions"):
        SlicedSource(tmp_path / "copy.zarr")


def test_damaged_hdf5_files_are_refused_or_read(tmp_path: Path) -> None:
    content = hdf5(tmp_path / "rows", {"x/rows": ROWS[:80], "y": np.arange(5.0)}).read_bytes()
    random = np.random.default_rng(0)
    n_refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        for position in random.integers(len(content) - 2000, size=3):
            damaged[position] = random.integers(256)
        (tmp_path / "damaged.h5").write_bytes(bytes(damaged))
        try:
            SlicedSource(tmp_path / "damaged.h5").read(0, 1)
        except InputError as error:
            assert "damaged.h5" in str(error)  # noqa: PT017
            n_refused += 1
    assert n_refused > 50


@pytest.mark.parametrize("options", [{}, {"chunks": (1000, 3)}, {"chunks": (1000, 3), "compression": "gzip"}])
def test_an_hdf5_array_that_claims_rows_that_are_not_there_is_refused(options: dict[str, Any], tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="needs the extra `hdf5`")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        array = file.create_dataset("rows", (10**12, 3), dtype="f8", **options)
        if options:
            array[:1000] = 1.0
    with pytest.raises(InputError, match=r"a\.h5 must be a complete \.h5 file.* of shape \(10{12}, 3\) has \d+ "):
        SlicedSource(tmp_path / "a.h5")


@pytest.mark.parametrize("options", [{"chunks": (7, 2)}, {"compression": "gzip"}, {"maxshape": (None, 3)}, {}])
def test_hdf5_arrays_of_any_layout_are_whole(options: dict[str, Any], tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="needs the extra `hdf5`")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("rows", data=ROWS[:100], **options)
    np.testing.assert_array_equal(SlicedSource(tmp_path / "a.h5").read(0, 100), ROWS[:100])


def test_an_array_in_chunks_that_no_memory_may_hold_is_refused(
    write: Callable[[Arrays], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write({"rows": ROWS})
    assert SlicedSource(path).n_rows == len(ROWS)
    monkeypatch.setattr("mixfold.sources.sliced.LARGEST_CHUNK", 1000)
    with pytest.raises(InputError, match=r"must be stored in chunks of at most .* Write it again in smaller chunks"):
        SlicedSource(path)
