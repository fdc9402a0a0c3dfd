"""Files of text to checked UTF-8, a block at a time: compressed or not, in any encoding, however lines end."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, final

from mixfold.errors import InputError
from mixfold.tables.abstract import STANDARD_INPUT, called, unreadable

BLOCK_BYTES = 2**20
LOOKED_INTO = 2**24
"""Bytes of text after which the length of the rest is estimated."""
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks and what they say of the encoding; UTF-32's begin with those of UTF-16."""


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, or standard input, for its bytes; what is compressed by gzip, whatever its name, is inflated.

    Raises
    ------
    InputError
        If the compressed data are damaged.
    """
    if str(path) == STANDARD_INPUT:
        buffered: Any = io.BufferedReader(sys.stdin.buffer)  # itself, or what stands for it
        with inflated(path, buffered) as text:
            yield text
        buffered.detach()
        return
    with path.open("rb") as file, inflated(path, file) as text:
        yield text


@contextmanager
def inflated(path: Path, file: Any) -> Iterator[IO[bytes]]:
    """Give a file as it is, or what is compressed in it."""
    if file.peek(2)[:2] != b"\x1f\x8b":
        yield file
        return
    try:
        with gzip.GzipFile(fileobj=file) as text:
            yield text  # type: ignore[misc]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise unreadable(path, ".gz", error) from error


def estimated_bytes(path: Path) -> int:
    """Give about how many bytes of text a file holds: exactly up to `LOOKED_INTO`, or where it is not compressed.

    Raises
    ------
    InputError
        If compressed data are damaged.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "zeros.csv.gz"
    >>> _ = path.write_bytes(gzip.compress(bytes(100_000)))
    >>> path.stat().st_size < 1000, estimated_bytes(path)
    (True, 100000)
    """
    size, seen = path.stat().st_size, 0
    with path.open("rb") as file, inflated(path, file) as text:
        if text is file:
            return size
        while seen < LOOKED_INTO and (block := text.read(BLOCK_BYTES)):
            seen += len(block)
        return seen if seen < LOOKED_INTO else seen * size // max(file.tell(), 1)


def blocks_of(path: Path, encoding: str | None = None) -> Iterator[bytes]:
    r"""Yield the text as UTF-8 without a byte order mark, in blocks of whole lines that end in a line feed.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        By default what a byte order mark says, else UTF-8.

    Raises
    ------
    InputError
        If the bytes are no text in that encoding.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "names.csv"
    >>> _ = path.write_bytes("name\rJosé".encode("latin-1"))
    >>> b"".join(blocks_of(path, "latin-1")).decode()
    'name\nJosé'
    """
    with opened(path) as file:
        first = file.read(BLOCK_BYTES)
        known = encoding or _encoding_of(first)
        decoder = codecs.getincrementaldecoder(known)("strict")
        feeds = b"\n" in first  # else lines end in carriage returns, as on old machines
        lines_before, rest, block = 0, b"", first
        while True:
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeError as error:
                raise _undecodable(path, known, encoding, error, lines_before) from error
            if "\x00" in text:
                raise unreadable(path, "text", "it holds zero bytes, as binary files do")
            plain = block if known == "utf-8" and feeds else (text if feeds else text.replace("\r", "\n")).encode()
            whole = rest + plain
            lines_before += plain.count(b"\n")
            if not block:
                break
            end = whole.rfind(b"\n") + 1
            if end:
                yield whole[:end]
            rest, block = whole[end:], file.read(BLOCK_BYTES)
        if whole:
            yield whole


def _encoding_of(first: bytes) -> str:
    marked = next((name for mark, name in MARKS.items() if first.startswith(mark)), None)
    if marked is not None:
        return marked
    head = first[:4096]
    zeros = (head[::2].count(0), head[1::2].count(0))
    if max(zeros) > 0.4 * len(head) and min(zeros) == 0:  # text of few scripts in 16 bits, without a mark
        return "utf-16-be" if zeros[0] else "utf-16-le"
    return "utf-8"


def _undecodable(path: Path, known: str, asked: str | None, error: UnicodeError, lines_before: int) -> InputError:
    if not isinstance(error, UnicodeDecodeError):
        return unreadable(path, f"{known} text", error)
    content, at = bytes(error.object), error.start
    line = lines_before + content.count(b"\n", 0, at) + 1
    begin = content.rfind(b"\n", 0, at) + 1
    shown = content[begin : at + 20].split(b"\n")[0].decode("latin-1")[-60:]
    what = f"{called(path)} must be text in {known}, but line {line} holds the byte 0x{content[at]:02x}"
    if asked is not None:
        return InputError(f"{what}. Write the `--encoding` in which it was written, or leave that out.")
    return InputError(
        f"{what}. If that line should read {shown!r}, write `--encoding latin-1`; else the encoding in which it was "
        "written, or save it as UTF-8."
    )


@final
class Stream:
    """Blocks of bytes as a file that is read from, for pyarrow.

    Examples
    --------
    >>> stream = Stream(iter([b"abc", b"de"]))
    >>> stream.read(2), stream.read(9), stream.read(9)
    (b'ab', b'c', b'de')
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks, self.rest, self.closed = blocks, b"", False

    def read(self, n_bytes: int) -> bytes:
        """Give the next bytes, as many or fewer; none at the end."""
        if not self.rest:
            self.rest = next(self.blocks, b"")
        now, self.rest = self.rest[:n_bytes], self.rest[n_bytes:]
        return now

    def close(self) -> None:
        """Forget the blocks."""
        self.blocks, self.closed = iter(()), True

    def readable(self) -> bool:
        """Whether it can be read from."""
        return True

    def writable(self) -> bool:
        """Whether it can be written to."""
        return False

    def seekable(self) -> bool:
        """Whether it can go back."""
        return False


OTHERS = bytes(character for character in range(256) if character not in b'"\n')


def open_quote(block: bytes) -> int | None:
    r"""Give the number of the first line of a block that a quoted value does not end in, from 0; None if all do.

    Examples
    --------
    >>> open_quote(b'a,"b"\n1,2\n"3,4\n'), open_quote(b'a,"b"\n')
    (2, None)
    """
    if b'"' not in block:
        return None
    odd = block.translate(None, OTHERS).replace(b'""', b"")  # line feeds, and a quote where a line has an odd number
    at = odd.find(b'"')
    return None if at < 0 else odd.count(b"\n", 0, at)
