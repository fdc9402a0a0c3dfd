"""Rows in Parquet, Arrow and CSV files: one, a folder of them, or all that a pattern names."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from mixfold.errors import InputError, MissingExtraError
from mixfold.rows import NO_MARKS, DividedSource, Known, Marks, Part, Rows, refuse_other_number
from mixfold.sources.chunking import block_rows, chunks_of, in_blocks, prefetched, runs_of
from mixfold.sources.files import Passes, Stamp, parts_read
from mixfold.tables import AS_FOUND, TABLE_FORMATS, Reading, Say, damage_named, features_of, nobody, refuse_unheeded
from mixfold.tables.arrow import batches_of, schema_of
from mixfold.tables.columns import listed
from mixfold.tables.delimited import Delimited
from mixfold.typing import FloatArray

USUAL_DELIMITERS = {format_.suffix: format_.delimiter for format_ in TABLE_FORMATS if isinstance(format_, Delimited)}
SUFFIXES = (".parquet", ".arrow", ".feather", *USUAL_DELIMITERS)
HEAD_ROWS = 1000
"""Rows of a binary file by which its features are chosen."""
BATCHES_AHEAD = 2
"""Batches that pyarrow reads ahead of ours; its own default of 16 may be a gigabyte."""


@final
@dataclass(frozen=True, slots=True)
class ArrowSource(DividedSource):
    r"""Columns of numbers in Parquet, Arrow IPC (Feather) or CSV files, read a few chunks ahead of their use.

    Chunks have the same number of rows wherever files and row groups end, so a fit has the bits of one in memory. A
    missing value is read as NaN.

    Parameters
    ----------
    path : str or path
        A file, a folder (everything below it but names that begin with "." or "_"), or a pattern such as
        ``events/*.parquet``. Files are read in the order of their names.
    columns : sequence of str, optional
        The features, in this order; by default those that `features_of` chooses from the first file.
    marks : Marks
    reading : Reading
        How text is written, where the caller knows better than the files say; whether rows with missing values are left
        out; and which columns are no features.

    Attributes
    ----------
    said : tuple of str
        What was decided about the columns, in sentences.

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
    >>> next(ArrowSource(path, columns=["height"]).chunks()).values.tolist()
    [[1.5], [1.75]]
    """

    path: str | os.PathLike[str]
    columns: Sequence[str] | None = None
    marks: Marks = NO_MARKS
    reading: Reading = AS_FOUND
    said: tuple[str, ...] = field(init=False, repr=False)
    dtype: np.dtype[Any] = field(init=False, repr=False)
    _files: tuple[_File, ...] = field(init=False, repr=False)
    _ends: tuple[int, ...] = field(init=False, repr=False)
    _passes: Passes = field(default_factory=Passes, init=False, repr=False, compare=False)
    known: Known = field(default_factory=Known, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look at every file, and refuse what cannot be fitted."""
        try:
            import pyarrow as pa  # noqa: PLC0415  (optional extra)
        except ImportError as error:
            raise MissingExtraError("pyarrow", "io", "Reading tables") from error
        paths = files_of(self.path)
        for path in paths:
            refuse_unheeded(path, self.reading)
        said: list[str] = []
        names, kinds = _features(paths[0], self, said.append)
        files = [_File.of(paths[0], names, kinds, self.reading)]
        files += [
            _File.of(path, names, _kinds_like(path, names, paths[0], self.reading), self.reading) for path in paths[1:]
        ]
        single = all(kind == pa.float32() for file in files for kind in file.kinds)
        found = {
            "columns": names,
            "said": tuple(said),
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

    def chunks(self) -> Iterator[Rows]:
        """Yield the rows as a thread reads them."""
        return chunks_of(self.runs())

    def runs(self) -> Iterator[Rows]:
        """Yield the blocks that are read."""
        blocks = self._passes.checked(self._blocks(0, self.n_rows), self.where)
        return runs_of(prefetched(blocks), self.marks)

    def read(self, start: int, n_rows: int) -> FloatArray:
        """Read consecutive rows."""
        pieces = self._pieces(start, start + n_rows)
        return next(in_blocks(pieces, max(n_rows, 1), self.n_features, self.dtype), np.empty((0, self.n_features)))

    def parts(self, n_threads: int = 1) -> list[Part]:
        """Give runs of chunks, for workers that see the same file system."""
        return parts_read(replace(self, marks=NO_MARKS).read, (self.n_rows, self.n_features), self.marks, n_threads)

    def with_marks(self, marks: Marks) -> Self:
        """Give the same files with marks."""
        return replace(self, marks=marks)

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
        found = [one for one in found if not _suffix(one).startswith(".txt")] or found  # which may be read-me files
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
    reading: Reading
    n_rows: int
    row_groups: tuple[int, ...]

    @classmethod
    def of(cls, path: Path, names: tuple[str, ...], kinds: tuple[Any, ...], reading: Reading) -> Self:
        """Count the rows of a file, and its row groups where their lengths are known."""
        row_groups = () if reading.drop_missing else _row_groups(path)
        file = cls(Stamp.of(path), names, kinds, reading, sum(row_groups), row_groups)
        if row_groups:
            return file
        counted = names if reading.drop_missing else names[:1]
        try:
            batches = _batches(path, counted, reading)
            return replace(file, n_rows=sum(len(file.kept(_rows(batch, np.dtype(np.float64)))) for batch in batches))
        except InputError:
            for _ in _batches(path, names, reading):  # whose error names the bad cells of other columns, too
                pass
            raise

    def read(self, start: int, stop: int, dtype: np.dtype[Any]) -> Iterator[FloatArray]:
        """Yield the rows from `start` to `stop` in pieces of any size."""
        self.stamp.refuse_change()
        path, at, groups = self.stamp.path, 0, None
        if self.row_groups:
            ends = list(accumulate(self.row_groups))
            first, last = bisect_right(ends, start), bisect_right(ends, stop - 1)
            groups = range(first, last + 1)
            at = ends[first] - self.row_groups[first]
        for batch in _batches(path, self.names, self.reading, groups):
            rows = self.kept(_rows(batch, dtype))
            piece = rows[max(start - at, 0) : max(stop - at, 0)]
            at += len(rows)
            if len(piece):
                yield piece
            if at >= stop:
                break
        refuse_other_number(min(at, stop), stop, str(path))

    def kept(self, rows: FloatArray) -> FloatArray:
        """Leave out rows with missing values, if so it is to be."""
        return rows[~np.isnan(rows).any(axis=1)] if self.reading.drop_missing else rows


def _features(path: Path, source: ArrowSource, say: Say) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Choose the features by the first rows of a file."""
    head = _head(path, source.reading, say)
    try:
        features = features_of(head, source.columns, source.reading.ids)
    except InputError as error:
        message = f"{path}: {error}"
        raise InputError(message) from error
    if features.said:
        say(f"{path}: {features.said}")
    return features.names, tuple(head.schema.field(name).type for name in features.names)


def _kinds_like(path: Path, names: Sequence[str], first: Path, reading: Reading) -> tuple[Any, ...]:
    """Give the types of columns of a file, which must be those of the first one."""
    from pyarrow import types  # noqa: PLC0415  (optional extra)

    head = _head(path, reading, nobody)
    lacking = [name for name in names if name not in head.column_names]
    if lacking:
        message = (
            f"Every file must have the columns of {first}, but {path} lacks {listed(lacking)}. Add what is lacking, or "
            "name others."
        )
        raise InputError(message)
    held = [name for name in names if not (types.is_null(head.schema.field(name).type) and _is_text(path))]
    try:
        if held:
            features_of(head, held)
    except InputError as error:
        message = f"{path}: {error}"
        raise InputError(message) from error
    return tuple(head.schema.field(name).type for name in names)


def _head(path: Path, reading: Reading, say: Say) -> Any:
    """Give the first rows, of all columns."""
    if _is_text(path):
        return _text(path).head(path, reading, say)
    if _is_ipc(path):
        import pyarrow as pa  # noqa: PLC0415  (optional extra)

        schema = schema_of(path)
        batch = next(batches_of(path, schema.names), None)
        return schema.empty_table() if batch is None else pa.Table.from_batches([batch.slice(0, HEAD_ROWS)])
    with damage_named(path, _suffix(path)):
        return _fragment(path).head(HEAD_ROWS)


def _row_groups(path: Path) -> tuple[int, ...]:
    """Give the rows of each group of a Parquet file."""
    if _is_text(path) or _is_ipc(path):
        return ()
    with damage_named(path, _suffix(path)):
        return tuple(group.num_rows for group in _fragment(path).row_groups)


def _batches(path: Path, names: Sequence[str], reading: Reading, groups: Iterable[int] | None = None) -> Iterator[Any]:
    if _is_text(path):
        yield from _text(path).batches(path, names, reading)
    elif _is_ipc(path):
        yield from batches_of(path, names)
    else:
        options = {"batch_readahead": BATCHES_AHEAD, "fragment_readahead": 1, "cache_metadata": False}
        with damage_named(path, _suffix(path)):
            fragment = _fragment(path)
            fragment = fragment if groups is None else fragment.subset(row_group_ids=list(groups))
            yield from fragment.to_batches(columns=list(names), batch_size=block_rows(len(names)), **options)


def _rows(batch: Any, dtype: np.dtype[Any]) -> FloatArray:
    """Give the columns as rows (n, D); a missing value becomes NaN."""
    columns = [
        column.cast("float32" if dtype == np.float32 else "float64", safe=False).to_numpy(zero_copy_only=False)
        for column in batch.columns
    ]
    return np.stack(columns).T


def _fragment(path: Path) -> Any:
    """Open a Parquet file as a fragment of a data set."""
    from pyarrow import dataset  # noqa: PLC0415  (optional extra)

    return next(iter(dataset.dataset(str(path), format="parquet", partitioning=None).get_fragments()))


def _text(path: Path) -> Delimited:
    return Delimited(_suffix(path), USUAL_DELIMITERS[_suffix(path)])


def _is_text(path: Path) -> bool:
    return _suffix(path) in USUAL_DELIMITERS


def _is_ipc(path: Path) -> bool:
    return _suffix(path) in {".arrow", ".feather"}


def _suffix(path: Path) -> str:
    return next(suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(suffix))
