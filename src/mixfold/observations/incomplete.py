"""`Incomplete`: rows of which values may be missing, whatever they are observations of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from mixfold.observations.abstract import Observation
from mixfold.observations.by_row import ByRow
from mixfold.observations.complete import Complete
from mixfold.observations.components import Components
from mixfold.observations.view import View
from mixfold.typing import Array, BoolArray


@final
@dataclass(frozen=True, slots=True)
class Incomplete(Observation):
    """What another observation sees, but for values that are missing at random: they are NaN.

    Each row says by itself which values it has, so that rows of all patterns are one stratum. What is expected of y,
    given what there is of it, is what the other observation brings up.

    Attributes
    ----------
    of : Observation
        By default rows as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold import Fold
    >>> from mixfold.observations import Incomplete
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.sources import ArraySource
    >>> from mixfold.structures import DIAGONAL
    >>> rows = np.array([[1.0, np.nan], [np.nan, 5.0]])
    >>> fold = Fold(ArraySource(rows), ArrayEngine(), LocalExecutor(), (Incomplete(),))
    >>> fold.statistics(Potentials.nearest(np.array([[3.0, 3.0]])), DIAGONAL).means
    array([[2., 4.]])
    """

    of: Observation = field(default_factory=Complete)

    @property
    def is_identity(self) -> bool:
        """Whether the other is."""
        return self.of.is_identity

    @property
    def is_exact(self) -> bool:
        """Whether the other is."""
        return self.of.is_exact

    @property
    def by_row(self) -> ByRow | None:
        """The other, where that is asked row by row: it knows what to do with NaN."""
        return self.of.by_row

    @property
    def may_lack(self) -> bool:
        """They may."""
        return True

    @property
    def allowed(self) -> BoolArray | None:
        """Those of the other."""
        return self.of.allowed

    def seen(self, values: Array) -> Array:
        """Give what the other sees."""
        return self.of.seen(values)

    def view(self, components: Components) -> View:
        """Give the view of the other: an engine is told that values may be missing."""
        return self.of.view(components)
