"""Rows in Dask arrays and data frames, which stay where Dask keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self, final

import numpy as np

from mixfold.errors import InputError, ShapeError
from mixfold.masks_and_times import refuse_masks_and_times
from mixfold.rows import CHUNK_ROWS, NO_MARKS, DividedSource, Marks, Part, Rows
from mixfold.rows.lost_parts import losses_named
from mixfold.sources.answer import Answer
from mixfold.typing import Array, FloatArray
from mixfold.validation import refuse_other_features


def is_dask(X: object) -> bool:
    """Whether `X` is a Dask array or data frame, without importing Dask."""
    return type(X).__module__.split(".")[0] in {"dask", "dask_expr"} and hasattr(X, "__dask_graph__")


@final
@dataclass(frozen=True, slots=True)
class DaskSource(DividedSource):
    """A Dask array (n_rows, n_features), or the columns of numbers of a Dask data frame; never computed whole.

    Chunks are cut within each partition. Where every partition but the last has a multiple of `CHUNK_ROWS` rows, they
    are those of the rows in memory, and a fit has the same bits.

    Parameters
    ----------
    collection : dask.array.Array or dask.dataframe.DataFrame
        Partitions whose lengths are unknown are computed once, one by one, to count their rows.
    columns : sequence of str, optional
        Of a data frame.
    marks : Marks
        In memory.

    Raises
    ------
    InputError
        If it holds something else than real numbers, or no rows.
    ShapeError
        If an array is not two-dimensional.

    Examples
    --------
    >>> import dask.array as da
    >>> from mixfold.sources import DaskSource
    >>> source = DaskSource(da.zeros((10_000, 2), chunks=(8192, 2)))
    >>> source.n_rows, [part.n_rows for part in source.parts()]
    (10000, [8192, 1808])
    """

    collection: Any
    columns: Sequence[str] | None = None
    marks: Marks = NO_MARKS
    place: ClassVar[str] = "dask"
    feature_names: tuple[str, ...] | None = field(init=False, repr=False)
    dtype: np.dtype[Any] = field(init=False, repr=False)
    n_features: int = field(init=False, repr=False)
    _blocks: tuple[Any, ...] = field(init=False, repr=False)
    _lengths: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look at the columns, and count the rows of every partition."""
        import dask  # noqa: PLC0415  (optional extra)

        collection, names, dtype = _checked(self.collection, self.columns)
        blocks, lengths = _blocks(collection)
        n_features = int(collection.shape[1])
        blocks = [dask.delayed(_rows, pure=True)(block, dtype) for block in blocks]
        if np.any(np.isnan(lengths)):
            with losses_named():
                lengths = dask.compute(*(dask.delayed(len)(block) for block in blocks))
        if not sum(lengths):
            message = "X must have rows, got none. Check what the collection reads."
            raise InputError(message)
        found = {
            "feature_names": names,
            "dtype": dtype,
            "n_features": n_features,
            "_blocks": tuple(blocks),
            "_lengths": tuple(int(length) for length in lengths),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return sum(self._lengths)

    @property
    def first(self) -> FloatArray:
        """The first row."""
        import dask  # noqa: PLC0415  (optional extra)

        number = next(number for number, length in enumerate(self._lengths) if length)
        with losses_named():
            row: FloatArray = dask.delayed(_head)(self._blocks[number]).compute()
        return row

    def parts(self, n_threads: int = 1) -> list[Part]:
        """Give the partitions that have rows, however many threads there are."""
        del n_threads
        parts, start, first_chunk = [], 0, 0
        for block, length in zip(self._blocks, self._lengths, strict=True):
            if length:
                marks = self.marks.cut(slice(start, start + length))
                parts.append(Part(start, length, first_chunk, block, marks, is_delayed=True))
            start, first_chunk = start + length, first_chunk + -(-length // CHUNK_ROWS)
        return parts

    def chunks(self) -> Iterator[Rows]:
        """Compute one partition after the other, and bring its rows here."""
        for run in self.runs():
            yield from run.chunks()

    def runs(self) -> Iterator[Rows]:
        """Compute one partition after the other, and bring its rows here."""
        for part in self.parts():
            with losses_named():
                rows = part.load.compute()
            yield part.run_of(rows)

    def with_marks(self, marks: Marks) -> Self:
        """Give the same rows with marks."""
        return replace(self, marks=marks)

    def where(self, row: int) -> str:
        """Name the row and its partition."""
        ends = np.cumsum(self._lengths)
        number = int(np.searchsorted(ends, row, side="right"))
        return f"row {row - int(ends[number]) + self._lengths[number]} of partition {number}"


def mapped(collection: Any, columns: Sequence[str] | None, answer: Answer, n_features: int) -> Any:
    """Give what is said of the rows of a collection as a Dask array of the same chunks, which nobody computes yet."""
    import dask  # noqa: PLC0415  (optional extra)
    import dask.array as da  # noqa: PLC0415  (optional extra)

    collection, names, dtype = _checked(collection, columns)
    refuse_other_features(len(names or ()) or int(collection.shape[1]), n_features)
    kind = np.dtype(np.int64) if answer.is_label else dtype
    blocks, lengths = _blocks(collection)
    widths = () if answer.width is None else (answer.width,)
    said = dask.delayed(_said, pure=True)
    function = dask.delayed(answer.function)
    parts = [
        da.from_delayed(said(function, block, dtype, kind), (length, *widths), kind)
        for block, length in zip(blocks, lengths, strict=True)
    ]
    return da.concatenate(parts, allow_unknown_chunksizes=True)


def _checked(collection: Any, columns: Sequence[str] | None) -> tuple[Any, tuple[str, ...] | None, np.dtype[Any]]:
    """Give the numbers of a collection, all features in one block, with their names and the type of the rows."""
    names: tuple[str, ...] | None = None
    if hasattr(collection, "npartitions") and hasattr(collection, "columns"):
        names = _numeric_names(collection, columns)
        collection = collection[list(names)]
        kinds = list(collection.dtypes)
    else:
        if collection.ndim != 2 or collection.shape[1] == 0:
            message = f"X must be two-dimensional (n_rows, n_features), got shape {collection.shape}."
            raise ShapeError(message)
        if len(collection.chunks[1]) > 1:
            collection = collection.rechunk({1: -1})
        kinds = [collection.dtype]
    if any(np.dtype(kind).kind not in "fiub" for kind in kinds if isinstance(kind, np.dtype)):
        message = f"X must hold real numbers, got {', '.join(str(kind) for kind in kinds)}. Convert or leave them out."
        raise InputError(message)
    return collection, names, np.dtype(np.float32 if all(kind == np.float32 for kind in kinds) else np.float64)


def _blocks(collection: Any) -> tuple[list[Any], tuple[float, ...]]:
    """Give the partitions as Dask delayed, and how many rows each has: NaN where that is not known yet."""
    blocks = list(np.ravel(collection.to_delayed()))
    return blocks, collection.chunks[0] if hasattr(collection, "chunks") else (np.nan,) * len(blocks)


def _said(
    function: Callable[[Array], Array], block: Any, dtype: np.dtype[Any], kind: np.dtype[Any]
) -> np.ndarray[Any, Any]:
    return np.asarray(function(_rows(block, dtype)), dtype=kind)


def _numeric_names(frame: Any, columns: Sequence[str] | None) -> tuple[str, ...]:
    if columns is None:
        columns = [str(name) for name, kind in frame.dtypes.items() if getattr(kind, "kind", "O") in "fiu"]
    missing = [name for name in columns if name not in frame.columns]
    if missing or not columns:
        message = f"X must have columns of numbers {missing or ''}; its columns are {list(frame.columns)}. Name others."
        raise InputError(message)
    return tuple(columns)


def _rows(block: Any, dtype: np.dtype[Any]) -> FloatArray:
    """Give a block as rows (n, D); a missing value becomes NaN."""
    refuse_masks_and_times(block)
    if hasattr(block, "to_numpy"):
        return np.ascontiguousarray(block.to_numpy(dtype=dtype, na_value=np.nan))
    return np.ascontiguousarray(block, dtype=dtype)


def _head(rows: FloatArray) -> FloatArray:
    return rows[:1].copy()
