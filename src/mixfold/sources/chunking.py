"""Blocks of any size to chunks of one size, read ahead by a thread."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import numpy as np

from mixfold.rows import CHUNK_ROWS, Marks, Rows
from mixfold.typing import Array, FloatArray

Item = TypeVar("Item")

BLOCK_BYTES = 2**23
"""Bytes that are read at once: enough to make the cost of a call small, few enough to stay in reach of the caches."""
AHEAD = 3
"""Blocks that are read before they are asked for."""
END: Final = object()
HAS_THREADS = sys.platform not in {"emscripten", "wasi"}
"""Python in a browser has none."""


def block_rows(n_features: int, itemsize: int = 8) -> int:
    """Give how many rows to read at once: whole chunks of about `BLOCK_BYTES`.

    Examples
    --------
    >>> block_rows(16)
    65536
    """
    return CHUNK_ROWS * max(1, BLOCK_BYTES // (CHUNK_ROWS * n_features * itemsize))


def prefetched(items: Iterable[Item], ahead: int = AHEAD) -> Iterator[Item]:
    """Yield items while one thread makes the next ones, at most `ahead` of them; without threads one by one.

    Examples
    --------
    >>> list(prefetched(iter("abc")))
    ['a', 'b', 'c']
    """
    if not HAS_THREADS:
        yield from items
        return
    iterator = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="mixfold-reader") as reader:
        under_way = deque(reader.submit(next, iterator, END) for _ in range(ahead))
        try:
            while (item := under_way.popleft().result()) is not END:
                under_way.append(reader.submit(next, iterator, END))
                yield item  # type: ignore[misc]  # END is no item
        finally:
            for future in under_way:
                future.cancel()


def in_blocks(
    pieces: Iterable[np.ndarray[Any, Any]], n_rows: int, n_features: int, dtype: np.dtype[Any]
) -> Iterator[FloatArray]:
    """Copy pieces (n, n_features) of any n into blocks of `n_rows` rows; the last may have fewer."""
    block, filled = np.empty((n_rows, n_features), dtype), 0
    for piece in pieces:
        at = 0
        while at < len(piece):
            n = min(n_rows - filled, len(piece) - at)
            block[filled : filled + n] = piece[at : at + n]
            at, filled = at + n, filled + n
            if filled == n_rows:
                yield block
                block, filled = np.empty((n_rows, n_features), dtype), 0
    if filled:
        yield block[:filled]


def as_type(values: Any, dtype: np.dtype[Any]) -> FloatArray:
    """Give values in a type of the machine's own byte order, without a copy where they have it.

    What HDF5 gives says its order even where it is the machine's, and kernels would take it for another type.
    """
    return np.asarray(values, dtype=dtype).view(dtype)


def runs_of(blocks: Iterable[Array], marks: Marks, start: int = 0) -> Iterator[Rows]:
    """Make blocks runs of chunks; all blocks but the last have a multiple of `CHUNK_ROWS` rows.

    Parameters
    ----------
    blocks : iterable of array of shape (n, n_features)
    marks : Marks
        Of all rows of the source.
    start : int
        Index of the first row in the source.
    """
    for block in blocks:
        span = slice(start, start + int(block.shape[0]))
        yield Rows(block, marks.cut(span), start)
        start = span.stop


def chunks_of(runs: Iterable[Rows]) -> Iterator[Rows]:
    """Cut runs into chunks."""
    for run in runs:
        yield from run.chunks()


def batches_of(runs: Iterable[Rows], n_rows: int) -> Iterator[Rows]:
    """Join consecutive chunks, whole ones of at least `n_rows` together.

    Examples
    --------
    >>> [rows.n for rows in batches_of([Rows(np.zeros((20_000, 1)))], 10_000)]
    [16384, 3616]
    """
    pending: list[Rows] = []
    for chunk in chunks_of(runs):
        pending.append(chunk)
        if sum(one.n for one in pending) >= n_rows:
            yield Rows.join(pending)
            pending = []
    if pending:
        yield Rows.join(pending)
