"""A Spark data frame as a source: which columns it has, which rows, and where they lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold.errors import InputError
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import Answer, SparkSource
from mixfold.sources import spark as module
from mixfold.sources.spark import is_spark, mapped

pytestmark = pytest.mark.filterwarnings("ignore")  # Spark's own
N = 2 * CHUNK_ROWS + 6
ROWS = np.arange(N)[:, None] * [1.0, 2.0]


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    """Two partitions, each of a chunk and three rows."""
    return spark.range(0, N, 1, 2).selectExpr("double(id) AS a", "2.0D * id AS b", "'x' AS note")


def test_what_is_no_data_frame_of_spark_is_known_without_it() -> None:
    assert not is_spark(ROWS)
    assert not is_spark(None)


def test_the_columns_of_numbers_are_the_features(frame: Any) -> None:
    source = SparkSource(frame)
    assert is_spark(frame)
    assert (source.feature_names, source.n_features, source.dtype) == (("a", "b"), 2, np.float64)
    assert SparkSource(frame, ["b"]).feature_names == ("b",)


def test_columns_of_single_precision_alone_make_rows_of_it(frame: Any) -> None:
    single = frame.selectExpr("float(a) AS a", "b")
    assert SparkSource(single, ["a"]).dtype == np.float32
    assert SparkSource(single).dtype == np.float64


def test_rows_come_in_the_order_of_the_partitions(frame: Any) -> None:
    source = SparkSource(frame)
    np.testing.assert_array_equal(np.concatenate([run.values for run in source.runs()]), ROWS)
    np.testing.assert_array_equal(source.first, ROWS[:1])


def test_chunks_are_cut_within_each_partition(frame: Any) -> None:
    chunks = [(chunk.start, chunk.n) for chunk in SparkSource(frame).chunks()]
    half = CHUNK_ROWS + 3
    assert chunks == [(0, CHUNK_ROWS), (CHUNK_ROWS, 3), (half, CHUNK_ROWS), (half + CHUNK_ROWS, 3)]


def test_a_row_is_named_by_its_partition(frame: Any) -> None:
    source = SparkSource(frame)
    assert source.where(CHUNK_ROWS + 2) == f"row {CHUNK_ROWS + 2} of partition 0"
    assert source.where(CHUNK_ROWS + 3) == "row 0 of partition 1"
    assert source.where(N) == f"row {N}"


def test_spark_keeps_the_same_rows_until_they_are_released(frame: Any) -> None:
    kept = SparkSource(frame).kept()
    found = kept.collect(lambda _, runs: np.concatenate([run.values for run in runs]))
    np.testing.assert_array_equal(np.concatenate(found), ROWS)
    assert kept.partitions.rdd.is_cached
    kept.release()
    assert not kept.partitions.rdd.is_cached


def test_rows_of_a_frame_at_hand_are_kept_however_large_they_are(frame: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_BYTES", 0)  # the limit of Spark Connect alone
    source = SparkSource(frame)
    kept = source.kept()
    assert kept is not source._counted
    kept.release()


def test_a_frame_without_rows_or_numbers_is_refused(frame: Any) -> None:
    with pytest.raises(InputError, match="X must have rows, got none"):
        SparkSource(frame.where("a IS NULL"))
    with pytest.raises(InputError, match="must have columns of numbers"):
        SparkSource(frame.select("note"))


def test_marks_are_refused(frame: Any) -> None:
    with pytest.raises(InputError, match="Write the frame to Parquet"):
        SparkSource(frame).with_marks(Marks(np.ones(N)))


@pytest.mark.parametrize(("width", "is_label"), [(None, True), (None, False), (2, False)])
def test_answers_are_a_column_more(frame: Any, width: int | None, is_label: bool) -> None:
    def function(values: Any) -> Any:
        return (values[:, 0] > 9).astype(np.int64) if is_label else values[:, 0] if width is None else values * 2.0

    said = mapped(frame, None, Answer(function, "said", width, is_label), 2)
    assert said.columns == ["a", "b", "note", "said"]
    np.testing.assert_array_equal([row.said for row in said.collect()], function(ROWS))


def test_answers_about_other_features_are_refused(frame: Any) -> None:
    with pytest.raises(InputError, match="must have no column 'note'"):
        mapped(frame, None, Answer(len, "note"), 2)
    with pytest.raises(ValueError, match="features"):
        mapped(frame, None, Answer(len, "said"), 3)
