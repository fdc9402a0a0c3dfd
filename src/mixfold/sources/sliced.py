"""Rows in HDF5 files and Zarr arrays, larger than memory if need be."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from mixfold.errors import InputError, MissingExtraError, MixfoldError, ShapeError
from mixfold.rows import NO_MARKS, DividedSource, Known, Marks, Part, Rows
from mixfold.sources.chunking import as_type, block_rows, chunks_of, prefetched, runs_of
from mixfold.sources.files import Passes, Stamp, parts_read
from mixfold.typing import FloatArray

DAMAGE = (OSError, ValueError, RuntimeError, LookupError, TypeError, AttributeError, OverflowError, MemoryError)
"""What h5py and zarr raise at files that were damaged, or that claim more than there is."""

LARGEST_CHUNK = 2**30
"""Bytes of a chunk in which an array is stored: all of it is unpacked to read a row."""


@final
@dataclass(frozen=True, slots=True)
class SlicedSource(DividedSource):
    """A two-dimensional array in an HDF5 file (.h5, .hdf5) or a Zarr store (.zarr), read a few chunks ahead of its use.

    Numbers of other types than float32 and float64 become float64.

    Parameters
    ----------
    path : str or path
    name : str, optional
        Of the array in the file, such as ``"train/rows"``; not needed where there is one of two dimensions only.
    marks : Marks
        In memory.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    InputError
        If it cannot be read, holds no such array, or something else than real numbers.
    ShapeError
        If the array is not two-dimensional.
    MissingExtraError
        If h5py or zarr is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import h5py
    >>> import numpy as np
    >>> from mixfold.sources import SlicedSource
    >>> path = Path(tempfile.mkdtemp()) / "rows.h5"
    >>> with h5py.File(path, "w") as file:
    ...     file["train/rows"] = np.arange(6.0).reshape(3, 2)
    >>> source = SlicedSource(path, "train/rows")
    >>> source.n_rows, source.read(1, 2).tolist()
    (3, [[2.0, 3.0], [4.0, 5.0]])
    """

    path: str | os.PathLike[str]
    name: str | None = None
    marks: Marks = NO_MARKS
    n_rows: int = field(init=False, repr=False)
    n_features: int = field(init=False, repr=False)
    dtype: np.dtype[Any] = field(init=False, repr=False)
    _stamps: tuple[Stamp, ...] = field(init=False, repr=False)
    _passes: Passes = field(default_factory=Passes, init=False, repr=False, compare=False)
    known: Known = field(default_factory=Known, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look at the array and refuse what cannot be fitted."""
        path = Path(self.path)
        if not path.exists():
            message = f"There is no file or folder {path}. Check the path."
            raise FileNotFoundError(message)
        files = [one for one in sorted(path.rglob("*")) if one.is_file()] if path.is_dir() else [path]
        object.__setattr__(self, "_stamps", tuple(Stamp.of(file) for file in files))
        with self._opened() as array:
            name, shape, dtype = array.name, tuple(array.shape), np.dtype(array.dtype)
            chunk = tuple(array.chunks or ())
        if len(shape) != 2 or shape[1] == 0:
            message = f"{name} in {path} must have shape (n_rows, n_features), got {shape}. Name another array."
            raise ShapeError(message)
        if dtype.kind not in "fiub":
            message = f"{name} in {path} must hold real numbers, got dtype {dtype}. Save it as float32 or float64."
            raise InputError(message)
        at_once = math.prod(chunk) * dtype.itemsize
        if at_once > LARGEST_CHUNK:
            message = (
                f"{name} in {path} must be stored in chunks of at most {LARGEST_CHUNK / 2**30:.3g} GiB, which are "
                f"unpacked as a whole, but its chunks of shape {chunk} take {at_once / 2**30:.3g} GiB. Write it again "
                "in smaller chunks."
            )
            raise InputError(message)
        kept = np.dtype(np.float32 if dtype == np.float32 else np.float64)
        found = {"name": name, "n_rows": int(shape[0]), "n_features": int(shape[1]), "dtype": kept}
        for attribute, value in found.items():
            object.__setattr__(self, attribute, value)

    @property
    def feature_names(self) -> None:
        """There are none in such a file."""

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

    def read(self, start: int, n_rows: int) -> FloatArray:
        """Read consecutive rows."""
        with self._opened() as array:
            return as_type(array[start : start + n_rows], self.dtype)

    def parts(self, n_threads: int = 1) -> list[Part]:
        """Give runs of chunks, for workers that see the same file system."""
        return parts_read(replace(self, marks=NO_MARKS).read, (self.n_rows, self.n_features), self.marks, n_threads)

    def with_marks(self, marks: Marks) -> Self:
        """Give the same rows with marks."""
        return replace(self, marks=marks)

    def where(self, row: int) -> str:
        """Name the row, the array and the file."""
        return f"row {row} of {self.name} in {self.path}"

    def _blocks(self) -> Iterator[FloatArray]:
        size = block_rows(self.n_features, self.dtype.itemsize)
        with self._opened() as array:
            for start in range(0, self.n_rows, size):
                yield as_type(array[start : start + size], self.dtype)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Give the array, and name the file in what its library says of damage."""
        path = Path(self.path)
        for stamp in self._stamps:
            stamp.refuse_change()
        with ExitStack() as stack:
            try:
                yield OPENERS[path.suffix.lower()](path, self.name, stack)
            except DAMAGE as error:
                if isinstance(error, MixfoldError):
                    raise
                reason = str(error.args[0] if error.args else type(error).__name__)
                message = (
                    f"{path} must be a complete {path.suffix} file, but it cannot be read: {reason.rstrip('.')}. "
                    "Write it again."
                )
                raise InputError(message) from error


def _hdf5(path: Path, name: str | None, stack: ExitStack) -> Any:
    try:
        import h5py  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise MissingExtraError("h5py", "hdf5", "Reading HDF5 files") from error
    file = stack.enter_context(h5py.File(path, "r"))
    arrays: dict[str, Any] = {}

    def note(found: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            arrays[found] = item

    file.visititems(note)
    array = _chosen(path, name, arrays)
    _refuse_unwritten(array)
    return array


def _refuse_unwritten(array: Any) -> None:
    """Refuse an array of HDF5 that claims rows which nobody wrote: its library would make them up."""
    if array.is_virtual or array.external:
        return  # they lie in other files
    if array.chunks is None:
        n_written, n_claimed, what = array.id.get_storage_size(), array.nbytes, "bytes"
    else:
        n_claimed = math.prod(-(-length // chunk) for length, chunk in zip(array.shape, array.chunks, strict=True))
        n_written, what = array.id.get_num_chunks(), "chunks"
    if n_written < n_claimed:
        message = f"its array {array.name!r} of shape {array.shape} has {n_written} {what} of {n_claimed}"
        raise ValueError(message)


def _zarr(path: Path, name: str | None, stack: ExitStack) -> Any:
    del stack
    try:
        import zarr  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise MissingExtraError("zarr", "zarr", "Reading Zarr arrays") from error
    top = zarr.open(str(path), mode="r")
    if isinstance(top, zarr.Array):
        return top
    return _chosen(path, name, {found: item for found, item in top.members(None) if isinstance(item, zarr.Array)})


def _chosen(path: Path, name: str | None, arrays: dict[str, Any]) -> Any:
    if name is not None and name.strip("/") in arrays:
        return arrays[name.strip("/")]
    tables = [array for array in arrays.values() if len(array.shape) == 2]
    if name is None and len(tables) == 1:
        return tables[0]
    what = f"has no array {name!r}" if name is not None else f"has {len(tables)} arrays of two dimensions"
    message = f"{path} {what}, but {sorted(arrays)}. Name one: `SlicedSource(path, name)`."
    raise InputError(message)


OPENERS: dict[str, Callable[[Path, str | None, ExitStack], Any]] = {".h5": _hdf5, ".hdf5": _hdf5, ".zarr": _zarr}
"""By suffix."""


def is_sliced(path: str | os.PathLike[str]) -> bool:
    """Whether a path is named like one of these files.

    Examples
    --------
    >>> is_sliced("rows.H5"), is_sliced("rows.npy")
    (True, False)
    """
    return Path(path).suffix.lower() in OPENERS
