"""Tables survive a round trip in every format, and broken files are refused by a sentence."""

import gzip
from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.tables import TABLE_FORMATS, format_of, read_table, write_table

NUMBERS = pa.table({"x0": [0.1, -2.5e-300, 1 / 3], "x1": [1.0, 2.0, 3.0]})
MIXED = NUMBERS.append_column("kind", pa.array(["plain", 'quote " and, comma', "ünïcode"]))
NO_XLSX = pytest.mark.skipif(find_spec("openpyxl") is None, reason="needs the extra `xlsx`")
SUFFIXES = [
    pytest.param(format_.suffix, marks=NO_XLSX) if format_.suffix == ".xlsx" else format_.suffix
    for format_ in TABLE_FORMATS
]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_numbers_survive_a_round_trip_bit_for_bit(tmp_path, suffix):
    write_table(tmp_path / f"t{suffix}", NUMBERS)
    assert read_table(tmp_path / f"t{suffix}").equals(NUMBERS.cast(read_table(tmp_path / f"t{suffix}").schema))
    assert read_table(tmp_path / f"t{suffix}").to_pydict() == NUMBERS.to_pydict()


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix != ".npy"])
def test_text_survives_a_round_trip(tmp_path, suffix):
    write_table(tmp_path / f"t{suffix}", MIXED)
    assert read_table(tmp_path / f"t{suffix}").to_pydict() == MIXED.to_pydict()


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather", ".npy", ".csv.gz"])
def test_a_truncated_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    write_table(path, NUMBERS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=rf"must be a complete {suffix[-3:] if suffix == '.csv.gz' else suffix} file"):
        read_table(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"\xff\xd8\x00\x01"], ids=["empty", "foreign"])
def test_an_empty_or_foreign_file_is_refused(tmp_path, suffix, content):
    path = tmp_path / f"t{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"must be (a complete|text in utf-8)|there is no line in it; write"):
        read_table(path)


def test_a_column_that_turns_from_whole_numbers_to_fractions_late_is_read(tmp_path):
    path = tmp_path / "late.csv"
    path.write_text("a\n" + "0000007\n" * 200_000 + "0.5\n")
    assert read_table(path).column("a")[-1].as_py() == 0.5


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert read_table(path).column_names == ["a", "b"]


def test_names_in_quotes_survive_a_round_trip(tmp_path):
    table = pa.table({'length, "cm"': [1.5], "": [2.5]})
    write_table(tmp_path / "t.csv", table)
    assert read_table(tmp_path / "t.csv").to_pydict() == table.to_pydict()


def test_the_same_table_compresses_to_the_same_bytes(tmp_path):
    for name in ("a.csv.gz", "b.csv.gz"):
        write_table(tmp_path / name, NUMBERS)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()).startswith(b"x0,x1\n")


def test_a_folder_named_like_a_partition_adds_no_column(tmp_path):
    folder = tmp_path / "year=2020"
    folder.mkdir()
    write_table(folder / "t.parquet", NUMBERS)
    assert read_table(folder / "t.parquet").column_names == ["x0", "x1"]


@pytest.mark.parametrize(
    "array", [np.ones(3, dtype=complex), np.ones((2, 2, 2)), np.array(["a"]), np.array(1.0)], ids=lambda a: str(a.dtype)
)
def test_npy_files_of_anything_but_a_real_matrix_are_refused(tmp_path, array):
    np.save(tmp_path / "t.npy", array)
    with pytest.raises(InputError, match="must hold real numbers of shape"):
        read_table(tmp_path / "t.npy")


def test_npy_files_never_run_code(tmp_path):
    np.save(tmp_path / "t.npy", np.array([object()], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"must be a complete \.npy file"):
        read_table(tmp_path / "t.npy")


def test_text_cannot_be_written_as_npy_and_leaves_no_file(tmp_path):
    with pytest.raises(InputError, match="'kind' holds none"):
        write_table(tmp_path / "t.npy", MIXED)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileNotFoundError, match="is a folder"):
        read_table(tmp_path / "folder.csv")


def test_suffixes_in_upper_case_count_and_unknown_ones_are_listed():
    assert format_of("DATA.CSV").suffix == ".csv"
    with pytest.raises(InputError, match=r"\.csv, \.csv\.gz, .* got 'data\.xls'"):
        format_of("data.xls")
