"""Parquet, Arrow and CSV files are chunks of one size, wherever files and row groups end."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet

from mixfold.errors import InputError
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import ArraySource, ArrowSource
from mixfold.typing import FloatArray
from tests.examples import blobs

N = 2 * CHUNK_ROWS + 300


@pytest.fixture(scope="module")
def rows() -> FloatArray:
    return blobs(N, 3, 3)[0]


def table_of(rows: FloatArray, kind: object = None) -> pa.Table:
    names = [chr(ord("a") + position) for position in range(rows.shape[1])]
    return pa.table({name: pa.array(column, type=kind) for name, column in zip(names, rows.T, strict=True)})


def write_parquet(table: pa.Table, path: Path) -> None:
    parquet.write_table(table, path, row_group_size=777)


def write_zipped(table: pa.Table, path: Path) -> None:
    with gzip.open(path, "wb") as file:
        csv.write_csv(table, file)


WRITERS = {
    ".parquet": write_parquet,
    ".arrow": lambda table, path: feather.write_feather(table, path, compression="uncompressed"),
    ".feather": lambda table, path: feather.write_feather(table, path, chunksize=1000),
    ".csv": csv.write_csv,
    ".csv.gz": write_zipped,
    ".tsv": lambda table, path: csv.write_csv(table, path, csv.WriteOptions(delimiter="\t")),
}


def write_parts(folder: Path, rows: FloatArray, suffix: str = ".parquet") -> None:
    """Write files of unequal sizes, one of them empty."""
    cuts = [0, 5000, 5000, 5123, len(rows)]
    for number, (first, last) in enumerate(pairwise(cuts)):
        WRITERS[suffix](table_of(rows[first:last]), folder / f"part-{number}{suffix}")


def assert_equal_chunks(source: ArrowSource, expected: ArraySource) -> None:
    for _ in range(2):
        for chunk, other in zip(source.chunks(), expected.chunks(), strict=True):
            assert chunk.start == other.start
            np.testing.assert_array_equal(chunk.values, other.values)
            np.testing.assert_array_equal(chunk.weights, other.weights)


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_a_folder_has_the_chunks_of_the_rows_in_memory(suffix: str, rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows, suffix)
    source = ArrowSource(tmp_path)
    assert (source.n_rows, source.n_features, source.feature_names) == (N, 3, ("a", "b", "c"))
    assert_equal_chunks(source, ArraySource(rows))
    np.testing.assert_array_equal(source.first, rows[:1])


def test_weights_go_with_their_rows(rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    weights = np.arange(N, dtype=float)
    assert_equal_chunks(ArrowSource(tmp_path).with_marks(Marks(weights)), ArraySource(rows, Marks(weights)))


def test_a_pattern_reads_the_files_that_it_names_in_the_order_of_their_names(rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    (tmp_path / "notes.txt").write_text("no table")
    assert_equal_chunks(ArrowSource(f"{tmp_path}/part-[!1].parquet"), ArraySource(rows))


def test_hidden_files_of_a_folder_are_left_out_and_folders_in_it_are_not(rows: FloatArray, tmp_path: Path) -> None:
    (tmp_path / "day=1").mkdir()
    write_parts(tmp_path / "day=1", rows)
    for name in (".part.parquet", "_metadata.parquet"):
        (tmp_path / name).write_text("broken")
    assert_equal_chunks(ArrowSource(tmp_path), ArraySource(rows))


def test_columns_are_chosen_by_name_and_order(rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    assert_equal_chunks(ArrowSource(tmp_path, ["c", "a"]), ArraySource(rows[:, [2, 0]]))


def test_columns_that_hold_no_numbers_are_left_out(tmp_path: Path) -> None:
    table = pa.table(
        {"name": ["u", "v"], "flag": [True, False], "size": [1, 2], "price": pa.array([1, 2], pa.decimal128(5, 2))}
    )
    parquet.write_table(table, tmp_path / "t.parquet")
    source = ArrowSource(tmp_path / "t.parquet")
    assert source.feature_names == ("size", "price")
    assert source.read(0, 2).tolist() == [[1.0, 1.0], [2.0, 2.0]]


def test_rows_are_single_only_where_every_column_of_every_file_is(tmp_path: Path) -> None:
    parquet.write_table(table_of(np.ones((3, 2)), pa.float32()), tmp_path / "a.parquet")
    assert ArrowSource(tmp_path).first.dtype == ArrowSource(tmp_path).dtype == np.float32
    parquet.write_table(table_of(np.ones((3, 2)), pa.int8()), tmp_path / "b.parquet")
    assert ArrowSource(tmp_path).first.dtype == ArrowSource(tmp_path).dtype == np.float64


def test_a_column_of_text_files_may_begin_with_whole_numbers(tmp_path: Path) -> None:
    lines = ["a"] + ["111111111111"] * 100_000 + ["0.5"]  # pyarrow decides on types after the first megabyte
    (tmp_path / "t.csv").write_text("\n".join(lines))
    source = ArrowSource(tmp_path / "t.csv")
    assert source.n_rows == 100_001
    assert source.read(100_000, 1).tolist() == [[0.5]]


@pytest.mark.parametrize("span", [(0, 10), (5100, 50), (CHUNK_ROWS - 1, CHUNK_ROWS), (N - 1, 1)])
def test_any_run_of_rows_can_be_read(span: tuple[int, int], rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    start, n_rows = span
    np.testing.assert_array_equal(ArrowSource(tmp_path).read(start, n_rows), rows[start : start + n_rows])


def test_parts_hold_all_rows_once(rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    parts = ArrowSource(tmp_path).parts()
    np.testing.assert_array_equal(np.concatenate([part.load() for part in parts]), rows)


def test_a_row_is_found_in_its_file_and_row_group(rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    source = ArrowSource(tmp_path)
    assert source.where(5000 + 17) == f"row 17 (row group 0) of {tmp_path / 'part-2.parquet'}"
    assert source.where(5123 + 777) == f"row 777 (row group 1) of {tmp_path / 'part-3.parquet'}"


def test_a_column_that_one_file_lacks_is_named_with_the_file(rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    parquet.write_table(table_of(rows[:5]).drop_columns("b"), tmp_path / "part-2.parquet")
    with pytest.raises(InputError, match=r"the columns of .*part-0.parquet, but .*part-2.parquet lacks 'b'"):
        ArrowSource(tmp_path)


def test_a_column_that_is_text_in_one_file_is_named_with_the_file(rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    parquet.write_table(pa.table({"a": [1.0], "b": ["x"], "c": [1.0]}), tmp_path / "part-2.parquet")
    with pytest.raises(InputError, match=r"part-2.parquet: Column 'b' must hold numbers, but holds 'x' in row 1"):
        ArrowSource(tmp_path)


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".csv.gz"])
def test_a_truncated_file_is_named(suffix: str, rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows, suffix)
    path = tmp_path / f"part-3{suffix}"
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match=rf"part-3{suffix} must be a complete {suffix.removeprefix('.csv')} file"):
        list(ArrowSource(tmp_path).chunks())


def test_damage_within_a_file_is_named_when_it_is_read(rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    path = tmp_path / "part-3.parquet"
    content = bytearray(path.read_bytes())
    content[100:9000] = bytes(8900)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"part-3.parquet must be a complete .parquet file"):
        list(ArrowSource(tmp_path).chunks())


def test_text_among_the_numbers_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n" + "111111111111\n" * 100_000 + "x\n")
    with pytest.raises(InputError, match=r"t.csv: Column 'a' must hold numbers, but holds 'x' in row 100001"):
        list(ArrowSource(tmp_path / "t.csv").chunks())


@pytest.mark.parametrize("change", ["vanished", "was written to"])
def test_a_file_that_changes_between_passes_is_named(change: str, rows: FloatArray, tmp_path: Path) -> None:
    write_parts(tmp_path, rows)
    source, path = ArrowSource(tmp_path), tmp_path / "part-2.parquet"
    list(source.chunks())
    path.unlink()
    if change == "was written to":
        parquet.write_table(table_of(rows[:123]), path)
    with pytest.raises(InputError, match=rf"part-2.parquet must stay as it is .* it {change}"):
        list(source.chunks())


def test_a_place_without_tables_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="folder .* but has none"):
        ArrowSource(tmp_path)
    with pytest.raises(FileNotFoundError, match="no file or folder .*nowhere"):
        ArrowSource(tmp_path / "nowhere-*.parquet")
    (tmp_path / "t.doc").write_text("1")
    with pytest.raises(InputError, match="must end in one of .parquet, .*got 't.doc'"):
        ArrowSource(tmp_path / "t.doc")
