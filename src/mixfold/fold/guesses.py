"""`Known`: what is known of rows from when they were last seen."""

from __future__ import annotations

from threading import get_ident
from typing import final

import numpy as np

from mixfold.engines.known import Ceilings, Drift, KnownRows, group_size, neighbors
from mixfold.potentials import Potentials
from mixfold.rows import Rows, Source

GUESSED_ROWS = 1 << 20
"""Rows for which a fold remembers the component that they seemed to belong to; four bytes each."""
FEWEST_GUESSED = 16
"""Components from which that is worth while."""
FEWEST_WITH_CEILINGS = 48
"""Components from which it is to remember what their scores cannot exceed."""


@final
class Known:
    """What an engine remembers of rows from one call to the next: it changes what is computed, and no bit of the sums.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.guesses import Known
    >>> from mixfold.rows import Rows, Source
    >>> Known().of_rows(Rows(np.zeros((3, 2))), n_components=20).guesses
    array([-1, -1, -1], dtype=int32)
    """

    __slots__ = ("_drift", "_of_rows", "_potentials")

    def __init__(self) -> None:
        self._of_rows: dict[int, KnownRows] = {}
        self._potentials: Potentials | None = None
        self._drift: Drift | None = None

    def follow(self, potentials: Potentials, source: Source) -> None:
        """Say under which potentials all rows are seen from now on: then there are ceilings, if it is worth while."""
        k, drift = potentials.n_components, self._drift
        if k < FEWEST_WITH_CEILINGS or potentials.degrees is not None or source.n_rows > GUESSED_ROWS:
            self._potentials = self._drift = None
            return
        size = group_size(source.n_rows, k, source.first.dtype)
        if drift is None or len(drift.members) != k:
            self._potentials, drift = None, Drift.none(neighbors(potentials.center, size))
        self._drift = drift.then(self._potentials, potentials, size)
        self._potentials = potentials

    def of_rows(self, rows: Rows, n_components: int) -> KnownRows | None:
        """Give what is known of the rows of a call; None where it is not worth while to keep anything."""
        if n_components < FEWEST_GUESSED or rows.span.stop > GUESSED_ROWS:
            return None
        known = self._of_rows.get(rows.start)
        if known is None or len(known.guesses) != rows.n:
            known = self._of_rows[rows.start] = KnownRows(np.full(rows.n, -1, np.int32))
        known.drift = self._drift
        if known.drift is None:
            known.ceilings = None
        elif known.ceilings is None or known.ceilings.values.shape[1] != known.drift.n_groups:
            known.ceilings = Ceilings.empty(rows.n, known.drift.n_groups, rows.values.dtype)
        return known


@final
class Guesses:
    """What each thread knows; a fold without any gives the same bits.

    Engines write while they read, so that each thread that asks has its own: threads that fit the same data side by
    side never share any.

    Examples
    --------
    >>> from mixfold.fold.guesses import Guesses
    >>> guesses = Guesses()
    >>> guesses.of_this_thread() is guesses.of_this_thread()
    True
    """

    __slots__ = ("_of_threads",)

    def __init__(self) -> None:
        self._of_threads: dict[int, Known] = {}

    def of_this_thread(self) -> Known:
        """Give what nobody writes but the calling thread and whoever computes for it."""
        return self._of_threads.setdefault(get_ident(), Known())
