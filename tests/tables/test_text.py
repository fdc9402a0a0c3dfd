"""Text comes as UTF-8 in whole lines, whatever its encoding; what is no text is refused with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mixfold.errors import InputError
from mixfold.tables.text import BLOCK_BYTES, blocks_of, estimated_bytes, open_quote

TEXT = "name,größe\nÅsa,1\nZoë,2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_with_a_mark_or_of_sixteen_bits_are_found(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(TEXT.encode(encoding))
    assert b"".join(blocks_of(tmp_path / "t.csv")).decode() == TEXT


def test_another_encoding_is_refused_with_its_line_and_read_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.replace("größe", "size").encode("latin-1"))
    with pytest.raises(InputError, match="must be text in utf-8, but line 2 holds the byte 0xc5.*'Åsa,1'.*latin-1"):
        list(blocks_of(path))
    assert "Åsa" in b"".join(blocks_of(path, "latin-1")).decode()
    with pytest.raises(InputError, match="must be text in ascii, but line 2 .* Write the `--encoding` in which"):
        list(blocks_of(path, "ascii"))


def test_a_wrong_byte_far_below_is_found_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"0123456789\n" * 300_000 + b"Z\xfcrich\n")
    with pytest.raises(InputError, match="line 300001 holds the byte 0xfc"):
        list(blocks_of(path))


def test_blocks_end_where_lines_do_and_letters_are_not_cut(tmp_path: Path) -> None:
    text = "größe\n" * 400_000
    (tmp_path / "t.csv").write_text(text)
    blocks = list(blocks_of(tmp_path / "t.csv"))
    assert len(blocks) == 1 + len(text.encode()) // BLOCK_BYTES
    assert all(block.endswith(b"\n") for block in blocks)
    assert b"".join(blocks).decode() == text


def test_lines_may_end_in_carriage_returns_alone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a\r1\r2")
    assert b"".join(blocks_of(tmp_path / "t.csv")) == b"a\n1\n2"


def test_compressed_text_is_inflated_whatever_its_name_and_damage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert b"".join(blocks_of(path)).decode() == TEXT
    path.write_bytes(gzip.compress(TEXT.encode())[:-9])
    with pytest.raises(InputError, match=r"must be a complete \.gz file"):
        list(blocks_of(path))


def test_zero_bytes_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,\x00\n")
    with pytest.raises(InputError, match="it holds zero bytes, as binary files do"):
        list(blocks_of(tmp_path / "t.csv"))


def test_a_length_is_estimated_without_reading_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"0.5\n" * 2**22, compresslevel=1))
    assert estimated_bytes(path) == 2**24
    monkeypatch.setattr("mixfold.tables.text.LOOKED_INTO", 2**20)
    path.write_bytes(path.read_bytes()[:-100])  # cut off at its end, which is not looked at
    assert 0.2 < estimated_bytes(path) / 2**24 < 5.0
    path.write_bytes(bytes(1000))
    assert estimated_bytes(path) == 1000


def test_quotes_that_are_open_at_the_end_of_a_line_are_found() -> None:
    assert open_quote(b'a,"b ""c"""\n1,2\n') is None
    assert open_quote(b'a,"b"\n1,"2\n3,4"\n') == 1
