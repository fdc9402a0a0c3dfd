"""Rows in Parquet, Arrow and CSV files: one, a folder of them, or all that a pattern names."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from mixfold.errors import InputError, MissingExtraError
from mixfold.sources.abstract import Chunk, Part, refuse_other_number
from mixfold.sources.chunking import block_rows, chunks_of, in_blocks, prefetched, runs_of
from mixfold.sources.files import Stamp, parts_read
from mixfold.tables import chosen_names, damage_named, is_numeric
from mixfold.tables.arrow import batches_of, schema_of
from mixfold.typing import Array, FloatArray

DELIMITERS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
SUFFIXES = (".parquet", ".arrow", ".feather", *DELIMITERS)
BATCHES_AHEAD = 2
"""Batches that pyarrow reads ahead of ours; its own default of 16 may be a gigabyte."""


@final
@dataclass(frozen=True, slots=True)
class ArrowSource:
    r"""Columns of numbers in Parquet, Arrow IPC (Feather) or CSV files, read a few chunks ahead of their use.

    Chunks have the same number of rows wherever files and row groups end, so a fit has the bits of one in memory. A
    missing value is read as NaN.

    Parameters
    ----------
    path : str or path
        A file, a folder (everything below it but names that begin with "." or "_"), or a pattern such as
        ``events/*.parquet``. Files are read in the order of their names.
    columns : sequence of str, optional
        The features, in this order; by default every column of the first file that holds numbers.
    weights : ndarray of shape (n_rows,) or None

    Raises
    ------
    FileNotFoundError
        If there is no such file, or none that can be read below the folder or under the pattern.
    InputError
        If a file is damaged, or lacks a column that another one has, or a column holds no numbers.
    MissingExtraError
        If pyarrow is not installed.

    Notes
    -----
    Rows are float32 where all columns are, in every file, and else float64.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold.sources import ArrowSource
    >>> path = Path(tempfile.mkdtemp()) / "people.csv"
    >>> _ = path.write_text("name,height,weight\nann,1.5,50\nbob,1.75,70\n")
    >>> source = ArrowSource(path)
    >>> source.feature_names, source.first.tolist()
    (('height', 'weight'), [[1.5, 50.0]])
    >>> next(ArrowSource(path, columns=["height"]).chunks()).rows.tolist()
    [[1.5], [1.75]]
    """

    path: str | os.PathLike[str]
    columns: Sequence[str] | None = None
    weights: FloatArray | None = None
    dtype: np.dtype[Any] = field(init=False, repr=False)
    _files: tuple[_File, ...] = field(init=False, repr=False)
    _ends: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look at every file, and refuse what cannot be fitted."""
        try:
            import pyarrow as pa  # noqa: PLC0415  (optional extra)
        except ImportError as error:
            raise MissingExtraError("pyarrow", "io", "Reading tables") from error
        paths = files_of(self.path)
        files = [_File.of(paths[0], self.columns)]
        names = files[0].names
        files += [_File.of(path, names, like=paths[0]) for path in paths[1:]]
        single = all(kind == pa.float32() for file in files for kind in file.kinds)
        found = {
            "columns": names,
            "dtype": np.dtype(np.float32 if single else np.float64),
            "_files": tuple(files),
            "_ends": tuple(accumulate(file.n_rows for file in files)),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return self._ends[-1]

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return len(self.feature_names)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self._files[0].names

    @property
    def first(self) -> FloatArray:
        """The first row."""
        return self.read(0, min(1, self.n_rows))

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows as a thread reads them."""
        return chunks_of(self.runs())

    def runs(self) -> Iterator[Chunk]:
        """Yield the blocks that are read."""
        return runs_of(prefetched(self._blocks(0, self.n_rows)), self.weights)

    def read(self, start: int, n_rows: int) -> FloatArray:
        """Read consecutive rows."""
        pieces = self._pieces(start, start + n_rows)
        return next(in_blocks(pieces, max(n_rows, 1), self.n_features, self.dtype), np.empty((0, self.n_features)))

    def parts(self, n_threads: int = 1) -> list[Part]:
        """Give runs of chunks, for workers that see the same file system."""
        return parts_read(replace(self, weights=None).read, (self.n_rows, self.n_features), self.weights, n_threads)

    def with_weights(self, weights: Array) -> Self:
        """Give the same files with weights."""
        return replace(self, weights=weights)

    def where(self, row: int) -> str:
        """Name the row, its file and its row group."""
        number = bisect_right(self._ends, row)
        file = self._files[number]
        local = row - (self._ends[number - 1] if number else 0)
        if not file.row_groups:
            return f"row {local} of {file.stamp.path}"
        ends = list(accumulate(file.row_groups))
        return f"row {local} (row group {bisect_right(ends, local)}) of {file.stamp.path}"

    def _blocks(self, start: int, stop: int) -> Iterator[FloatArray]:
        size = block_rows(self.n_features, self.dtype.itemsize)
        return in_blocks(self._pieces(start, stop), size, self.n_features, self.dtype)

    def _pieces(self, start: int, stop: int) -> Iterator[FloatArray]:
        begin = 0
        for file in self._files:
            end = begin + file.n_rows
            if file.n_rows and begin < stop and start < end:
                yield from file.read(max(start - begin, 0), min(stop - begin, file.n_rows), self.dtype)
            begin = end


def files_of(place: str | os.PathLike[str]) -> list[Path]:
    """Give the files that a path, a folder or a pattern names, by name.

    Raises
    ------
    FileNotFoundError
        If there are none.
    InputError
        If a file or a pattern has the suffix of another kind of file.
    """
    path = Path(place)
    suffixes = ", ".join(SUFFIXES)
    if path.is_dir():
        found = sorted(one for one in path.rglob("*") if one.is_file() and _is_table(one) and _is_open(one, path))
        if found:
            return found
        message = f"The folder {path} must hold files that end in one of {suffixes}, but has none. Check the path."
        raise FileNotFoundError(message)
    found = [path] if path.is_file() else sorted(_matching(path))
    if not found:
        message = f"There is no file or folder {path}, and no file that it names as a pattern. Check the path."
        raise FileNotFoundError(message)
    for one in found:
        if not _is_table(one):
            message = f"The name of a table must end in one of {suffixes}, got {one.name!r}. Convert the table first."
            raise InputError(message)
    return found


def _matching(pattern: Path) -> Iterator[Path]:
    anchor = Path(pattern.anchor)
    parts = pattern.relative_to(anchor) if pattern.anchor else pattern
    return (path for path in anchor.glob(str(parts)) if path.is_file())


def _is_table(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def _is_open(path: Path, folder: Path) -> bool:
    return not any(name.startswith((".", "_")) for name in path.relative_to(folder).parts)


@dataclass(frozen=True, slots=True)
class _File:
    """One file: what it holds, as it was when it was opened."""

    stamp: Stamp
    names: tuple[str, ...]
    kinds: tuple[Any, ...]
    n_rows: int
    row_groups: tuple[int, ...]

    @classmethod
    def of(cls, path: Path, columns: Sequence[str] | None, like: Path | None = None) -> Self:
        """Open a file; `like` is the one that the columns were taken from."""
        schema = schema_of(path) if _is_ipc(path) else _schema(path)
        try:
            names = tuple(chosen_names(schema, columns)) if like is None else tuple(columns or ())
        except InputError as error:
            message = f"{path}: {error}"
            raise InputError(message) from error
        kinds = tuple(_kind_of(schema, name, path, like) for name in names)
        row_groups: tuple[int, ...] = ()
        if _is_ipc(path):
            n_rows = sum(batch.num_rows for batch in batches_of(path, names[:1]))
        else:
            with damage_named(path, _suffix(path)):
                fragment = _fragment(path, names)
                row_groups = tuple(group.num_rows for group in getattr(fragment, "row_groups", ()))
                n_rows = fragment.count_rows()
        return cls(Stamp.of(path), names, kinds, n_rows, row_groups)

    def read(self, start: int, stop: int, dtype: np.dtype[Any]) -> Iterator[FloatArray]:
        """Yield the rows from `start` to `stop` in pieces of any size."""
        self.stamp.refuse_change()
        path, at = self.stamp.path, 0
        if _is_ipc(path):
            batches = batches_of(path, self.names)
        else:
            with damage_named(path, _suffix(path)):
                fragment = _fragment(path, self.names)
            if self.row_groups:
                ends = list(accumulate(self.row_groups))
                first, last = bisect_right(ends, start), bisect_right(ends, stop - 1)
                fragment = fragment.subset(row_group_ids=list(range(first, last + 1)))
                at = ends[first] - self.row_groups[first]
            batches = _batches(fragment, self.names, path)
        for batch in batches:
            rows = _rows(batch, dtype)
            piece = rows[max(start - at, 0) : max(stop - at, 0)]
            at += len(rows)
            if len(piece):
                yield piece
            if at >= stop:
                break
        refuse_other_number(min(at, stop), stop, str(path))


def _rows(batch: Any, dtype: np.dtype[Any]) -> FloatArray:
    """Give the columns as rows (n, D); a missing value becomes NaN."""
    columns = [
        column.cast("float32" if dtype == np.float32 else "float64", safe=False).to_numpy(zero_copy_only=False)
        for column in batch.columns
    ]
    return np.stack(columns).T


def _batches(fragment: Any, names: Sequence[str], path: Path) -> Iterator[Any]:
    options = {"batch_readahead": BATCHES_AHEAD, "fragment_readahead": 1, "cache_metadata": False}
    with damage_named(path, _suffix(path)):
        yield from fragment.to_batches(columns=list(names), batch_size=block_rows(len(names)), **options)


def _kind_of(schema: Any, name: str, path: Path, like: Path | None) -> Any:
    from pyarrow import types  # noqa: PLC0415  (optional extra)

    position = schema.get_field_index(name)
    if position < 0:
        message = f"Every file must have the columns of {like}, but {path} lacks {name!r}. Add it, or name others."
        raise InputError(message)
    kind = schema.field(position).type
    if not is_numeric(kind) and not (types.is_null(kind) and _suffix(path) in DELIMITERS):
        message = f"Column {name!r} must hold numbers, but holds {kind} in {path}. Convert it, or name other columns."
        raise InputError(message)
    return kind


def _schema(path: Path) -> Any:
    with damage_named(path, _suffix(path)):
        return _fragment(path, None).physical_schema


def _is_ipc(path: Path) -> bool:
    return _suffix(path) in {".arrow", ".feather"}


def _fragment(path: Path, names: Sequence[str] | None) -> Any:
    """Open one file as a fragment of a data set; the columns of text that are named are read as numbers."""
    from pyarrow import csv, dataset  # noqa: PLC0415  (optional extra)

    suffix = _suffix(path)
    kind: Any = "parquet"
    if suffix in DELIMITERS:
        # Told to be numbers, because the type of a column is else that of its first megabyte.
        convert = csv.ConvertOptions(column_types=dict.fromkeys(names or (), "float64"))
        kind = dataset.CsvFileFormat(csv.ParseOptions(delimiter=DELIMITERS[suffix]), convert_options=convert)
    return next(iter(dataset.dataset(str(path), format=kind, partitioning=None).get_fragments()))


def _suffix(path: Path) -> str:
    return next(suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(suffix))
