"""The contract of an executor: who computes the chunks, and in which order the results come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, Self, TypeVar

from mixfold.statistics import SufficientStatistics

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Applies functions to the chunks of a source, wherever they are.

    Used as a context manager; workers exist, and BLAS keeps to one thread, between enter and exit.
    """

    @property
    def near(self) -> Executor:
        """The executor for rows that are in this process: itself, unless it computes elsewhere."""

    def each(self, function: Callable[[Any], Result], source: Any) -> Iterator[Result]:
        """Yield ``function(chunk)`` for each chunk of a source, in order."""

    def sum(self, function: Callable[[Any], SufficientStatistics], source: Any) -> SufficientStatistics:
        """Give the sum of ``function(chunk)`` over the chunks of a source, in the order of `tree_sum`."""

    def __enter__(self) -> Self:
        """Start the workers."""

    def __exit__(self, *exception: object) -> None:
        """Stop the workers."""
