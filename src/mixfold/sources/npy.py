"""Rows in a .npy file, larger than memory if need be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import FileIO
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from mixfold.errors import InputError, ShapeError
from mixfold.npy_header import NpyHeader
from mixfold.rows import NO_MARKS, DividedSource, IndexedSource, Known, Marks, Part, Rows
from mixfold.sources.chunking import AHEAD, block_rows, chunks_of, prefetched, runs_of
from mixfold.sources.files import Passes, Stamp, parts_read
from mixfold.typing import FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True)
class NpySource(IndexedSource, DividedSource):
    """A .npy file of shape (n_rows, n_features), read a few chunks ahead of their use.

    It is read rather than mapped into memory: a limit on memory then holds, and a file that is cut off under the reader
    is an error instead of the end of the process. Numbers of other types than float32 and float64 become float64.

    Attributes
    ----------
    path : Path
    marks : Marks
        In memory.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If the file is no .npy file, or holds something else than real numbers.
    ShapeError
        If its array is not two-dimensional.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.sources import NpySource
    >>> path = Path(tempfile.mkdtemp()) / "rows.npy"
    >>> np.save(path, np.arange(20_000, dtype=np.float32).reshape(-1, 2))
    >>> source = NpySource(path)
    >>> source.dtype, [chunk.values.shape for chunk in source.chunks()], source.read(2, 1)
    (dtype('float32'), [(8192, 2), (1808, 2)], array([[4., 5.]], dtype=float32))
    """

    path: Path
    marks: Marks = NO_MARKS
    _layout: _Layout = field(init=False, repr=False)
    _passes: Passes = field(default_factory=Passes, init=False, repr=False, compare=False)
    known: Known = field(default_factory=Known, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the header and refuse what cannot be fitted."""
        if not self.path.is_file():
            message = f"There is no .npy file {self.path}. Check the path."
            raise FileNotFoundError(message)
        object.__setattr__(self, "_layout", _Layout.of(self.path))

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return self._layout.shape[0]

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return self._layout.shape[1]

    @property
    def feature_names(self) -> None:
        """There are none in such a file."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the rows as they are yielded: float32 or float64."""
        stored = self._layout.dtype
        return stored if stored in (np.float32, np.float64) else np.dtype(np.float64)

    @property
    def first(self) -> FloatArray:
        """The first row."""
        return self.read(0, min(1, self.n_rows))

    def chunks(self) -> Iterator[Rows]:
        """Yield the rows as a thread reads them."""
        return chunks_of(self.runs())

    def runs(self) -> Iterator[Rows]:
        """Yield the blocks that are read."""
        return runs_of(prefetched(self._passes.checked(self._blocks(), self.where)), self.marks)

    def take(self, indices: IntArray) -> Rows:
        """Read single rows."""
        rows = np.empty((len(indices), self.n_features), self.dtype)
        with self._opened() as file:
            for position, index in enumerate(indices):
                rows[position] = self._layout.read(file, int(index), 1)
        return Rows(rows, self.marks.take(indices))

    def read(self, start: int, n_rows: int) -> FloatArray:
        """Read consecutive rows."""
        with self._opened() as file:
            return np.asarray(self._layout.read(file, start, n_rows), dtype=self.dtype)

    def parts(self, n_threads: int = 1) -> list[Part]:
        """Give runs of chunks, for workers that see the same file system."""
        return parts_read(replace(self, marks=NO_MARKS).read, (self.n_rows, self.n_features), self.marks, n_threads)

    def with_marks(self, marks: Marks) -> Self:
        """Give the same file with marks."""
        return replace(self, marks=marks)

    def where(self, row: int) -> str:
        """Name the row and the file."""
        return f"row {row} of {self.path}"

    def _blocks(self) -> Iterator[FloatArray]:
        size = block_rows(self.n_features, self._layout.dtype.itemsize)
        with self._opened() as file:
            for start in range(0, self.n_rows, size):
                self._layout.ask(file, start + AHEAD * size, size)
                read = self._layout.read(file, start, min(size, self.n_rows - start))
                yield np.asarray(read, dtype=self.dtype)

    def _opened(self) -> FileIO:
        self._layout.stamp.refuse_change()
        return self.path.open("rb", buffering=0)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where in a .npy file which number lies."""

    stamp: Stamp
    offset: int
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    by_columns: bool

    @classmethod
    def of(cls, path: Path) -> Self:
        stamp = Stamp.of(path)
        try:
            with path.open("rb") as file:
                header = NpyHeader.read(file)
            header.refuse_shorter(stamp.size)
        except ValueError as error:
            message = (
                f"{path} must be a .npy file written by numpy.save, but it cannot be read as one: {error}. "
                "Write it again."
            )
            raise InputError(message) from error
        shape, dtype = header.shape, header.dtype
        if dtype.kind not in "fiub":
            message = f"{path} must hold real numbers, got dtype {dtype}. Save it as float32 or float64."
            raise InputError(message)
        if len(shape) != 2 or shape[1] == 0:
            message = (
                f"{path} must hold a two-dimensional array (n_rows, n_features), got shape {shape}. "
                "Reshape a single feature with `X.reshape(-1, 1)` before saving it."
            )
            raise ShapeError(message)
        if shape[0] == 0:
            message = f"{path} must hold rows, got shape {shape}. Save an array of at least one row."
            raise InputError(message)
        return cls(stamp, header.offset, (shape[0], shape[1]), dtype, header.by_columns and shape[0] > 1)

    def ask(self, file: FileIO, start: int, n_rows: int) -> None:
        """Ask the system for rows that will be read soon: disks serve several requests at once, and faster."""
        n, d = self.shape
        if not hasattr(os, "posix_fadvise"):  # Linux has it
            return
        runs = [position * n + start for position in range(d)] if self.by_columns else [start * d]
        length = max(0, min(n_rows, n - start)) * (1 if self.by_columns else d) * self.dtype.itemsize
        for at in runs if length else ():
            os.posix_fadvise(file.fileno(), self.offset + at * self.dtype.itemsize, length, os.POSIX_FADV_WILLNEED)

    def read(self, file: FileIO, start: int, n_rows: int) -> np.ndarray[Any, Any]:
        """Read consecutive rows, (n_rows, D), in the type that is stored."""
        n, d = self.shape
        if not self.by_columns:
            rows = np.empty((n_rows, d), self.dtype)
            self._fill(file, rows, start * d)
            return rows
        columns = np.empty((d, n_rows), self.dtype)
        for position, column in enumerate(columns):
            self._fill(file, column, position * n + start)
        return np.ascontiguousarray(columns.T)

    def _fill(self, file: FileIO, target: np.ndarray[Any, Any], at: int) -> None:
        file.seek(self.offset + at * self.dtype.itemsize)
        left = memoryview(target.reshape(-1).view(np.uint8))  # type: ignore[arg-type]  # an array is one
        while left:
            n_read = file.readinto(left)
            if n_read == 0:
                message = f"{self.stamp.path} ended early: it was cut off while it was read. Write it again."
                raise InputError(message)
            left = left[n_read:]
