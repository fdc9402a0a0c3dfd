"""`Guesses`: for each row the component that it seemed to belong to when it was last seen."""

from __future__ import annotations

from threading import get_ident
from typing import TypeAlias, final

import numpy as np
import numpy.typing as npt

from mixfold.rows import Rows

KnownGuesses: TypeAlias = dict[int, npt.NDArray[np.int32]]
"""By the start of the rows of a call, a guess for each of them."""

GUESSED_ROWS = 1 << 20
"""Rows for which a fold remembers the component that they seemed to belong to; four bytes each."""
FEWEST_GUESSED = 16
"""Components from which that is worth while."""


@final
class Guesses:
    """Where an engine looks first; a fold without them gives the same bits.

    Engines write better guesses while they read them, so that each thread that asks has its own: threads that fit the
    same data side by side never share any.

    Examples
    --------
    >>> from mixfold.fold.guesses import Guesses
    >>> guesses = Guesses()
    >>> guesses.of_this_thread() is guesses.of_this_thread()
    True
    """

    __slots__ = ("_of_threads",)

    def __init__(self) -> None:
        self._of_threads: dict[int, KnownGuesses] = {}

    def of_this_thread(self) -> KnownGuesses:
        """Give those that nobody writes but the calling thread and whoever computes for it."""
        return self._of_threads.setdefault(get_ident(), {})


def guesses_for(known: KnownGuesses | None, rows: Rows, n_components: int) -> npt.NDArray[np.int32] | None:
    """Give the guesses for some rows, -1 where there are none yet; None where they are not worth while.

    Parameters
    ----------
    known : dict or None
    rows : Rows
    n_components : int

    Returns
    -------
    guesses : ndarray of shape (n,) or None

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.guesses import guesses_for
    >>> from mixfold.rows import Rows
    >>> guesses_for({}, Rows(np.zeros((3, 2))), n_components=20).tolist()
    [-1, -1, -1]
    """
    if known is None or n_components < FEWEST_GUESSED or rows.span.stop > GUESSED_ROWS:
        return None
    guesses = known.get(rows.start)
    if guesses is None or len(guesses) != rows.n:
        guesses = known[rows.start] = np.full(rows.n, -1, np.int32)
    return guesses
