"""`WithBackground`: any model, and a uniform density for rows that belong to none of its components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixfold.errors import InputError
from mixfold.models.abstract import Model
from mixfold.observations import Observation
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray, IntArray

FIRST_SHARE = 0.05
"""The share of the background where learning begins."""
MOST_SHARE = 1.0 - float(np.finfo(np.float64).eps)
"""Of a background: with all rows it would leave no density to components."""


@dataclass(frozen=True, slots=True)
class BackgroundParameters(Parameters):
    """Parameters of a model's components, and the share of rows that belong to none.

    Attributes
    ----------
    weights, means, covariances : ndarray
        Those of `components`, whose weights sum to one.
    components : Parameters
    share : float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import BackgroundParameters
    >>> from mixfold.parameters import Parameters
    >>> components = Parameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)))
    >>> BackgroundParameters.of(components, 0.1).share
    0.1
    """

    components: Parameters
    share: float

    @classmethod
    def of(cls, components: Parameters, share: float) -> BackgroundParameters:
        """Put a background of a share beside components.

        Parameters
        ----------
        components : Parameters
        share : float
            From zero to less than one.
        """
        return cls(components.weights, components.means, components.covariances, components, share)

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """All that there is, as arrays under names."""
        return {**self.components.arrays, "share": np.array(self.share)}

    def reordered(self, order: IntArray, structure: Structure) -> BackgroundParameters:
        """Give the same mixture with its components in another order."""
        return BackgroundParameters.of(self.components.reordered(order, structure), self.share)


@dataclass(frozen=True, slots=True)
class WithBackground(Model):
    """A model beside a uniform density over a volume, whose share of the rows is learned (Banfield & Raftery 1993).

    Attributes
    ----------
    model : Model
        Of the components.
    log_volume : float
        The logarithm of the volume, in the units of the data, that the rows of the background are spread over.
    log_sides : ndarray of shape (n_features,) or None
        Logarithms of the lengths whose product it is, for rows that lack values; None refuses these.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import em_steps
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized, Problem, WithBackground
    >>> from mixfold.parameters import Parameters
    >>> rows = np.array([[-1.0], [-0.5], [0.0], [0.5], [1.0], [80.0]])
    >>> model = WithBackground(Penalized(family_for("diag"), Prior.from_rows(1.0, np.ones(1))), np.log(100.0))
    >>> start = model.begun(Parameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1))))
    >>> end = em_steps(Problem(Fold.of_rows(rows), model), start, 50).point.parameters
    >>> end.means.round(1) + 0.0, bool(0.1 < end.share < 0.25)
    (array([[0.]]), True)
    """

    model: Model
    log_volume: float
    log_sides: FloatArray | None = None

    def __post_init__(self) -> None:
        """Refuse a volume that is none.

        Raises
        ------
        InputError
            If `log_volume` is not finite.
        """
        if not np.isfinite(self.log_volume):
            message = f"`log_volume` must be finite, got {self.log_volume}. Leave out features that never vary."
            raise InputError(message)

    @property
    def structure(self) -> Structure:
        """The scatter that `maximize` needs, which is also the structure of the whitener."""
        return self.model.structure

    @property
    def is_symmetric(self) -> bool:
        """Whether components may be exchanged, merged and begun anew, as a search does."""
        return self.model.is_symmetric

    @property
    def climbs(self) -> bool:
        """Whether no step lowers the objective."""
        return self.model.climbs

    def begun(self, parameters: Parameters) -> BackgroundParameters:
        """Give components a background of a share of 0.05; those that have one are taken as they are.

        Parameters
        ----------
        parameters : Parameters
        """
        if isinstance(parameters, BackgroundParameters):
            return parameters
        return BackgroundParameters.of(parameters, FIRST_SHARE)

    def maximize(self, statistics: SufficientStatistics, before: Parameters | None = None) -> BackgroundParameters:
        """Give the parameters that maximize the expected objective: the background has what the counts leave."""
        if before is None:  # the statistics know of no background yet
            return self.begun(self.model.maximize(statistics))
        components = self.model.maximize(statistics, self.begun(before).components)
        return BackgroundParameters.of(components, min(statistics.background_share, MOST_SHARE))

    def parameters_of(self, arrays: Mapping[str, FloatArray]) -> BackgroundParameters:
        """Give the parameters whose `arrays` these are."""
        return BackgroundParameters.of(self.model.parameters_of(arrays), float(arrays["share"]))

    def potentials(self, parameters: Parameters) -> Potentials:
        """Give the log density of weighted components, and of the background.

        Raises
        ------
        CollapseError
            If a covariance is not positive definite.
        """
        begun = self.begun(parameters)
        return self.model.potentials(begun.components).beside(begun.share, self.log_volume, self.log_sides)

    def log_prior(self, parameters: Parameters, potentials: Potentials) -> float:
        """Give what the objective of the components has beside the log-likelihood."""
        return self.model.log_prior(self.begun(parameters).components, potentials)

    def accepts(self, observation: Observation) -> bool:
        """Whether the model of the components does."""
        return self.model.accepts(observation)

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Count the free parameters: those of the components, and the share."""
        return self.model.n_parameters(n_components, n_features) + 1
