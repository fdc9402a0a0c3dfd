"""Whether rows are usable, and which they are."""

from __future__ import annotations

from hashlib import sha256

import array_api_compat
import numpy as np

from mixfold.engines import to_numpy
from mixfold.errors import NotFiniteError
from mixfold.executors import Executor
from mixfold.rows import Rows, Source
from mixfold.typing import IntArray
from mixfold.validation import on_host


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
    if source.known.is_finite:
        return
    for bad in executor.each(first_bad, source):
        refuse(bad, source)
    source.known.is_finite = True


def count_missing(executor: Executor, source: Source) -> IntArray:
    """Walk over the data once, to count the values that are missing (NaN) of each feature, and refuse infinite ones.

    Parameters
    ----------
    executor : Executor
    source : Source

    Returns
    -------
    n_missing : ndarray of int of shape (n_features,)

    Raises
    ------
    InputError
        Naming the first row that has an infinite value, and its column.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.checking import count_missing
    >>> from mixfold.sources import ArraySource
    >>> count_missing(LocalExecutor(), ArraySource(np.array([[1.0, np.nan], [2.0, 3.0]])))
    array([0, 1])
    """
    total = np.zeros(source.n_features, dtype=np.int64)
    if source.known.is_finite:
        return total
    for bad, missing in executor.each(_looked_for_gaps, source):
        refuse(bad, source)
        total += missing
    source.known.is_finite = not np.any(total)
    return total


def refuse(bad: tuple[int, int] | None, source: Source) -> None:
    """Refuse rows for a value that is not finite.

    Parameters
    ----------
    bad : tuple of int or None
        Its row and its column; None where there is none.
    source : Source
        Which says where that is.

    Raises
    ------
    NotFiniteError
        If there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.checking import refuse
    >>> from mixfold.sources import ArraySource
    >>> refuse(None, ArraySource(np.zeros((3, 2))))
    """
    if bad is None:
        return
    row, column = bad
    names = source.feature_names
    what = f"column {names[column]!r}" if names else f"feature {column}"
    message = (
        f"X must be finite, but {what} is missing, NaN or infinite in {source.where(row)}. Drop or impute such rows."
    )
    raise NotFiniteError(message)


def first_bad(chunk: Rows, *, gaps: bool = False) -> tuple[int, int] | None:
    """Give the row and the column of the first value of a chunk that is not finite.

    Parameters
    ----------
    chunk : Rows
    gaps : bool
        Whether values may be missing (NaN).

    Returns
    -------
    bad : tuple of int or None

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.checking import first_bad
    >>> from mixfold.rows import Rows
    >>> first_bad(Rows(np.array([[1.0, 2.0], [3.0, np.nan]]), start=10))
    (11, 1)
    """
    values = chunk.values
    xp = array_api_compat.array_namespace(values)
    if bool(xp.all(~xp.isinf(values) if gaps else xp.isfinite(values))):  # mostly they need not come here
        return None
    values = to_numpy(values)
    finite = ~np.isinf(values) if gaps else np.isfinite(values)
    row, column = np.unravel_index(np.argmin(finite), finite.shape)
    return chunk.start + int(row), int(column)


def digest(executor: Executor, source: Source, *, checks: bool = True) -> str:
    """Give a fingerprint of the rows, their order and their marks: SHA-256 over the chunks, which are checked as well.

    Parameters
    ----------
    executor : Executor
    source : Source
    checks : bool
        Whether to refuse rows that are not finite.

    Returns
    -------
    digest : str
        Hexadecimal.

    Raises
    ------
    InputError
        Naming the first row that is not finite, and its column.

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
    known = source.known
    if known.digest is None:
        total = sha256(f"{source.n_rows} {source.n_features}".encode())
        for one, bad in executor.each(_looked_at, source):
            refuse(bad if checks else None, source)
            total.update(one)
        known.digest = total.hexdigest()
        known.is_finite |= checks
    return known.digest


def _looked_for_gaps(chunk: Rows) -> tuple[tuple[int, int] | None, IntArray]:
    xp = array_api_compat.array_namespace(chunk.values)
    lacks = xp.sum(xp.astype(xp.isnan(chunk.values), xp.int64), axis=0)
    return first_bad(chunk, gaps=True), np.asarray(on_host(lacks), dtype=np.int64)


def _looked_at(chunk: Rows) -> tuple[bytes, tuple[int, int] | None]:
    return _digest(chunk), first_bad(chunk)


def _digest(chunk: Rows) -> bytes:
    """Give a fingerprint of a chunk."""
    columns = (chunk.values, *chunk.marks.columns)
    arrays = [to_numpy(array) for array in columns if array is not None]
    one = sha256(" ".join(str(array.dtype) for array in arrays).encode())
    for array in arrays:
        one.update(np.ascontiguousarray(array).view(np.uint8))  # type: ignore[arg-type]  # an array is one
    return one.digest()
