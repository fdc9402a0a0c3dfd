"""Models as .npz archives: what they claim is checked before anything is inflated or allocated."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mixfold.errors import ModelFileError
from mixfold.formats import Document
from mixfold.formats.npz import NpzFormat
from tests.memory import peak_of

DOCUMENT = Document("thing", 1, {"name": "x"}, {"a": np.array([[0.1, 0.2]])})


def npy(array: np.ndarray) -> bytes:
    """Give the bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """Write a zip file."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def header_bytes(header: object) -> bytes:
    """Give a header as the archive keeps it."""
    return npy(np.frombuffer(json.dumps(header).encode(), np.uint8))


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_inflates_is_refused_before_it_does(compression: int, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", {"mixfold.npy": header_bytes({}), "a.npy": bytes(1 << 26)}, compression)
    assert path.stat().st_size < 1 << 20

    def read() -> None:
        with pytest.raises(ModelFileError, match=r"a\.npz must be a model file .* compressed"):
            NpzFormat().read(path)

    assert peak_of(read) < 1 << 22


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", {"mixfold.npy": header_bytes({}), "a.npy": bytes(1 << 20)})
    content = path.read_bytes()
    at = content.rindex(b"PK\x01\x02")
    end = content.rindex(b"PK\x05\x06")
    entry, tail = content[at:end], bytearray(content[end:])
    n = 100
    tail[8:12] = (n + 2).to_bytes(2, "little") * 2
    tail[12:16] = (int.from_bytes(tail[12:16], "little") + n * len(entry)).to_bytes(4, "little")
    path.write_bytes(content[:end] + n * entry + bytes(tail))
    with pytest.raises(ModelFileError, match="claims to hold"):
        NpzFormat().read(path)


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(-1, 3)", "(0, 1000000000000000)", "(True, 2)", "(2", "2"])
def test_shapes_that_cannot_be_are_refused(shape: str, tmp_path: Path) -> None:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    member = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(16)
    path = archive(tmp_path / "a.npz", {"mixfold.npy": header_bytes({}), "a.npy": member})
    with pytest.raises(ModelFileError, match=r"a\.npz must be a model file"):
        NpzFormat().read(path)


@pytest.mark.parametrize("array", [np.array(["text"]), np.array([1j]), np.array([True]), np.array(["2020"], "M8[D]")])
def test_arrays_of_other_things_than_numbers_are_refused(array: np.ndarray, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", {"mixfold.npy": header_bytes({}), "a.npy": npy(array)})
    with pytest.raises(ModelFileError, match="where float64 is expected"):
        NpzFormat().read(path)


@pytest.mark.parametrize("n_levels", [100, 100_000])
def test_a_nested_header_is_refused(n_levels: int, tmp_path: Path) -> None:
    text = b'{"kind": ' + b"[" * n_levels + b"]" * n_levels + b"}"
    path = archive(tmp_path / "a.npz", {"mixfold.npy": npy(np.frombuffer(text, np.uint8))})
    with pytest.raises(ModelFileError, match=r"a\.npz must be a model file"):
        NpzFormat().read(path)


def test_a_header_without_a_checksum_is_refused(tmp_path: Path) -> None:
    header = {"kind": "thing", "version": 1, "fields": {}}
    for more in ({}, {"sha256": None}):
        path = archive(tmp_path / "a.npz", {"mixfold.npy": header_bytes({**header, **more}), "a.npy": npy(np.ones(2))})
        with pytest.raises(ModelFileError, match="checksum|sha256"):
            NpzFormat().read(path)


def test_arrays_that_were_read_can_be_written_to(tmp_path: Path) -> None:
    NpzFormat().write(tmp_path / "a.npz", DOCUMENT)
    NpzFormat().read(tmp_path / "a.npz").arrays["a"][0] = 1.0
