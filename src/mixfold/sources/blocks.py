"""Rows from anything that gives arrays, again and again: a reader of one's own, a loader of batches, shards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self, final

import numpy as np

from mixfold.errors import InputError, ShapeError
from mixfold.masks_and_times import refuse_masks_and_times
from mixfold.rows import NO_MARKS, Marks, Rows, Source, refuse_other_number
from mixfold.sources.chunking import as_type, block_rows, chunks_of, in_blocks, runs_of
from mixfold.typing import FloatArray


@final
@dataclass(frozen=True, slots=True)
class BlocksSource(Source):
    """A re-iterable of arrays (n, n_features), with any n each; it is walked over once to count the rows.

    Attributes
    ----------
    blocks : iterable of array-like
        Each ``iter(blocks)`` begins anew and gives the same rows in the same order, in the thread that asks.
    marks : Marks

    Raises
    ------
    InputError
        If `blocks` is an iterator, which can be walked over only once, or gives something else than real numbers.
    ShapeError
        If a block is not two-dimensional, or has other features than the first.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.sources import BlocksSource
    >>> source = BlocksSource([np.zeros((3, 2)), np.ones((5, 2))])
    >>> source.n_rows, [chunk.values.shape for chunk in source.chunks()]
    (8, [(8, 2)])
    """

    blocks: Iterable[Any]
    marks: Marks = NO_MARKS
    n_rows: int = field(init=False, repr=False)
    n_features: int = field(init=False, repr=False)
    first: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Count the rows."""
        if iter(self.blocks) is self.blocks:
            message = (
                "EM walks over the data many times, so X must give its arrays anew for each `iter(X)`, but this "
                f"{type(self.blocks).__name__} can be walked over once. Pass an object whose `__iter__` begins again."
            )
            raise InputError(message)
        n_rows, first = 0, None
        for block in self._pieces():
            first = block[:1] if first is None and len(block) else first
            n_rows += len(block)
        if first is None:
            message = "X must give at least one array with rows, got none. Check what it iterates over."
            raise InputError(message)
        for name, value in {"n_rows": n_rows, "n_features": first.shape[1], "first": first.copy()}.items():
            object.__setattr__(self, name, value)

    @property
    def feature_names(self) -> None:
        """Arrays have none."""

    def chunks(self) -> Iterator[Rows]:
        """Yield the rows in chunks, whatever the blocks were."""
        return chunks_of(self.runs())

    def runs(self) -> Iterator[Rows]:
        """Yield the rows in runs of one size."""
        size, seen = block_rows(self.n_features), 0
        for run in runs_of(in_blocks(self._pieces(), size, self.n_features, self.first.dtype), self.marks):
            seen = run.span.stop
            yield run
        refuse_other_number(seen, self.n_rows, f"another walk over this {type(self.blocks).__name__}")

    def with_marks(self, marks: Marks) -> Self:
        """Give the same blocks with marks."""
        return replace(self, marks=marks)

    def where(self, row: int) -> str:
        """Name the row."""
        return f"row {row}"

    def _pieces(self) -> Iterator[FloatArray]:
        n_features, dtype = None, None
        for number, block in enumerate(self.blocks):
            refuse_masks_and_times(block, f"Array number {number} of X")
            piece = np.asarray(block)
            if piece.ndim != 2 or piece.shape[1] == 0 or piece.shape[1] != (n_features or piece.shape[1]):
                expected = f"(n, {n_features})" if n_features else "(n, n_features)"
                message = f"Every array of X must have shape {expected}, but number {number} has {piece.shape}."
                raise ShapeError(message)
            if piece.dtype.kind not in "fiub":
                message = f"Every array of X must hold real numbers, but number {number} has dtype {piece.dtype}."
                raise InputError(message)
            n_features = piece.shape[1]
            dtype = dtype or np.dtype(np.float32 if piece.dtype == np.float32 else np.float64)
            yield as_type(piece, dtype)
