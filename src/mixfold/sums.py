"""`SUMS`: the one table of what is summed over rows, in the order in which a row of numbers holds it.

`SufficientStatistics`, the sums of chunks and the C++ kernels read it. One more sum is a line here, a field of
`SufficientStatistics`, and what computes it in the engines. The build of the kernels runs this file by itself, which
prints the table as lines of C++ (`sums.inc`): so it imports nothing but the standard library.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from enum import Enum
from functools import cache


class Extent(Enum):
    """How many numbers a sum has, for K components in D dimensions.

    Examples
    --------
    >>> from mixfold.sums import SUMS
    >>> {one.extent.value for one in SUMS} == {"number", "component", "feature", "scatter"}
    True
    """

    NUMBER = "number"
    """One."""
    COMPONENT = "component"
    """(K,)"""
    FEATURE = "feature"
    """(K, D)"""
    SCATTER = "scatter"
    """In the shape of the structure."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A line of the table.

    Attributes
    ----------
    name : str
        Of the field of `SufficientStatistics`.
    extent : Extent
    needs_degrees : bool
        Whether it is kept only where the potentials have `degrees`; else it is None.

    Examples
    --------
    >>> from mixfold.sums import Extent, Sum
    >>> Sum("mass", Extent.COMPONENT, needs_degrees=True).shape(3, 2, scatter=(3,))
    (3,)
    """

    name: str
    extent: Extent
    needs_degrees: bool = False

    def shape(self, n_components: int, n_features: int, scatter: tuple[int, ...]) -> tuple[int, ...]:
        """Give its shape; () for a number.

        Examples
        --------
        >>> from mixfold.sums import SUMS
        >>> [one.shape(3, 2, scatter=(3, 2, 2)) for one in SUMS[:4]]
        [(3,), (3, 2), (3, 2, 2), ()]
        """
        shapes = {Extent.NUMBER: (), Extent.COMPONENT: (n_components,), Extent.FEATURE: (n_components, n_features)}
        return shapes.get(self.extent, scatter)


SUMS = (
    Sum("count", Extent.COMPONENT),
    Sum("shift", Extent.FEATURE),
    Sum("scatter", Extent.SCATTER),
    Sum("log_likelihood", Extent.NUMBER),
    Sum("weight", Extent.NUMBER),
    Sum("n_skipped", Extent.NUMBER),
    Sum("log_best_share", Extent.NUMBER),
    Sum("mass", Extent.COMPONENT, needs_degrees=True),
    Sum("log_mass", Extent.COMPONENT, needs_degrees=True),
)


@cache
def kept(*, with_degrees: bool) -> tuple[Sum, ...]:
    """Give the sums that are kept of potentials with or without degrees.

    Parameters
    ----------
    with_degrees : bool

    Returns
    -------
    sums : tuple of Sum

    Examples
    --------
    >>> from mixfold.sums import SUMS, kept
    >>> len(SUMS) - len(kept(with_degrees=False))
    2
    """
    return tuple(one for one in SUMS if with_degrees or not one.needs_degrees)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sum lies in a row of numbers.

    Attributes
    ----------
    name : str
        Of the sum.
    at : slice
    shape : tuple of int

    Examples
    --------
    >>> from mixfold.sums import Place
    >>> Place("count", slice(0, 3), (3,)).at.stop
    3
    """

    name: str
    at: slice
    shape: tuple[int, ...]


def places(
    n_components: int, n_features: int, scatter: tuple[int, ...], *, with_degrees: bool = False
) -> tuple[Place, ...]:
    """Give the places of all sums that are kept in a row of numbers, one after the other.

    Parameters
    ----------
    n_components, n_features : int
    scatter : tuple of int
        The shape of the scatter.
    with_degrees : bool
        Whether the potentials have degrees.

    Returns
    -------
    places : tuple of Place

    Examples
    --------
    >>> from mixfold.sums import places
    >>> places(3, 2, scatter=(3, 2))[1]
    Place(name='shift', at=slice(3, 9, None), shape=(3, 2))
    """
    found, begin = [], 0
    for one in kept(with_degrees=with_degrees):
        shape = one.shape(n_components, n_features, scatter)
        end = begin + math.prod(shape)
        found.append(Place(one.name, slice(begin, end), shape))
        begin = end
    return tuple(found)


def as_cpp() -> str:
    """Give the table as lines of C++, for whoever defines the macro.

    Returns
    -------
    lines : str

    Examples
    --------
    >>> from mixfold.sums import as_cpp
    >>> as_cpp().splitlines()[0]
    'MIXFOLD_SUM(count, component, false)'
    """
    return "".join(f"MIXFOLD_SUM({one.name}, {one.extent.value}, {str(one.needs_degrees).lower()})\n" for one in SUMS)


if __name__ == "__main__":
    sys.stdout.write(as_cpp())
