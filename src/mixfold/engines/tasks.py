"""The tasks of a call that several threads make at once, which take them by a counter (native/interruption.hpp)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Counter = npt.NDArray[np.uint64]
"""Of shape (1,): the first task that no thread has taken yet."""

LEFT = 1 << 63
"""What a counter is where a thread has left the tasks to nobody."""


def none_taken() -> Counter:
    """Give a counter of tasks of which none has been taken.

    Examples
    --------
    >>> from mixfold.engines.tasks import none_taken
    >>> none_taken()
    array([0], dtype=uint64)
    """
    return np.zeros(1, np.uint64)


def leave(counter: Counter) -> None:
    """Leave the tasks: threads that are in the call end, by `KeyboardInterrupt`.

    Examples
    --------
    >>> from mixfold.engines.tasks import LEFT, leave, none_taken
    >>> counter = none_taken()
    >>> leave(counter)
    >>> int(counter[0]) == LEFT
    True
    """
    counter[0] = LEFT


def in_this_thread(function: Callable[[], None], leave: Callable[[], None]) -> None:  # noqa: ARG001
    """Call a function where there are no other threads."""
    function()
