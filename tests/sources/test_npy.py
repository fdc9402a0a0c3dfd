"""Rows in a .npy file, and files that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixfold.errors import InputError, ShapeError
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import ArraySource, NpySource


def saved(folder: Path, array: np.ndarray[Any, Any], **options: Any) -> Path:
    """Write an array and give its path."""
    path = folder / "rows.npy"
    np.save(path, array, **options)
    return path


@pytest.mark.parametrize("order", ["C", "F"])
def test_chunks_are_those_of_the_array(order: Any, tmp_path: Path) -> None:
    rows = np.asarray(np.random.default_rng(0).normal(size=(2 * CHUNK_ROWS + 9, 2)), order=order)
    weights = np.arange(len(rows), dtype=float)
    ours = NpySource(saved(tmp_path, rows), Marks(weights))
    assert (ours.n_rows, ours.n_features) == rows.shape
    for chunk, expected in zip(ours.chunks(), ArraySource(rows, Marks(weights)).chunks(), strict=True):
        np.testing.assert_array_equal(chunk.values, expected.values)
        np.testing.assert_array_equal(chunk.weights, expected.weights)
        assert chunk.start == expected.start


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("<f4", np.float32),
        ("<f8", np.float64),
        (">f8", np.float64),
        (">f4", np.float64),
        ("<i4", np.float64),
        ("u1", np.float64),
        ("?", np.float64),
        ("<f2", np.float64),
    ],
)
def test_numbers_of_any_real_type_are_read(stored: str, read: type, tmp_path: Path) -> None:
    rows = np.array([[0, 1], [1, 1]]).astype(stored)
    source = NpySource(saved(tmp_path, rows))
    (chunk,) = source.chunks()
    assert chunk.values.dtype == source.dtype == read
    assert chunk.values.dtype.isnative
    np.testing.assert_array_equal(chunk.values, rows.astype(float))


def test_taken_rows_come_with_their_weights(tmp_path: Path) -> None:
    source = NpySource(saved(tmp_path, np.arange(10.0).reshape(5, 2)), Marks(np.arange(5.0)))
    chunk = source.take(np.array([1, 4]))
    assert chunk.values.tolist() == [[2.0, 3.0], [8.0, 9.0]]
    assert chunk.weights is not None
    assert chunk.weights.tolist() == [1.0, 4.0]


@pytest.mark.parametrize("shape", [(6,), (2, 3, 1), (4, 0)])
def test_an_array_that_is_no_table_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="must hold a two-dimensional array"):
        NpySource(saved(tmp_path, np.ones(shape)))


def test_objects_are_refused_and_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path(tmp_path / "sprung").touch, ())

    path = saved(tmp_path, np.array([[Trap()]], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"must be a \.npy file"):
        NpySource(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "array", [np.array([["a"]]), np.array([[1j]]), np.array([["2020-01-01"]], dtype="datetime64[D]")]
)
def test_what_are_no_real_numbers_is_refused(array: np.ndarray[Any, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must hold real numbers, got dtype"):
        NpySource(saved(tmp_path, array))


@pytest.mark.parametrize("length", [0, 4, 8, 60, 130, 200])
def test_a_truncated_file_is_refused(length: int, tmp_path: Path) -> None:
    path = saved(tmp_path, np.ones((20, 2)))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match=r"must be a \.npy file written by numpy\.save"):
        NpySource(path)


@pytest.mark.parametrize("shape", ["(0, 1000000000000000)", "(1000000000, 1000)", "(80, -1)", "(True, 2)", "(3, 2"])
def test_a_header_that_claims_what_is_not_there_is_refused(shape: str, tmp_path: Path) -> None:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    path = tmp_path / "rows.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(48))
    with pytest.raises(InputError, match=r"rows\.npy must"):
        NpySource(path)


def test_an_archive_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", np.ones((3, 2)))
    with pytest.raises(InputError, match=r"must be a \.npy file"):
        NpySource(tmp_path / "rows.npz")


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.npy").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"must be a \.npy file"):
        NpySource(tmp_path / "rows.npy")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no \.npy file .*nowhere"):
        NpySource(tmp_path / "nowhere.npy")
