"""The first bytes of a .npy file, read without trust: nothing that they claim is allocated before it is checked."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from tokenize import TokenError
from typing import IO, Any, Self

import numpy as np

_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_DAMAGE = (ValueError, TypeError, SyntaxError, TokenError, EOFError, IndexError, OverflowError)
# A header has 10 000 bytes at most, so that these two mean nesting, which the parser of Python gives up on.
_NESTING = (RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class NpyHeader:
    """What a .npy file says of its array.

    Attributes
    ----------
    offset : int
        Where in the file the numbers begin.
    shape : tuple of int
        None of them negative.
    dtype : dtype
        Of any kind but objects of Python, which only pickle reads.
    by_columns : bool
        Whether the first index runs fastest.

    Examples
    --------
    >>> from io import BytesIO
    >>> import numpy as np
    >>> from mixfold.npy_header import NpyHeader
    >>> file = BytesIO()
    >>> np.save(file, np.zeros((3, 2)))
    >>> NpyHeader.read(BytesIO(file.getvalue())).shape
    (3, 2)
    """

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    by_columns: bool

    @classmethod
    def read(cls, file: IO[bytes]) -> Self:
        """Read it from the beginning of a file.

        Raises
        ------
        ValueError
            Saying why it is none.
        """
        try:
            # Refuses .npz archives and pickles, which numpy.load would take.
            version = np.lib.format.read_magic(file)
            if version not in _READERS:
                message = f"its format version {version} is for arrays of other things than numbers"
                raise ValueError(message)
            shape, by_columns, dtype = _READERS[version](file)
        except _DAMAGE as error:
            said = str(error).partition("\n")[0] if isinstance(error, ValueError) else ""
            raise ValueError(said or "its header is cut off or damaged") from error
        except _NESTING as error:
            message = "its header is nested too deeply"
            raise ValueError(message) from error
        if any(isinstance(length, bool) or length < 0 for length in shape):
            message = f"its shape {shape} is not of whole numbers from 0 up"
            raise ValueError(message)
        if dtype.hasobject:
            message = "it holds objects of Python, which are read with pickle only"
            raise ValueError(message)
        return cls(file.tell(), shape, dtype, by_columns)

    @property
    def n_bytes(self) -> int:
        """Length that a file with this header has at least."""
        return self.offset + prod(self.shape) * self.dtype.itemsize

    def refuse_shorter(self, n_bytes: int) -> None:
        """Refuse a file that is too short to hold what its header claims.

        Raises
        ------
        ValueError
            Saying how long it is, and should be.
        """
        if n_bytes < self.n_bytes:
            message = f"it has {n_bytes} bytes of {self.n_bytes}"
            raise ValueError(message)
