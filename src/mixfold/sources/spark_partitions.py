"""Blocks of rows in the partitions of Spark, in three forms, and functions that are applied to them where they lie.

`Columns` are those of a data frame, which Spark turns into Arrow batches number by number in every pass. Packed are the
bytes of blocks, which Spark keeps for the time of a fit and hands over as they are: through the socket of its Python
workers (`PackedRdd`, half the cost of a pass through Arrow) or, where a session has no such thing (Spark Connect), as
Arrow batches (`PackedFrame`). `CountedPartitions` knows which rows of the whole each partition has.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, final

import numpy as np

from mixfold.rows import CHUNK_ROWS, NO_MARKS, Rows, refuse_other_number
from mixfold.sources.chunking import block_rows, in_blocks, runs_of
from mixfold.typing import FloatArray

OnPartition = Callable[[int, Iterator[FloatArray]], Any]
"""Of the number of a partition and its blocks of rows (n, D), all but the last of whole chunks."""


class Partitions(Protocol):
    """Blocks of rows in numbered partitions, which lie on the machines of Spark."""

    def map(self, function: OnPartition) -> list[tuple[int, Any]]:
        """Give what a function says of every partition, with its number, in their order."""

    def release(self) -> None:
        """Let Spark forget what it keeps."""


@final
@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a data frame, all of them numbers.

    Attributes
    ----------
    frame : pyspark.sql.DataFrame
    n_features : int
    dtype : dtype
        Of the rows that they make: float32 or float64.
    """

    frame: Any
    n_features: int
    dtype: np.dtype[Any]

    def map(self, function: OnPartition) -> list[tuple[int, Any]]:
        """Give what a function says of every partition."""
        n_features, dtype = self.n_features, self.dtype
        return _in_partitions(self.frame, lambda number, batches: function(number, blocks(batches, n_features, dtype)))

    def release(self) -> None:
        """Leave the frame as it is: it is the caller's."""

    @property
    def is_remote(self) -> bool:
        """Whether the frame is one of Spark Connect."""
        return ".connect." in type(self.frame).__module__

    def packed(self) -> PackedRdd | PackedFrame:
        """Let Spark keep the same rows as the bytes of blocks: in its memory, and on disk what does not fit there."""
        n_features, dtype = self.n_features, self.dtype

        def pack(batches: Iterator[Any]) -> Iterator[Any]:
            import pyarrow as pa  # noqa: PLC0415  (on a worker)

            for rows in blocks(batches, n_features, dtype):
                yield pa.RecordBatch.from_arrays([pa.array([rows.tobytes()], pa.binary())], names=["block"])

        frame = self.frame.mapInArrow(pack, "block binary")
        if self.is_remote:
            return PackedFrame(frame.persist(), n_features, dtype)
        from pyspark import StorageLevel  # noqa: PLC0415  (optional extra)

        bare = frame.rdd.map(lambda row: row.block)
        return PackedRdd(bare.persist(StorageLevel.MEMORY_AND_DISK), n_features, dtype)


@final
@dataclass(frozen=True, slots=True)
class PackedRdd:
    """The bytes of blocks as elements of an RDD."""

    rdd: Any
    n_features: int
    dtype: np.dtype[Any]

    def map(self, function: OnPartition) -> list[tuple[int, Any]]:
        """Give what a function says of every partition."""
        n_features, dtype = self.n_features, self.dtype

        def on_partition(number: int, packed: Iterator[bytes]) -> Iterator[Any]:
            yield number, function(number, (_unpacked(block, n_features, dtype) for block in packed))

        return list(self.rdd.mapPartitionsWithIndex(on_partition).collect())

    def release(self) -> None:
        """Let Spark forget the rows."""
        self.rdd.unpersist()


@final
@dataclass(frozen=True, slots=True)
class PackedFrame:
    """The bytes of blocks as rows of a data frame of one column."""

    frame: Any
    n_features: int
    dtype: np.dtype[Any]

    def map(self, function: OnPartition) -> list[tuple[int, Any]]:
        """Give what a function says of every partition."""
        n_features, dtype = self.n_features, self.dtype

        def on_partition(number: int, batches: Iterator[Any]) -> Any:
            packed = (block.as_buffer() for batch in batches for block in batch.column(0))
            return function(number, (_unpacked(block, n_features, dtype) for block in packed))

        return _in_partitions(self.frame, on_partition)

    def release(self) -> None:
        """Let Spark forget the rows."""
        self.frame.unpersist()


