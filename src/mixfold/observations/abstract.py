"""The contract of an observation: what goes down to an engine for its rows, and what comes up from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mixfold.errors import ShapeError
from mixfold.observations.components import Components
from mixfold.observations.view import View
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.typing import Array, BoolArray, FloatArray

if TYPE_CHECKING:
    from mixfold.observations.by_row import ByRow


class Observation(ABC):
    """How the rows y of a stratum see the rows x that a mixture is of.

    The two verbs are mirror images: `down` says how components score y, and `up` turns the statistics of y into those
    that x is expected to have. Both are told by a `View`, computed once for all rows of a stratum. An observation never
    sees rows but to pick the columns that hold y; instances are immutable and can be pickled.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.observations import Components, Linear, Observation
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import FULL
    >>> second: Observation = Linear.of_features(np.array([False, True]))
    >>> components = Components.of(Potentials.nearest(np.array([[0.0, 0.0], [0.0, 9.0]])))
    >>> seen = Rows(second.seen(np.array([[np.nan, 8.0]])))
    >>> statistics = ArrayEngine().statistics(seen, second.down(components), FULL)
    >>> second.up(statistics, components).means.round(2)
    array([[0., 8.],
           [0., 8.]])
    """

    __slots__ = ()

    @property
    def is_complete(self) -> bool:
        """Whether rows are seen as they are, by the potentials of the mixture itself, and no value is missing."""
        return False

    @property
    def is_identity(self) -> bool:
        """Whether y is x, though values of it may be missing."""
        return self.is_complete

    @property
    def is_exact(self) -> bool:
        """Whether y is x, of any components or of some, though values of it may be missing."""
        return self.is_identity

    @property
    def may_lack(self) -> bool:
        """Whether values of y may be missing, which are NaN then: each row says by itself which it has."""
        return False

    @property
    def by_row(self) -> ByRow | None:
        """Itself where each row sees x in a way of its own, and is asked alone; else None."""
        return None

    @property
    def has_own_noise(self) -> bool:
        """Whether each row has noise of its own, in its marks."""
        return False

    @property
    def allowed(self) -> BoolArray | None:
        """Of which components the rows may be, (n_components,); None where of any.

        Of those beyond its end they are not.
        """
        return None

    def log_allowed(self, n_components: int) -> FloatArray:
        """Give what the logarithms of weights have beside them, (n_components,): 0 where rows may be of one, else -inf.

        Raises
        ------
        ShapeError
            If components are named that there are not.
        """
        given = self.allowed
        if given is None:
            return np.zeros(n_components)
        if len(given) > n_components:
            message = f"`allowed` must name at most the {n_components} components that there are, got {len(given)}."
            raise ShapeError(message)
        bias = np.full(n_components, -np.inf)
        bias[: len(given)][given] = 0.0
        return bias

    @abstractmethod
    def seen(self, values: Array) -> Array:
        """Give y (n, p) of rows (n, n_columns): what the potentials of `down` score."""

    @abstractmethod
    def view(self, components: Components) -> View:
        """Give what both verbs need, for the components of a mixture."""

    def down(self, components: Components) -> Potentials:
        """Give the scores of y."""
        return self.view(components).potentials

    def up(self, statistics: SufficientStatistics, components: Components) -> SufficientStatistics:
        """Give the statistics that x is expected to have, of the statistics of y under the potentials of `down`."""
        return self.view(components).lifted(statistics)


def n_named(observations: Sequence[Observation]) -> int:
    """Count the components that labels name, the first ones, which keep their numbers where others are found.

    Parameters
    ----------
    observations : sequence of Observation

    Returns
    -------
    n_named : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations import Complete, Linear, n_named
    >>> n_named([Complete(), Linear(allowed=np.array([False, True]))])
    2
    """
    return max((len(one.allowed) for one in observations if one.allowed is not None), default=0)
