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
    if source.known.is_finite:
        return
    for bad in executor.each(first_bad, source):
        refuse(bad, source)
    source.known.is_finite = True


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
    InputError
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
    raise InputError(message)


def first_bad(chunk: Rows) -> tuple[int, int] | None:
    """Give the row and the column of the first value of a chunk that is not finite.

    Parameters
    ----------
    chunk : Rows

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
    finite = np.isfinite(to_numpy(chunk.values))
    if finite.all():
        return None
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