@final
@dataclass(frozen=True, slots=True)
class CountedPartitions:
    """Partitions, and which rows of the whole each of them has.

    They are counted when this is made. Where Spark keeps rows, it may have joined partitions that are small, so that
    each form of the same rows is counted on its own.

    Attributes
    ----------
    partitions : Partitions
    spans : dict
        By the number of the partition: index of its first row and of its first chunk, and how many rows it has.
    first : ndarray of shape (1, D) or None
        The first row, if there is any.
    """

    partitions: Partitions
    spans: dict[int, tuple[int, int, int]] = field(init=False, repr=False)
    first: FloatArray | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Count the rows of every partition."""
        spans, start, first_chunk, first = {}, 0, 0, None
        for number, (n_rows, head) in self.partitions.map(_count):
            if n_rows:
                spans[number] = (start, first_chunk, n_rows)
                first = head if first is None else first
            start, first_chunk = start + n_rows, first_chunk + -(-n_rows // CHUNK_ROWS)
        object.__setattr__(self, "spans", spans)
        object.__setattr__(self, "first", first)

    def release(self) -> None:
        """Let Spark forget what it keeps of them."""
        self.partitions.release()

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return sum(n_rows for *_, n_rows in self.spans.values())

    def collect(self, function: Callable[[int, Iterator[Rows]], Any]) -> list[Any]:
        """Give what a function says of every partition that has rows, in their order.

        Parameters
        ----------
        function : callable
            Of the index of the first chunk, and runs of chunks.
        """
        spans = self.spans

        def on_partition(number: int, blocks: Iterator[FloatArray]) -> Any:
            start, first_chunk, expected = spans.get(number, (0, 0, 0))
            n_seen = 0

            def runs() -> Iterator[Rows]:
                nonlocal n_seen
                for run in runs_of(blocks, NO_MARKS, start):
                    n_seen += run.n
                    yield run

            result = function(first_chunk, runs())
            refuse_other_number(n_seen, expected, f"partition {number}")
            return result

        return [result for number, result in self.partitions.map(on_partition) if number in spans]


def blocks(batches: Iterator[Any], n_features: int, dtype: np.dtype[Any]) -> Iterator[FloatArray]:
    """Give the rows of Arrow batches in blocks of whole chunks; the last has what is left."""
    return in_blocks(pieces(batches, dtype), block_rows(n_features), n_features, dtype)


def pieces(batches: Iterator[Any], dtype: np.dtype[Any]) -> Iterator[FloatArray]:
    """Give the rows of each Arrow batch."""
    kind = "float32" if dtype == np.float32 else "float64"
    for batch in batches:
        yield np.stack([column.cast(kind, safe=False).to_numpy(zero_copy_only=False) for column in batch.columns]).T


def _in_partitions(frame: Any, function: Callable[[int, Iterator[Any]], Any]) -> list[tuple[int, Any]]:
    """Give what a function says of the number and the Arrow batches of every partition of a frame."""

    def on_partition(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415  (on a worker)
        from pyspark import TaskContext  # noqa: PLC0415

        number = TaskContext.get().partitionId()
        result = pickle.dumps(function(number, batches))
        columns = [pa.array([number], pa.int64()), pa.array([result], pa.binary())]
        yield pa.RecordBatch.from_arrays(columns, names=["partition", "result"])

    rows = frame.mapInArrow(on_partition, "partition long, result binary").collect()
    return sorted(((row.partition, pickle.loads(row.result)) for row in rows), key=lambda pair: pair[0])  # noqa: S301  (ours)


def _unpacked(block: Any, n_features: int, dtype: np.dtype[Any]) -> FloatArray:
    """Give the rows of a block; what came in a message may lie at any byte, and engines want it aligned."""
    return np.require(np.frombuffer(block, dtype), requirements="A").reshape(-1, n_features)


def _count(number: int, blocks: Iterator[FloatArray]) -> tuple[int, FloatArray | None]:
    del number
    n_rows, head = 0, None
    for rows in blocks:
        head = rows[:1].copy() if head is None else head
        n_rows += len(rows)
    return n_rows, head
