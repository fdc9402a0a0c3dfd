"""Rows in a .npy file, larger than memory if need be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np

from mixfold.errors import InputError, ShapeError
from mixfold.sources.abstract import CHUNK_ROWS, Chunk
from mixfold.typing import FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True)
class MemoryMapSource:
    """A .npy file of shape (n_rows, n_features), read chunk by chunk through a memory map.

    Numbers of other types than float32 and float64 become float64 as they are read.

    Attributes
    ----------
    path : Path
    weights : ndarray of shape (n_rows,) or None
        In memory.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If the file is no .npy file, or holds something else than real numbers.
    ShapeError
        If its array is not two-dimensional.
    """

    path: Path
    weights: FloatArray | None = None
    _rows: np.ndarray[Any, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Map the file and refuse what cannot be fitted."""
        if not self.path.is_file():
            message = f"There is no .npy file {self.path}. Check the path."
            raise FileNotFoundError(message)
        try:
            with self.path.open("rb") as file:
                np.lib.format.read_magic(file)  # refuses .npz archives and pickles, which numpy.load would take
            rows = np.load(self.path, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError) as error:
            message = f"{self.path} must be a .npy file written by numpy.save, but it cannot be read as one: {error}"
            raise InputError(message) from error
        if rows.ndim != 2 or rows.shape[1] == 0:
            message = (
                f"{self.path} must hold a two-dimensional array (n_rows, n_features), got shape {rows.shape}. "
                "Reshape a single feature with `X.reshape(-1, 1)` before saving it."
            )
            raise ShapeError(message)
        if rows.dtype.kind not in "fiub":
            message = f"{self.path} must hold real numbers, got dtype {rows.dtype}. Save it as float32 or float64."
            raise InputError(message)
        object.__setattr__(self, "_rows", rows)

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return int(self._rows.shape[0])

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return int(self._rows.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the rows as they are yielded: float32 or float64."""
        return self._rows.dtype if self._rows.dtype in (np.float32, np.float64) else np.dtype(np.float64)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows as they are read."""
        for start in range(0, self.n_rows, CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            rows = np.asarray(self._rows[part], dtype=self.dtype)
            yield Chunk(rows, None if self.weights is None else self.weights[part], start)

    def take(self, indices: IntArray) -> Chunk:
        """Read single rows."""
        weights = None if self.weights is None else self.weights[indices]
        return Chunk(np.asarray(self._rows[indices], dtype=self.dtype), weights, 0)
