"""Files that must stay what they were when they were opened, and that several processes read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from mixfold.errors import InputError
from mixfold.sources.abstract import CHUNK_ROWS, Part
from mixfold.typing import FloatArray

PART_CHUNKS = 32
"""Chunks that are sent to a worker together: a power of two, so that their sum is one node of the tree."""
FEWEST_CHUNKS = 4
"""As few as that, if one thread would otherwise have more to do than its share and the others wait for it, ..."""
LONGEST_SHARE = 1.03
"""... that many times its share."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file as it was: its size in bytes and when it was last written, in nanoseconds.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "rows.csv"
    >>> _ = path.write_text("a")
    >>> Stamp.of(path).refuse_change()
    """

    path: Path
    size: int
    written: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Look at the file.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        found = path.stat()
        return cls(path, found.st_size, found.st_mtime_ns)

    def refuse_change(self) -> None:
        """Refuse to go on if the file vanished or was written to: a pass over it must see what the last one saw.

        Raises
        ------
        InputError
            Naming the file.
        """
        try:
            now = Stamp.of(self.path)
        except FileNotFoundError as error:
            raise InputError(self._message("vanished")) from error
        if now != self:
            raise InputError(self._message("was written to"))

    def _message(self, what: str) -> str:
        return (
            f"{self.path} must stay as it is while it is used, but it {what} since it was opened. "
            "Put it back, or fit again."
        )


def parts_read(
    read: Callable[[int, int], FloatArray], n_rows: int, weights: FloatArray | None, n_threads: int = 1
) -> list[Part]:
    """Give runs of `PART_CHUNKS` chunks or less, each loaded by reading so many rows from a start on.

    Examples
    --------
    >>> [part.n_rows for part in parts_read(lambda start, n: ..., 300_000, None)]
    [262144, 37856]
    >>> [part.n_rows for part in parts_read(lambda start, n: ..., 300_000, None, n_threads=2)]
    [32768, 32768, 32768, 32768, 32768, 32768, 32768, 32768, 32768, 5088]
    """
    size = part_chunks(-(-n_rows // CHUNK_ROWS), n_threads) * CHUNK_ROWS
    parts = []
    for start in range(0, n_rows, size):
        n = min(size, n_rows - start)
        cut = None if weights is None else weights[start : start + n]
        parts.append(Part(start, n, start // CHUNK_ROWS, partial(read, start, n), cut))
    return parts


def part_chunks(n_chunks: int, n_threads: int) -> int:
    """Give how many chunks a part has, so that the threads have about as many each.

    Examples
    --------
    >>> part_chunks(19 * 32, n_threads=1), part_chunks(19 * 32, n_threads=2), part_chunks(3, n_threads=2)
    (32, 16, 4)
    """
    size = PART_CHUNKS
    while size > FEWEST_CHUNKS:
        longest = min(n_chunks, -(-n_chunks // (size * n_threads)) * size)
        if longest * n_threads <= LONGEST_SHARE * n_chunks:
            break
        size //= 2
    return size
