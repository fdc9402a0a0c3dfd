"""`KnownRows`: what is known of rows from one E step to the next, and what no score of them can exceed.

Where components are many, almost all of them have no share in a row. An engine that has once computed their scores need
not again to know it: components move little from one step to the next, and a score can have risen by little. The bounds
are those of k-means (Elkan 2003, Hamerly 2010), for scores; their formula is in `native/ceilings.hpp`.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import cache
from typing import final

import numpy as np
import numpy.typing as npt

from mixfold.engines import kernels
from mixfold.engines.kernels import STRUCTURE_CODES
from mixfold.potentials import Potentials
from mixfold.typing import FloatArray

CEILINGS_BYTES = 1 << 30
"""Memory for the ceilings of all rows that are known, at most; groups of components are as large as it makes them.

So much that of a million rows 10 000 components have one each: that of a group rises with the one that goes farthest.
"""
CEILINGS_SHARE = 16
"""And at most this fraction of the memory of the machine."""
NEAR = 256
"""Components nearest to a panel, which have ceilings of their own where others share theirs."""


LOWEST = -1e30
"""No ceiling is below it (`native/ceilings.hpp`)."""
UP, LEAST = 2.0**-22, 1e-20
"""What is rounded to float32 is first raised by this part of it, and by this: smaller numbers are slow."""
PANELS_OF_ONE = 3
"""For so many panels there is room where the rows would fill one, as some are not full (`native/kernels.hpp`)."""


@final
@dataclass(slots=True)
class Drift:
    """How far groups of components have gone since the last call.

    Attributes
    ----------
    call : int
        The number of this call; the ceilings of that before have one less.
    members : ndarray of int32, shape (K,)
        The components, those of a group one after the other; all groups but the last have as many.
    sums : ndarray of float32, shape (4, groups), or (4, groups + K) where groups have several components
        The highest offset of the last call, what offsets have risen by at most, what part squared distances may have
        lost, and sqrt(2) times what distances may have lost beside it: of each group, and then of each component.
    n_groups : int
    """

    call: int
    members: npt.NDArray[np.int32]
    sums: npt.NDArray[np.float32]
    n_groups: int

    @property
    def n_near(self) -> int:
        """How many components of a panel have ceilings of their own beside those of groups."""
        return NEAR if self.sums.shape[1] > self.n_groups else 0

    @classmethod
    def between(
        cls, before: Potentials | None, after: Potentials, members: npt.NDArray[np.int32], size: int, call: int
    ) -> Drift:
        """Give it for groups of `size` members; without potentials before, nothing that is known bounds anything.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.engines.kernels import NATIVE_AVAILABLE
        >>> from mixfold.engines.known import Drift
        >>> from mixfold.potentials import Potentials
        >>> before, after = (Potentials.nearest(np.array([[0.0], [far]])) for far in (9.0, 9.5))
        >>> if NATIVE_AVAILABLE:
        ...     drift = Drift.between(before, after, np.arange(2, dtype=np.int32), size=1, call=7)
        ...     assert drift.sums[3].round(4).tolist() == [0.0, np.float32(0.7071)]
        """
        starts = np.arange(0, len(members), size)
        sums = np.full((4, len(starts) + (len(members) if size > 1 else 0)), np.nan, np.float32)
        if before is not None and before.structure is after.structure:
            shrink, shift = np.empty(len(members)), np.empty(len(members))
            kernels.compiled.drift(
                np.ascontiguousarray(before.center), np.ascontiguousarray(before.whitener),
                np.ascontiguousarray(after.center), np.ascontiguousarray(after.whitener),
                STRUCTURE_CODES[before.structure], shrink, shift,
            )  # fmt: skip
            was, now = (np.maximum(one.offset, LOWEST) for one in (before, after))  # components without weight
            of_each = np.stack((was, now - was, 1.0 - shrink**2, np.sqrt(2.0) * shift))
            largest = np.maximum.reduceat(of_each[:, members], starts, axis=1)
            largest = np.hstack((largest, of_each)) if size > 1 else largest
            with np.errstate(over="ignore"):  # so far that nothing is bounded
                sums[:] = largest + UP * np.abs(largest) + LEAST
        return cls(call, members, sums, len(starts))


@final
@dataclass(slots=True)
class Ceilings:
    """What is kept of consecutive rows; an engine writes it, and only the engine knows what it says.

    Attributes
    ----------
    best_scores : ndarray of float32, shape (panels, panel)
    values : ndarray of uint16, shape (panels, groups + near)
    near : ndarray of int32, shape (panels, near)
        Which components have ceilings of their own.
    segments : ndarray of int32, shape (panels, 4)
    order : ndarray of int32, shape (n,)
    panel : int
        Rows of a panel.
    """

    best_scores: npt.NDArray[np.float32]
    values: npt.NDArray[np.uint16]
    near: npt.NDArray[np.int32]
    segments: npt.NDArray[np.int32]
    order: npt.NDArray[np.int32]
    panel: int

    @classmethod
    def empty(cls, n_rows: int, drift: Drift, dtype: npt.DTypeLike) -> Ceilings:
        """Give those of rows of which nothing is known."""
        panel = panel_rows(dtype)
        n_panels = PANELS_OF_ONE * -(-n_rows // panel)
        best_scores = np.empty((n_panels, panel), np.float32)
        values = np.empty((n_panels, drift.n_groups + drift.n_near), np.uint16)
        near, segments = np.empty((n_panels, drift.n_near), np.int32), np.zeros((n_panels, 4), np.int32)
        return cls(best_scores, values, near, segments, np.empty(n_rows, np.int32), panel)

    def are_for(self, drift: Drift, dtype: npt.DTypeLike) -> bool:
        """Whether they have room for the groups of a drift, in panels of the kernels that are used now."""
        width, n_near = drift.n_groups + drift.n_near, drift.n_near
        are_as_many = self.values.shape[1] == width and self.near.shape[1] == n_near
        return are_as_many and self.panel == panel_rows(dtype)


@final
@dataclass(slots=True)
class KnownRows:
    """What is known of consecutive rows: it changes how much an engine computes, and no bit of the sums.

    Attributes
    ----------
    guesses : ndarray of int32, shape (n,)
        For each row the component that it may belong to, or any number that is none. An engine may look there first,
        and leaves better guesses.
    ceilings : Ceilings, optional
    drift : Drift, optional
        Since the ceilings were made; there with them.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import KnownRows
    >>> KnownRows(np.array([0, 0, 1, 1], np.int32)).part(slice(2, 4)).guesses
    array([1, 1], dtype=int32)
    """

    guesses: npt.NDArray[np.int32]
    ceilings: Ceilings | None = None
    drift: Drift | None = None

    def part(self, span: slice) -> KnownRows:
        """Give what is known of some of them; what an engine writes there is known of all."""
        ceilings = self.ceilings
        if ceilings is None or span.start % ceilings.panel:
            return KnownRows(self.guesses[span])
        first, end = span.start // ceilings.panel, -(-span.stop // ceilings.panel)
        panels = slice(PANELS_OF_ONE * first, PANELS_OF_ONE * end)
        best_scores, values = ceilings.best_scores[panels], ceilings.values[panels]
        near, segments = ceilings.near[panels], ceilings.segments[panels]
        those = Ceilings(best_scores, values, near, segments, ceilings.order[span], ceilings.panel)
        return KnownRows(self.guesses[span], those, self.drift)


def panel_rows(dtype: npt.DTypeLike) -> int:
    """Give the number of rows that have ceilings together."""
    return kernels.compiled.panel_rows(np.dtype(dtype) == np.float32)


@cache
def ceilings_bytes() -> int:
    """Give how much memory ceilings may take on this machine; it decides how much is computed, and no bit.

    Examples
    --------
    >>> from mixfold.engines.known import ceilings_bytes
    >>> 0 < ceilings_bytes() <= 1 << 30
    True
    """
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # where nobody says
        memory = CEILINGS_SHARE * CEILINGS_BYTES // 4
    return min(CEILINGS_BYTES, memory // CEILINGS_SHARE)


def group_size(n_rows: int, n_components: int, dtype: npt.DTypeLike) -> int:
    """Give how many components have ceilings together, such that these and those of near components have room.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.known import group_size
    >>> group_size(100_000, 100, np.dtype("float64"))
    1
    """
    n_panels = 3 * -(-n_rows // panel_rows(dtype)) // 2  # about half of the room is used, and costs memory
    room = ceilings_bytes()
    # A ceiling takes two bytes, and one of a near component four more for which that is.
    if 2 * n_panels * n_components <= room:
        return 1
    left = max(room - 6 * NEAR * n_panels, room // 2)
    most = max(2, -(-2 * n_panels * n_components // left))
    return -(-n_components // -(-n_components // most))  # so that the last group lacks few


def neighbors(center: FloatArray, size: int) -> npt.NDArray[np.int32]:
    """Give the components in an order in which each `size` of them lie together: halves along their widest feature.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.known import neighbors
    >>> neighbors(np.array([[0.0], [9.0], [1.0], [8.0]]), size=2).tolist()
    [0, 2, 3, 1]
    """
    order = np.arange(len(center), dtype=np.int32)
    blocks = [order] if size > 1 else []
    while blocks:
        block = blocks.pop()
        if len(block) <= size:
            continue
        values = center[block]
        widest = int(np.argmax(np.ptp(values, axis=0)))
        block[:] = block[np.argsort(values[:, widest], kind="stable")]
        half = (math.ceil(len(block) / size) + 1) // 2 * size
        blocks += [block[:half], block[half:]]
    return order
