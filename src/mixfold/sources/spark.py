"""Rows in Spark data frames, which stay in Spark's partitions."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, NoReturn, final

import numpy as np

from mixfold.errors import InputError
from mixfold.sources.abstract import CHUNK_ROWS, Answer, Chunk, refuse_other_number
from mixfold.sources.chunking import block_rows, chunks_of, in_blocks, runs_of
from mixfold.typing import Array, FloatArray
from mixfold.validation import refuse_other_features

NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")


def is_spark(X: object) -> bool:
    """Whether `X` is a Spark data frame, without importing Spark."""
    return type(X).__module__.startswith("pyspark.sql.") and hasattr(X, "mapInArrow")


@final
@dataclass(frozen=True, slots=True)
class SparkSource:
    """The columns of numbers of a Spark data frame, read as Arrow batches by Spark's Python workers.

    Chunks are cut within each partition. Where every partition but the last has a multiple of `CHUNK_ROWS` rows, they
    are those of the rows in memory, and a fit has the same bits. The frame is read several times: it must have an order
    that does not change from one reading to the next.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
    columns : sequence of str, optional
        The features; by default every column of numbers.
    weights : None
        Rows of a data frame have none.

    Raises
    ------
    InputError
        If it has no columns of numbers, or no rows.
    """

    frame: Any
    columns: Sequence[str] | None = None
    weights: None = None
    place: ClassVar[str] = "spark"
    feature_names: tuple[str, ...] = field(init=False, repr=False)
    dtype: np.dtype[Any] = field(init=False, repr=False)
    first: FloatArray = field(init=False, repr=False)
    _spans: dict[int, tuple[int, int, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look at the columns, and count the rows of every partition."""
        names, dtype = _checked(self.frame, self.columns)
        object.__setattr__(self, "feature_names", names)
        object.__setattr__(self, "dtype", dtype)
        object.__setattr__(self, "_spans", {})
        counts = self.collect(_count)
        self._spans.update(_spans_of(counts))
        if not self._spans:
            message = "X must have rows, got none. Check what the data frame reads."
            raise InputError(message)
        object.__setattr__(self, "first", next(head for _, (n_rows, head) in counts if n_rows))

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return sum(n_rows for *_, n_rows in self._spans.values())

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return len(self.feature_names)

    def collect(self, function: Callable[[int, Iterator[Chunk]], Any]) -> list[tuple[int, Any]]:
        """Apply a function to every partition where it lies.

        Parameters
        ----------
        function : callable
            Of the index of the first chunk, and the chunks.

        Returns
        -------
        results : list of (int, object)
            With the number of the partition, in their order.
        """
        names = list(self.feature_names)
        unpack = partial(_from_columns, n_features=len(names), dtype=self.dtype)
        return _collected(self.frame.select(*names), self._spans, unpack, function)

    def kept(self) -> KeptRows:
        """Give the same rows, kept by Spark in a form that it hands over as it is, until they are released."""
        names, dtype = list(self.feature_names), self.dtype

        def packed(batches: Iterator[Any]) -> Iterator[Any]:
            import pyarrow as pa  # noqa: PLC0415  (on a worker)

            for rows in in_blocks(_pieces(batches, dtype), CHUNK_ROWS, len(names), dtype):
                yield pa.RecordBatch.from_arrays([pa.array([rows.tobytes()], pa.binary())], names=["chunk"])

        frame = self.frame.select(*names).mapInArrow(packed, "chunk binary").persist()
        return KeptRows(frame, len(names), dtype)

    def chunks(self) -> Iterator[Chunk]:
        """Bring the rows here, all at once."""
        for _, chunks in self.collect(_all):
            yield from chunks

    def runs(self) -> Iterator[Chunk]:
        """Bring the rows here, chunk by chunk."""
        return self.chunks()

    def with_weights(self, weights: Array) -> NoReturn:
        """Refuse weights, which are in this process while the rows are not.

        Raises
        ------
        InputError
            Always.
        """
        del weights
        message = "`sample_weight` cannot go with a Spark data frame. Write the frame to Parquet, and fit the files."
        raise InputError(message)

    def where(self, row: int) -> str:
        """Name the row and its partition."""
        for partition, (start, _, n_rows) in self._spans.items():
            if start <= row < start + n_rows:
                return f"row {row - start} of partition {partition}"
        return f"row {row}"


