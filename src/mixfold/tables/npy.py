"""Tables as NumPy's .npy files: numbers only, and no names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from mixfold.errors import InputError
from mixfold.npy_header import NpyHeader
from mixfold.tables.abstract import Table, unreadable
from mixfold.tables.reading import AS_FOUND, Reading, Say, nobody


@final
@dataclass(frozen=True, slots=True)
class Npy:
    """A .npy file of an array (n_rows, n_columns), or (n_rows,) for a single column."""

    suffix: str = ".npy"
    has_names: bool = False
    heeds: frozenset[str] = frozenset()

    def read(self, path: Path, reading: Reading = AS_FOUND, say: Say = nobody) -> Table:
        """Read the array; nothing in the file is ever executed."""
        del reading, say
        import pyarrow as pa  # noqa: PLC0415  (optional extra)

        try:
            with path.open("rb") as file:
                header = NpyHeader.read(file)
            header.refuse_shorter(path.stat().st_size)
        except ValueError as error:
            raise unreadable(path, self.suffix, error) from error
        if len(header.shape) not in {1, 2} or 0 in header.shape or header.dtype.kind not in "iufb":
            what = f"{header.dtype} of shape {header.shape}"
            message = f"{path} must hold real numbers of shape (n_rows, n_columns), got {what}. Save such an array."
            raise InputError(message)
        array = np.load(path, allow_pickle=False)
        array = array.astype(array.dtype.newbyteorder("="), copy=False)  # Arrow knows the machine's order alone
        columns = (array[:, None] if array.ndim == 1 else array).T  # (d, n)
        return pa.table({f"x{position}": np.ascontiguousarray(column) for position, column in enumerate(columns)})

    def write(self, path: Path, table: Table) -> None:
        """Write the columns as one array (n_rows, n_columns), in the common type of them all."""
        columns = [column.to_numpy() for column in table.columns]
        for name, column in zip(table.column_names, columns, strict=True):
            if column.dtype.kind not in "iufb":
                message = f"A .npy file can hold only numbers, but column {name!r} holds none. Choose another format."
                raise InputError(message)
        with path.open("wb") as file:
            np.save(file, np.column_stack(columns), allow_pickle=False)
