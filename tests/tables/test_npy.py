"""Tables in .npy files: refused by their headers, and in any byte order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.memory import peak_of

from mixfold.errors import InputError
from mixfold.tables import read_table


@pytest.mark.parametrize("stored", [">f8", ">f4", "<f8", ">i4", "<u2"])
def test_numbers_in_any_byte_order_are_read(stored: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[1, 2], [3, 4]]).astype(stored))
    table = read_table(tmp_path / "a.npy")
    assert [column.to_pylist() for column in table.columns] == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    "shape", ["(0, 1000000000000000)", "(1000000000, 1000)", "(-3, 2)", "(3, -2)", "(True, 2)", "(3, 0)", "(3, 2"]
)
def test_a_header_that_claims_what_is_not_there_is_refused_at_once(shape: str, tmp_path: Path) -> None:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(48))

    def read() -> None:
        with pytest.raises(InputError, match=r"a\.npy must"):
            read_table(tmp_path / "a.npy")

    assert peak_of(read) < 1 << 22
