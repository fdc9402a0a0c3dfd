"""`KnownSource`: what is known of rows from when they were last seen."""

from __future__ import annotations

from dataclasses import replace
from threading import get_ident
from typing import final

import numpy as np

from mixfold.engines.known import Ceilings, Drift, KnownRows, group_size, neighbors
from mixfold.potentials import Potentials
from mixfold.rows import Rows, Source

GUESSED_ROWS = 1 << 20
"""Rows for which a fold remembers the component that they seemed to belong to, four bytes each, and ceilings."""
FEWEST_GUESSED = 16
"""Components from which that is worth while."""
FEWEST_WITH_CEILINGS = 48
"""Components from which it is to remember what their scores cannot exceed."""


@final
class KnownSource:
    """What an engine remembers of rows from one call to the next: it changes what is computed, and no bit of the sums.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.known import KnownSource
    >>> from mixfold.rows import Rows, Source
    >>> KnownSource().of_rows(Rows(np.zeros((3, 2))), n_components=20).guesses
    array([-1, -1, -1], dtype=int32)
    """

    __slots__ = ("_call", "_drift", "_of_rows", "_potentials")

    def __init__(self) -> None:
        self._of_rows: dict[int, KnownRows] = {}
        self._potentials: Potentials | None = None
        self._drift: Drift | None = None
        self._call = 0

    def follow(self, potentials: Potentials, source: Source) -> None:
        """Say under which potentials all rows are seen from now on: then there are ceilings, if it is worth while."""
        k, before = potentials.n_components, self._drift
        self._call += 1
        if k < FEWEST_WITH_CEILINGS or potentials.degrees is not None or source.n_rows > GUESSED_ROWS:
            self._potentials = self._drift = None
            return
        size = group_size(source.n_rows, k, source.first.dtype)
        if before is None or len(before.members) != k:
            # One number more: nothing that is kept is of the call before.
            self._call, self._potentials = self._call + 1, None
            members = neighbors(potentials.center, size)
        else:
            members = before.members
        self._drift = Drift.between(self._potentials, potentials, members, size, self._call)
        self._potentials = replace(
            potentials,  # of which the caller may change the arrays
            offset=potentials.offset.copy(),
            center=potentials.center.copy(),
            whitener=potentials.whitener.copy(),
        )

    def of_rows(self, rows: Rows, n_components: int) -> KnownRows | None:
        """Give what is known of the rows of a call; None where it is not worth while to keep anything."""
        if n_components < FEWEST_GUESSED or rows.span.stop > GUESSED_ROWS:
            return None
        known = self._of_rows.get(rows.start)
        if known is None or len(known.guesses) != rows.n:
            known = self._of_rows[rows.start] = KnownRows(np.full(rows.n, -1, np.int32))
        drift = known.drift = self._drift
        if drift is None:
            known.ceilings = None
        elif known.ceilings is None or not known.ceilings.are_for(drift, rows.values.dtype):
            known.ceilings = Ceilings.empty(rows.n, drift, rows.values.dtype)
        return known


@final
class KnownByThread:
    """What each thread knows of the rows of a source; a fold without any gives the same bits.

    Engines write while they read, so that each thread that asks has its own: threads that fit the same data side by
    side never share any. Nor do folds over different rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.known import KnownByThread
    >>> from mixfold.sources import ArraySource
    >>> known, source = KnownByThread(), ArraySource(np.zeros((3, 2)))
    >>> known.of_this_thread(source) is known.of_this_thread(source)
    True
    >>> known.of_this_thread(source) is known.of_this_thread(ArraySource(np.ones((3, 2))))
    False
    """

    __slots__ = ("_of_threads",)

    def __init__(self) -> None:
        self._of_threads: dict[int, tuple[Source, KnownSource]] = {}

    def of_this_thread(self, source: Source) -> KnownSource:
        """Give what nobody writes but the calling thread and whoever computes for it."""
        of, known = self._of_threads.get(get_ident(), (None, None))
        if known is None or of is not source:
            known = KnownSource()
            self._of_threads[get_ident()] = source, known
        return known
