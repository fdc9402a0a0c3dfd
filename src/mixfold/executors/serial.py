"""One chunk after the other, in the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Self, final

from mixfold.executors.abstract import Item, Result
from mixfold.executors.blas import single_threaded_blas


@final
class SerialExecutor:
    """The calling thread."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield ``function(item)`` for each item, in order."""
        return map(function, items)

    def __enter__(self) -> Self:
        """Keep BLAS to one thread."""
        self._stack.enter_context(single_threaded_blas())
        return self

    def __exit__(self, *exception: object) -> None:
        """Release BLAS."""
        self._stack.close()
