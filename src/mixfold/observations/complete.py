"""`Complete`: rows that are seen as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from mixfold.observations.abstract import Observation
from mixfold.observations.components import Components
from mixfold.observations.view import View
from mixfold.typing import Array


@final
@dataclass(frozen=True, slots=True)
class Complete(Observation):
    """y = x: the identity, to the bit.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations import Complete, Components
    >>> from mixfold.potentials import Potentials
    >>> potentials = Potentials.nearest(np.zeros((2, 1)))
    >>> Complete().down(Components.of(potentials)) is potentials
    True
    """

    @property
    def is_complete(self) -> bool:
        """They are."""
        return True

    def seen(self, values: Array) -> Array:
        """Give the rows."""
        return values

    def view(self, components: Components) -> View:
        """Give the potentials of the mixture, which nothing need be translated for."""
        return View(components.potentials)
