"""The tasks of a call that several threads make at once, which take them by a counter (native/interruption.hpp)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Counter = npt.NDArray[np.uint64]
"""Of shape (1,): the first task that no thread has taken yet."""

ABANDONED = 1 << 63
"""What a counter is from which nobody takes tasks any more; what was taken is not ended (native/interruption.cpp)."""


def none_taken() -> Counter:
    """Give a counter of tasks of which none has been taken.

    Examples
    --------
    >>> from mixfold.engines.tasks import none_taken
    >>> none_taken()
    array([0], dtype=uint64)
    """
    return np.zeros(1, np.uint64)


def abandon(counter: Counter) -> None:
    """Abandon the tasks: threads that are in the call end, by `KeyboardInterrupt`.

    Examples
    --------
    >>> from mixfold.engines.tasks import ABANDONED, abandon, none_taken
    >>> counter = none_taken()
    >>> abandon(counter)
    >>> int(counter[0]) == ABANDONED
    True
    """
    counter[0] = ABANDONED


def in_this_thread(function: Callable[[], None], abandon: Callable[[], None]) -> None:  # noqa: ARG001
    """Call a function where there are no other threads."""
    function()
