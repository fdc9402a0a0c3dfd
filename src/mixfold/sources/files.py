"""Files that must stay what they were when they were opened, and that several processes read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Self

from mixfold.errors import InputError
from mixfold.sources.abstract import CHUNK_ROWS, Part
from mixfold.typing import FloatArray

PART_BYTES = 1 << 26
"""Rows that are sent to a worker together: few tasks cost little, and memory must hold them."""


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
    read: Callable[[int, int], FloatArray],
    shape: tuple[int, int],
    weights: FloatArray | None,
    n_threads: int = 1,
) -> list[Part]:
    """Give runs of chunks, as many for each thread and about as long, loaded by reading so many rows from a start on.

    Examples
    --------
    >>> [part.n_rows for part in parts_read(lambda start, n: ..., (300_000, 64), None)]
    [106496, 98304, 95200]
    >>> [part.n_rows for part in parts_read(lambda start, n: ..., (300_000, 2), None, n_threads=2)]
    [155648, 144352]
    """
    n_rows, n_features = shape
    n_chunks = -(-n_rows // CHUNK_ROWS)
    longest = max(1, PART_BYTES // (8 * CHUNK_ROWS * n_features))
    n_parts = min(n_threads * -(-n_chunks // (n_threads * longest)), n_chunks)
    bounds = [-(-number * n_chunks // n_parts) for number in range(n_parts + 1)]
    parts = []
    for first, end in pairwise(bounds):
        start, stop = first * CHUNK_ROWS, min(end * CHUNK_ROWS, n_rows)
        cut = None if weights is None else weights[start:stop]
        parts.append(Part(start, stop - start, first, partial(read, start, stop - start), cut))
    return parts
