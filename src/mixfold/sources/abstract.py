"""The contract of a source: rows, in chunks whose boundaries never change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, Self

from mixfold.errors import InputError
from mixfold.typing import Array

CHUNK_ROWS = 8192
"""Rows of a chunk, whatever the source, the engine and the number of threads: the bits of a fit depend on it.

Only tensors on an accelerator are cut into larger ones, by `ArraySource`.
"""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of a source: one chunk, or a run of several.

    Attributes
    ----------
    rows : array of shape (n, n_features)
    weights : array of shape (n,) or None
        None stands for ones.
    start : int
        Index of the first row in the source.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.sources import Chunk
    >>> run = Chunk(np.zeros((5, 2)), None, start=10)
    >>> [piece.span for piece in run.chunks(3)]
    [slice(10, 13, None), slice(13, 15, None)]
    """

    rows: Array
    weights: Array | None
    start: int

    @property
    def span(self) -> slice:
        """Where the rows lie in an array with one entry for each row of the source."""
        return slice(self.start, self.start + int(self.rows.shape[0]))

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Cut the rows, without a copy, into runs of `n_rows`; the last may have fewer."""
        for at in range(0, int(self.rows.shape[0]), n_rows):
            cut = slice(at, at + n_rows)
            yield Chunk(self.rows[cut], None if self.weights is None else self.weights[cut], self.start + at)


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive chunks that another process can get hold of.

    Attributes
    ----------
    start : int
        Index of the first row in the source.
    n_rows : int
    first_chunk : int
        Index of the first chunk in the source.
    load : callable or Dask delayed
        What gives the rows (n_rows, n_features), wherever it is called.
    weights : array of shape (n_rows,) or None

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.sources import Part
    >>> part = Part(start=8192, n_rows=3, first_chunk=1, load=lambda: np.ones((3, 2)), weights=None)
    >>> part.run_of(part.load()).span
    slice(8192, 8195, None)
    """

    start: int
    n_rows: int
    first_chunk: int
    load: Any
    weights: Array | None

    def run_of(self, rows: Array) -> Chunk:
        """Give the loaded rows with their weights.

        Raises
        ------
        InputError
            If they are not as many as the part has.
        """
        refuse_other_number(int(rows.shape[0]), self.n_rows, f"rows {self.start} to {self.start + self.n_rows - 1}")
        return Chunk(rows, self.weights, self.start)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of every row, by a function that other processes can get hold of.

    Attributes
    ----------
    function : callable
        Of rows (n, n_features), it gives an array (n,), or (n, width).
    name : str
        Of the column, in a table.
    width : int or None
        How many numbers are said of a row; None for a single one that is no list.
    is_label : bool
        Whether they are whole numbers; else they have the type of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.sources import Answer
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> answer = Answer(mixture.labels, "label", is_label=True)
    >>> np.asarray(answer.function(np.array([[1.0], [8.0]]))).tolist()
    [0, 1]
    """

    function: Callable[[Array], Array]
    name: str
    width: int | None = None
    is_label: bool = False


class Source(Protocol):
    """Rows that can be walked over as often as needed, always in the same chunks.

    A source whose rows can be read one by one also has ``take(indices)``, the rows at ascending indices as a `Chunk`;
    one that other processes can read also has ``parts(n_threads)``, a list of `Part` for so many threads to share.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.sources import ArraySource, Source
    >>> source: Source = ArraySource(np.zeros((10_000, 2)))
    >>> [chunk.span for chunk in source.chunks()]
    [slice(0, 8192, None), slice(8192, 10000, None)]
    """

    @property
    def weights(self) -> Array | None:
        """Weights of the rows, (N,), or None for ones."""

    @property
    def n_rows(self) -> int:
        """Number of rows N."""

    @property
    def n_features(self) -> int:
        """Number of features D."""

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """Names of the features, where the data have any."""

    @property
    def first(self) -> Array:
        """The first row, (1, D): it tells library, dtype, device and where the data lie."""

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows in order, `CHUNK_ROWS` at a time, to this process."""

    def runs(self) -> Iterator[Chunk]:
        """Yield the same rows in runs of as many chunks as come at once."""

    def with_weights(self, weights: Array) -> Self:
        """Give the same rows with weights (N,)."""

    def where(self, row: int) -> str:
        """Say where a row comes from, for a message."""


def refuse_other_number(n_rows: int, expected: int, what: str) -> None:
    """Refuse data that gave another number of rows than when they were opened."""
    if n_rows != expected:
        message = (
            f"Data must not change while they are used, but {what} gave {n_rows} rows where it had {expected}. "
            "Fit again when nothing writes to them."
        )
        raise InputError(message)
