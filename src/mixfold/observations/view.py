"""`View`: how the components of a mixture are seen by the rows of a stratum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
from scipy.special import digamma

from mixfold.observations.components import Components
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import FULL, Structure
from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.observations.abstract import Observation


@final
@dataclass(frozen=True, slots=True)
class View:
    """What goes down for rows y, and what is needed to bring their statistics up to those of x.

    Given y, the row x has under component k the mean m_k + A_k (y - R m_k) and the covariance C_k = V_k - A_k R V_k, so
    that (Ghahramani & Jordan 1994; Bovy, Hogg & Roweis 2011)

        count_k  ->  count_k        shift_k  ->  A_k shift_k        scatter_k  ->  A_k scatter_k A_k^T + count_k C_k

    Of heavy tails C_k is divided by what its row is scaled by, and the row counts that often: the same sums again.

    Attributes
    ----------
    potentials : Potentials
        The scores of y.
    of : Potentials, optional
        The scores of x; None where y is x, and nothing need be brought up.
    gain : ndarray of shape (n_components, n_features, p), optional
        A_k.
    residual : ndarray of shape (n_components, n_features, n_features), optional
        C_k.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations import View
    >>> from mixfold.potentials import Potentials
    >>> View(Potentials.nearest(np.zeros((2, 1)))).is_identity
    True
    """

    potentials: Potentials
    of: Potentials | None = None
    gain: FloatArray | None = None
    residual: FloatArray | None = None

    @property
    def is_identity(self) -> bool:
        """Whether y is x."""
        return self.gain is None

    def asked(self, structure: Structure) -> Structure:
        """Give the scatter of y that is needed for one of x."""
        return structure if self.is_identity else FULL

    def lifted(self, statistics: SufficientStatistics) -> SufficientStatistics:
        """Give the expected statistics of x, of those of y, whose scatter is full."""
        if self.gain is None or self.residual is None or self.of is None:
            return statistics
        count, gain = statistics.count, self.gain
        shift = np.einsum("kdp,kp->kd", gain, statistics.shift)
        scatter = gain @ statistics.scatter @ np.swapaxes(gain, 1, 2) + count[:, None, None] * self.residual
        log_mass = statistics.log_mass
        if log_mass is not None and self.of.degrees is not None:
            seen, whole = (_log_scale(self.of.degrees, n) for n in (gain.shape[2], gain.shape[1]))
            log_mass = log_mass + count * (seen - whole)
        return replace(statistics, center=self.of.center, shift=shift, scatter=scatter, log_mass=log_mass)

    def in_structure(self, statistics: SufficientStatistics, structure: Structure) -> SufficientStatistics:
        """Give the expected statistics of x with the scatter that a mixture learns from, of those of y."""
        if self.of is None:
            return statistics
        return self.lifted(statistics).in_structure(structure, self.of.basis(structure))


def _log_scale(degrees: FloatArray, n_seen: int) -> FloatArray:
    """Give by how much the expected logarithm of a row's scale is above the logarithm of the expected, (K,)."""
    half = 0.5 * (degrees + n_seen)
    return np.asarray(digamma(half) - np.log(half))


@final
class Views:
    """The view of each stratum under one mixture, computed where and when it is first needed.

    What travels to a worker are the observations and the potentials of the mixture, however many strata there are.

    Parameters
    ----------
    observations : sequence of Observation
        Of each stratum.
    potentials : Potentials
        Of the mixture.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations import Complete, Linear, Views
    >>> from mixfold.potentials import Potentials
    >>> views = Views([Complete(), Linear(noise=np.array(3.0))], Potentials.nearest(np.zeros((1, 2))))
    >>> np.diagonal(views.of(1).potentials.whitener[0])
    array([0.5, 0.5])
    """

    __slots__ = ("_components", "_found", "observations", "potentials")

    def __init__(self, observations: Sequence[Observation], potentials: Potentials) -> None:
        self.observations, self.potentials = observations, potentials
        self._components: Components | None = None
        self._found: dict[int, View] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave behind what can be computed again."""
        return Views, (self.observations, self.potentials)

    def of(self, stratum: int) -> View:
        """Give the view of a stratum. Threads that ask at once may compute the same one twice."""
        found = self._found.get(stratum)
        if found is None:
            observation = self.observations[stratum]
            found = View(self.potentials) if observation.is_identity else observation.view(self.components)
            self._found[stratum] = found
        return found

    @property
    def components(self) -> Components:
        """The components of the mixture."""
        if self._components is None:
            self._components = Components.of(self.potentials)
        return self._components
