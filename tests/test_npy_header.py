"""Headers of .npy files, honest and hostile."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest

from mixfold.npy_header import NpyHeader


def header(text: str, version: bytes = b"\x01\x00") -> bytes:
    """Give the first bytes of a file with such a header."""
    content = text.encode("latin1") + b"\n"
    return b"\x93NUMPY" + version + len(content).to_bytes(2 if version[0] == 1 else 4, "little") + content


@pytest.mark.parametrize("array", [np.ones((3, 2), order="F"), np.ones(4, ">f4"), np.ones((2, 3, 4), bool)])
def test_what_numpy_saves_is_read(array: np.ndarray[Any, Any]) -> None:
    file = BytesIO()
    np.save(file, array)
    found = NpyHeader.read(BytesIO(file.getvalue()))
    assert (found.shape, found.dtype, found.n_bytes) == (array.shape, array.dtype, len(file.getvalue()))
    found.refuse_shorter(len(file.getvalue()))
    with pytest.raises(ValueError, match="bytes of"):
        found.refuse_shorter(len(file.getvalue()) - 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"\x93NUMPY\x01\x00\xff\xff{",
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 2), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (True, 2), }"),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (3, 2), }"),
        header("{'descr': 'f9', 'fortran_order': False, 'shape': (3, 2), }"),
        header("{'descr': '<f8', 'fortran_order': 3, 'shape': (3, 2), }"),
        header("{'descr': ''', 'fortran_order': False, 'shape': (3, 2), }"),
        header("(" * 9000),
        header("[" * 90 + "]" * 90),
        header("-" * 9000 + "1"),
        header("{" + "[" * 200 + "0", b"\x02\x00"),
        header("{}", b"\x03\x00"),
        header("{}" + " " * 20_000),
    ],
)
def test_what_is_no_header_is_a_value_error_of_one_line(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        NpyHeader.read(BytesIO(content))
    assert "\n" not in str(caught.value)


def test_damaged_headers_are_value_errors_or_headers() -> None:
    content = header("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }".ljust(117))
    random = np.random.default_rng(0)
    for _ in range(2000):
        damaged = bytearray(content)
        for position in random.integers(len(content), size=random.integers(1, 4)):
            damaged[position] = random.integers(256)
        try:
            found = NpyHeader.read(BytesIO(bytes(damaged)))
        except ValueError:
            continue
        assert all(length >= 0 for length in found.shape)
