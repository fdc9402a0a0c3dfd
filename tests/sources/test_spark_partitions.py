"""Blocks of rows in Spark's partitions, as columns and as bytes; what is done with Arrow batches needs no Spark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.rows import CHUNK_ROWS
from mixfold.sources.spark_partitions import Columns, CountedPartitions, blocks, pieces

pytestmark = pytest.mark.filterwarnings("ignore")  # Spark's own
EACH = CHUNK_ROWS + 3
ROWS = np.delete(np.arange(4 * EACH), np.s_[EACH : 2 * EACH])[:, None] * [1.0, 2.0]
N = len(ROWS)


def batch(rows: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(column) for column in np.asarray(rows).T], names=["a", "b"])


def everything(number: int, found: Iterator[Any]) -> Any:
    return number, np.concatenate([np.empty((0, 2)), *found])


def test_a_batch_gives_rows_of_the_type_that_is_asked_for() -> None:
    (rows,) = pieces(iter([batch([[1, 2], [3, 4]])]), np.dtype(np.float32))
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, [[1.0, 2.0], [3.0, 4.0]])


def test_a_null_is_no_number() -> None:
    holes = pa.RecordBatch.from_arrays([pa.array([1, None]), pa.array([2.5, 3.5])], names=["a", "b"])
    (rows,) = pieces(iter([holes]), np.dtype(np.float64))
    np.testing.assert_array_equal(rows, [[1.0, 2.5], [np.nan, 3.5]])


def test_batches_of_any_length_become_blocks_of_whole_chunks() -> None:
    cut = [batch(ROWS[first : first + 1000]) for first in range(0, N, 1000)]
    found = list(blocks(iter(cut), 2, np.dtype(np.float64)))
    np.testing.assert_array_equal(np.concatenate(found), ROWS)
    assert all(len(block) % CHUNK_ROWS == 0 for block in found[:-1])


@pytest.fixture(scope="module")
def columns(spark: Any) -> Columns:
    """Four partitions, of which the second has no rows, which Spark does not know before it looks."""

    def without_the_second(batches: Iterator[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        if TaskContext.get().partitionId() != 1:
            yield from batches

    frame = spark.range(0, 4 * EACH, 1, 4).selectExpr("double(id) AS a", "2.0D * id AS b")
    return Columns(frame.mapInArrow(without_the_second, "a double, b double"), 2, np.dtype(np.float64))


@pytest.fixture(params=["columns", "rdd", "frame"])
def partitions(columns: Columns, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The same rows in each of the three forms."""
    if request.param == "frame":
        monkeypatch.setattr(Columns, "is_remote", True)  # as where the session is one of Spark Connect
    form = columns if request.param == "columns" else columns.packed()
    yield form
    form.release()


def test_every_form_has_the_same_rows_in_the_order_of_its_partitions(partitions: Any) -> None:
    found = partitions.map(everything)
    assert [number for number, _ in found] == [number for _, (number, _) in found] == [0, 1, 2, 3]
    np.testing.assert_array_equal(np.concatenate([rows for _, (_, rows) in found]), ROWS)


def test_partitions_know_which_rows_and_chunks_of_the_whole_they_have(partitions: Any) -> None:
    counted = CountedPartitions(partitions)
    assert counted.spans == {0: (0, 0, EACH), 2: (EACH, 2, EACH), 3: (2 * EACH, 4, EACH)}
    assert counted.n_rows == N
    np.testing.assert_array_equal(counted.first, ROWS[:1])


def test_partitions_without_rows_are_not_asked_for_results(partitions: Any) -> None:
    def told(first_chunk: int, runs: Iterator[Any]) -> Any:
        return first_chunk, [(run.start, run.n) for run in runs]

    found = CountedPartitions(partitions).collect(told)
    assert [first_chunk for first_chunk, _ in found] == [0, 2, 4]
    assert [sum(n for _, n in runs) for _, runs in found] == [EACH, EACH, EACH]
    assert [runs[0][0] for _, runs in found] == [0, EACH, 2 * EACH]


def test_rows_that_come_and_go_between_passes_are_noticed(columns: Columns) -> None:
    counted = CountedPartitions(columns)
    counted.spans[2] = (EACH, 2, EACH - 1)
    with pytest.raises(Exception, match="partition 2") as caught:
        counted.collect(lambda _, runs: sum(run.n for run in runs))
    assert InputError.__name__ in str(caught.value) or isinstance(caught.value, InputError)


def test_no_rows_have_no_first(columns: Columns) -> None:
    counted = CountedPartitions(Columns(columns.frame.where("a IS NULL"), 2, columns.dtype))
    assert (counted.first, counted.n_rows, counted.collect(everything)) == (None, 0, [])
