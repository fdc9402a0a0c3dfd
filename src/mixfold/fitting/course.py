"""`Course`: the iterations of a run as numbers, until somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, repeat
from typing import TypeAlias, final, overload

from mixfold.fitting.run import Iteration

Leg: TypeAlias = tuple[float, list[float], list[float]]
"""EM steps of one call: seconds at its end, log-likelihoods and objectives after each step."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Course(Sequence[Iteration]):
    """The iterations of a run, in the place of a tuple of them: most starts of a search are never looked at.

    Attributes
    ----------
    restart : int
        Which restart, from 0.
    before : tuple of Iteration
        Those that the run had made when it was taken up again.
    legs : tuple of tuple of (float, list of float, list of float)
        The steps after them.
    shift : float
        By how much densities are higher than these say.

    Examples
    --------
    >>> from mixfold.fitting.course import Course
    >>> course = Course(0, (), ((0.1, [-3.0, -2.5], [-3.1, -2.6]),), 1.0)
    >>> len(course), course[-1].number, course[-1].objective
    (2, 2, -1.6)
    """

    restart: int
    before: tuple[Iteration, ...]
    legs: tuple[Leg, ...]
    shift: float = 0.0
    _made: list[tuple[Iteration, ...]] = field(default_factory=list, init=False, repr=False)

    @property
    def iterations(self) -> tuple[Iteration, ...]:
        """All of them, made once."""
        if not self._made:
            self._made.append(tuple(self._each()))
        return self._made[0]

    def _each(self) -> Iterator[Iteration]:
        number, shift = 0, self.shift
        for one in self.before:
            number = one.number
            yield Iteration(one.restart, number, one.log_likelihood + shift, one.objective + shift, one.seconds)
        for seconds, log_likelihoods, objectives in self.legs:
            shifted = ([one + shift for one in column] for column in (log_likelihoods, objectives))
            yield from map(Iteration, repeat(self.restart), count(number + 1), *shifted, repeat(seconds))
            number += len(objectives)

    def __len__(self) -> int:
        """Count them."""
        return len(self.before) + sum(len(objectives) for *_, objectives in self.legs)

    @overload
    def __getitem__(self, at: int) -> Iteration: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Iteration, ...]: ...
    def __getitem__(self, at: int | slice) -> Iteration | tuple[Iteration, ...]:
        """Give one, or a tuple of some."""
        return self.iterations[at]

    def __iter__(self) -> Iterator[Iteration]:
        """Go through them."""
        return iter(self.iterations)

    def __eq__(self, other: object) -> bool:
        """Tell whether another sequence has the same iterations."""
        return self.iterations == tuple(other) if isinstance(other, tuple | Course) else NotImplemented

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash(self.iterations)
