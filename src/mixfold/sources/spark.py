"""Rows in Spark data frames, which stay in Spark's partitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn, final

import numpy as np

from mixfold.errors import InputError
from mixfold.rows import NO_MARKS, Marks, PartitionedSource, Rows
from mixfold.sources.answer import Answer
from mixfold.sources.chunking import chunks_of
from mixfold.sources.spark_partitions import Columns, CountedPartitions, pieces
from mixfold.typing import FloatArray
from mixfold.validation import refuse_other_features

BATCH_BYTES = 1 << 30
"""Of the rows that an Arrow batch may have; 2 GiB is the format's own limit."""
NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")


def is_spark(X: object) -> bool:
    """Whether `X` is a Spark data frame, without importing Spark."""
    return type(X).__module__.startswith("pyspark.sql.") and hasattr(X, "mapInArrow")


@final
@dataclass(frozen=True, slots=True)
class SparkSource(PartitionedSource):
    """The columns of numbers of a Spark data frame, read as Arrow batches by Spark's Python workers.

    Chunks are cut within each partition. Where every partition but the last has a multiple of `CHUNK_ROWS` rows, they
    are those of the rows in memory, and a fit has the same bits. The frame is read several times: it must have an order
    that does not change from one reading to the next.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
    columns : sequence of str, optional
        The features; by default every column of numbers.

    Raises
    ------
    InputError
        If it has no columns of numbers, or no rows.
    """

    frame: Any
    columns: Sequence[str] | None = None
    place: ClassVar[str] = "spark"
    feature_names: tuple[str, ...] = field(init=False, repr=False)
    dtype: np.dtype[Any] = field(init=False, repr=False)
    first: FloatArray = field(init=False, repr=False)
    _columns: Columns = field(init=False, repr=False)
    _counted: CountedPartitions = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look at the columns, and count the rows of every partition."""
        names, dtype = _checked(self.frame, self.columns)
        columns = Columns(self.frame.select(*names), len(names), dtype)
        counted = CountedPartitions(columns)
        if counted.first is None:
            message = "X must have rows, got none. Check what the data frame reads."
            raise InputError(message)
        found = {"feature_names": names, "dtype": dtype, "first": counted.first}
        for name, value in {**found, "_columns": columns, "_counted": counted}.items():
            object.__setattr__(self, name, value)

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return self._counted.n_rows

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return len(self.feature_names)

    def collect(self, function: Callable[[int, Iterator[Rows]], Any]) -> list[Any]:
        """Apply a function to every partition where it lies, as `CountedPartitions.collect`."""
        return self._counted.collect(function)

    def kept(self) -> CountedPartitions:
        """Give the same rows, kept by Spark in a form that it hands over as it is, until they are released.

        Spark Connect hands a partition over as one Arrow batch, which has a limit: larger ones are read anew each time.
        """
        largest = max(n_rows for *_, n_rows in self._counted.spans.values()) * self.n_features * self.dtype.itemsize
        if self._columns.is_remote and largest > BATCH_BYTES:
            return self._counted
        packed = self._columns.packed()
        try:
            return CountedPartitions(packed)
        except BaseException:  # nobody else knows of what Spark keeps already
            packed.release()
            raise

    def chunks(self) -> Iterator[Rows]:
        """Bring the rows here, all at once."""
        return chunks_of(self.runs())

    def runs(self) -> Iterator[Rows]:
        """Bring the rows here, all at once."""
        for runs in self.collect(_all):
            yield from runs

    @property
    def marks(self) -> Marks:
        """None."""
        return NO_MARKS

    def with_marks(self, marks: Marks) -> NoReturn:
        """Refuse marks, which are in this process while the rows are not.

        Raises
        ------
        InputError
            Always.
        """
        del marks
        message = "`sample_weight` cannot go with a Spark data frame. Write the frame to Parquet, and fit the files."
        raise InputError(message)

    def where(self, row: int) -> str:
        """Name the row and its partition."""
        for partition, (start, _, n_rows) in self._counted.spans.items():
            if start <= row < start + n_rows:
                return f"row {row - start} of partition {partition}"
        return f"row {row}"


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
            (rows,) = pieces(iter([batch.select(list(names))]), dtype)
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


def _all(first_chunk: int, runs: Iterator[Rows]) -> list[Rows]:
    del first_chunk
    return list(runs)
