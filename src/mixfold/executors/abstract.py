"""The contract of an executor: who computes the chunks, and in which order the results come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Maps a function over items and yields the results in the order of the items.

    Used as a context manager; workers exist, and BLAS keeps to one thread, between enter and exit.
    """

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield ``function(item)`` for each item, in order."""

    def __enter__(self) -> Self:
        """Start the workers."""

    def __exit__(self, *exception: object) -> None:
        """Stop the workers."""
