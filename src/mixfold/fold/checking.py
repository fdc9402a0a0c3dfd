"""Whether rows are usable, and which they are."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.executors import Executor
from mixfold.rows import Rows, Source


def refuse_bad_rows(executor: Executor, source: Source) -> None:
    """Walk over the data once, to refuse them before any work if a number is missing.

    Parameters
    ----------
    executor : Executor
    source : Source

    Raises
    ------
    InputError
        Naming the first row that is not finite, and its column.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.checking import refuse_bad_rows
    >>> from mixfold.sources import ArraySource
    >>> refuse_bad_rows(LocalExecutor(), ArraySource(np.zeros((3, 2))))
    """
    for bad in executor.each(_first_bad, source):
        if bad is not None:
            raise InputError(_refusal(source, *bad))


def _refusal(source: Source, row: int, column: int) -> str:
    names = source.feature_names
    what = f"column {names[column]!r}" if names else f"feature {column}"
    return f"X must be finite, but {what} is missing, NaN or infinite in {source.where(row)}. Drop or impute such rows."


def _first_bad(chunk: Rows) -> tuple[int, int] | None:
    """Give the row and the column of the first value of a chunk that is not finite."""
    finite = np.isfinite(to_numpy(chunk.values))
    if finite.all():
        return None
    row, column = np.unravel_index(np.argmin(finite), finite.shape)
    return chunk.start + int(row), int(column)


def digest(executor: Executor, source: Source) -> str:
    """Give a fingerprint of the rows, their order and their marks: SHA-256 over the chunks.

    Parameters
    ----------
    executor : Executor
    source : Source

    Returns
    -------
    digest : str
        Hexadecimal.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.checking import digest
    >>> from mixfold.sources import ArraySource
    >>> one, other = ArraySource(np.zeros((3, 2))), ArraySource(np.ones((3, 2)))
    >>> digest(LocalExecutor(), one) == digest(LocalExecutor(), other)
    False
    """
    total = sha256(f"{source.n_rows} {source.n_features}".encode())
    for one in executor.each(_digest, source):
        total.update(one)
    return total.hexdigest()


def _digest(chunk: Rows) -> bytes:
    """Give a fingerprint of a chunk."""
    columns = (chunk.values, chunk.weights, chunk.marks.strata)
    arrays = [to_numpy(array) for array in columns if array is not None]
    one = sha256(" ".join(str(array.dtype) for array in arrays).encode())
    for array in arrays:
        one.update(np.ascontiguousarray(array).view(np.uint8))  # type: ignore[arg-type]  # an array is one
    return one.digest()
