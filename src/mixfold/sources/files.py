"""Files that must stay what they were when they were opened, and that several processes read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Self
from zlib import crc32

import numpy as np

from mixfold.errors import InputError
from mixfold.rows import CHUNK_ROWS, Marks, Part
from mixfold.typing import FloatArray

PART_BYTES = 1 << 26
"""Rows that are sent to a worker together: few tasks cost little, and memory must hold them."""
LANES = 4096
"""Words that are combined with those so many further on: their sums stay in the first cache."""
TURNS = 4
"""Passes after which every number was compared; one compares a share, at about a hundredth of the cost of its fold."""


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


@dataclass(slots=True)
class Passes:
    """What passes over a source have seen, so that a later one does not go on with other rows.

    A file can change without a change of its size and of the time that it was written. Of each block the words are
    combined by exclusive or in `LANES` lanes, at the speed of memory. The first pass remembers all of a block, and each
    later one compares another of `TURNS` shares of it: other rows are noticed at once, one other number after `TURNS`
    passes at the latest. Not noticed are rows that change places at a distance of a multiple of `LANES` words.

    Examples
    --------
    >>> passes = Passes()
    >>> sum(len(block) for block in passes.checked([np.zeros((3, 2))], lambda row: f"row {row} of rows.npy"))
    3
    >>> next(passes.checked([np.ones((3, 2))], lambda row: f"row {row} of rows.npy"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: The rows must stay as they are while they are used, but those from row 0 of rows.npy ...
    """

    _seen: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    _n_passes: int = 0

    def checked(self, blocks: Iterable[FloatArray], where: Callable[[int], str]) -> Iterator[FloatArray]:
        """Yield consecutive blocks from row 0 on, as they were when they were first seen.

        Raises
        ------
        InputError
            Naming the first row of a block that is another one.
        """
        start, turn = 0, self._n_passes % TURNS
        self._n_passes += 1
        for block in blocks:
            then = self._seen.get((start, len(block)))
            if then is None:
                self._seen[start, len(block)] = [_digest(block, each) for each in range(TURNS)]
            elif then[turn] != _digest(block, turn):
                message = (
                    f"The rows must stay as they are while they are used, but those from {where(start)} on changed "
                    "between two passes. Put them back, or fit again."
                )
                raise InputError(message)
            yield block
            start += len(block)


def _digest(block: FloatArray, turn: int) -> int:
    words = np.ascontiguousarray(block).reshape(-1).view(f"u{block.itemsize}")
    whole = len(words) - len(words) % LANES
    lanes = np.bitwise_xor.reduce(words[:whole].reshape(-1, LANES)[turn::TURNS], axis=0)
    lanes[: len(words) - whole] ^= words[whole:]
    return crc32(lanes)


def parts_read(
    read: Callable[[int, int], FloatArray],
    shape: tuple[int, int],
    marks: Marks,
    n_threads: int = 1,
) -> list[Part]:
    """Give runs of chunks, as many for each thread and about as long, loaded by reading so many rows from a start on.

    Examples
    --------
    >>> from mixfold.rows import NO_MARKS
    >>> [part.n_rows for part in parts_read(lambda start, n: ..., (300_000, 64), NO_MARKS)]
    [106496, 98304, 95200]
    >>> [part.n_rows for part in parts_read(lambda start, n: ..., (300_000, 2), NO_MARKS, n_threads=2)]
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
        load = partial(read, start, stop - start)
        parts.append(Part(start, stop - start, first, load, marks.cut(slice(start, stop))))
    return parts