@final
@dataclass(frozen=True, slots=True)
class KeptRows:
    """Rows that Spark keeps in its memory, or on disk what does not fit there, as the bytes of chunks.

    From columns Spark makes every pass anew number by number, which costs more than an iteration does.

    Attributes
    ----------
    frame : pyspark.sql.DataFrame
        With one column, one chunk of rows in each of its rows.
    n_features : int
    dtype : dtype
    """

    frame: Any
    n_features: int
    dtype: np.dtype[Any]
    _spans: dict[int, tuple[int, int, int]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Count the rows of every partition again: where Spark keeps rows, it may join partitions that are small."""
        self._spans.update(_spans_of(self.collect(_count)))

    def collect(self, function: Callable[[int, Iterator[Chunk]], Any]) -> list[tuple[int, Any]]:
        """Apply a function to every partition where it lies, as `SparkSource.collect`."""
        unpack = partial(_from_bytes, n_features=self.n_features, dtype=self.dtype)
        return _collected(self.frame, self._spans, unpack, function)

    def release(self) -> None:
        """Let Spark forget the rows."""
        self.frame.unpersist()


def mapped(frame: Any, columns: Sequence[str] | None, answer: Answer, n_features: int) -> Any:
    """Give the frame with one more column: what is said of its rows, which nobody computes yet."""
    from pyspark.sql import types  # noqa: PLC0415  (optional extra)

    names, dtype = _checked(frame, columns)
    refuse_other_features(len(names), n_features)
    if answer.name in frame.columns:
        message = f"X must have no column {answer.name!r}, because the answers are one. Drop or rename it."
        raise InputError(message)
    number = types.LongType() if answer.is_label else types.FloatType() if dtype == np.float32 else types.DoubleType()
    schema = types.StructType([*frame.schema.fields])
    schema = schema.add(answer.name, number if answer.width is None else types.ArrayType(number))

    def on_partition(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415  (on a worker)

        for batch in batches:
            (rows,) = _pieces(iter([batch.select(list(names))]), dtype)
            said = np.asarray(answer.function(np.ascontiguousarray(rows)))
            column = pa.array(said.ravel(), pa.int64() if answer.is_label else pa.from_numpy_dtype(dtype))
            if answer.width is not None:
                column = pa.ListArray.from_arrays(np.arange(len(said) + 1, dtype=np.int32) * answer.width, column)
            yield pa.RecordBatch.from_arrays([*batch.columns, column], names=[*batch.schema.names, answer.name])

    return frame.mapInArrow(on_partition, schema)


def _checked(frame: Any, columns: Sequence[str] | None) -> tuple[tuple[str, ...], np.dtype[Any]]:
    """Give the columns of numbers, and the type of the rows that they make."""
    kinds = dict(frame.dtypes)
    names = tuple(columns or (name for name, kind in kinds.items() if kind.startswith(NUMBERS)))
    wrong = [name for name in names if not kinds.get(name, "absent").startswith(NUMBERS)]
    if wrong or not names:
        message = f"X must have columns of numbers {wrong or ''}; its columns are {kinds}. Cast or name others."
        raise InputError(message)
    return names, np.dtype(np.float32 if all(kinds[name] == "float" for name in names) else np.float64)


def _collected(
    frame: Any,
    spans: dict[int, tuple[int, int, int]],
    unpack: Callable[[Iterator[Any]], Iterator[FloatArray]],
    function: Callable[[int, Iterator[Chunk]], Any],
) -> list[tuple[int, Any]]:
    """Apply a function to every partition of a frame, in the order of their numbers.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
    spans : dict
        By the number of the partition: index of its first row and of its first chunk, and how many rows it has.
    unpack : callable
        From Arrow batches to blocks of whole chunks.
    function : callable
        Of the index of the first chunk, and the chunks.
    """

    def on_partition(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415  (on a worker)
        from pyspark import TaskContext  # noqa: PLC0415

        partition = TaskContext.get().partitionId()
        start, first_chunk, expected = spans.get(partition, (0, 0, -1))
        n_seen = 0

        def chunks() -> Iterator[Chunk]:
            nonlocal n_seen
            for chunk in chunks_of(runs_of(unpack(batches), None, start)):
                n_seen += len(chunk.rows)
                yield chunk

        result = function(first_chunk, chunks())
        if expected >= 0:
            refuse_other_number(n_seen, expected, f"partition {partition}")
        columns = [pa.array([partition], pa.int64()), pa.array([pickle.dumps(result)], pa.binary())]
        yield pa.RecordBatch.from_arrays(columns, names=["partition", "result"])

    rows = frame.mapInArrow(on_partition, "partition long, result binary").collect()
    return sorted(((row.partition, pickle.loads(row.result)) for row in rows), key=lambda pair: pair[0])  # noqa: S301  (ours)


def _spans_of(counts: list[tuple[int, tuple[int, Any]]]) -> dict[int, tuple[int, int, int]]:
    """Give where the rows and the chunks of each partition begin, and how many rows it has."""
    spans, start, first_chunk = {}, 0, 0
    for partition, (n_rows, _) in counts:
        if n_rows:
            spans[partition] = (start, first_chunk, n_rows)
        start, first_chunk = start + n_rows, first_chunk + -(-n_rows // CHUNK_ROWS)
    return spans


def _from_columns(batches: Iterator[Any], n_features: int, dtype: np.dtype[Any]) -> Iterator[FloatArray]:
    return in_blocks(_pieces(batches, dtype), block_rows(n_features), n_features, dtype)


def _from_bytes(batches: Iterator[Any], n_features: int, dtype: np.dtype[Any]) -> Iterator[FloatArray]:
    for batch in batches:
        for chunk in batch.column(0):
            # What comes in a message may lie at any byte, and engines want it aligned.
            yield np.require(np.frombuffer(chunk.as_buffer(), dtype), requirements="A").reshape(-1, n_features)


def _pieces(batches: Iterator[Any], dtype: np.dtype[Any]) -> Iterator[FloatArray]:
    kind = "float32" if dtype == np.float32 else "float64"
    for batch in batches:
        yield np.stack([column.cast(kind, safe=False).to_numpy(zero_copy_only=False) for column in batch.columns]).T


def _count(first_chunk: int, chunks: Iterator[Chunk]) -> tuple[int, FloatArray | None]:
    del first_chunk
    n_rows, head = 0, None
    for chunk in chunks:
        head = chunk.rows[:1].copy() if head is None else head
        n_rows += len(chunk.rows)
    return n_rows, head


def _all(first_chunk: int, chunks: Iterator[Chunk]) -> list[Chunk]:
    del first_chunk
    return list(chunks)
