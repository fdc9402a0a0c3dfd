"""The contract of a model: what is learned from statistics, and what is maximized by that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from mixfold.engines import PosteriorStep
from mixfold.models.coordinates import Coordinates
from mixfold.models.kernel_step import KernelStep
from mixfold.observations import Observation
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray


class Model(ABC):
    """What EM learns: from statistics to parameters, from parameters to potentials, and the objective's own part.

    EM maximizes the log-likelihood of the rows under `potentials` plus `log_prior`. A model never sees rows, and knows
    no algorithm; instances are immutable and can be pickled.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized
    >>> from mixfold.parameters import Parameters
    >>> model = Penalized(family_for("diag"), Prior.from_ridge(0.0))
    >>> fold = Fold.of_rows(np.array([[0.0], [2.0], [8.0], [10.0]]))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[1.0], [1.0]]))
    >>> statistics = fold.statistics(model.potentials(start), model.structure)
    >>> model.maximize(statistics, start).means.round(2).ravel()
    array([1., 9.])
    >>> model.n_parameters(n_components=2, n_features=1)
    5
    """

    __slots__ = ()

    @property
    @abstractmethod
    def structure(self) -> Structure:
        """The scatter that `maximize` needs, which is also the structure of the whitener."""

    @property
    def kernel(self) -> KernelStep | None:
        """What an engine must know to repeat the step of this model in its own loop; None where it cannot."""
        return None

    @property
    def posterior_step(self) -> PosteriorStep | None:
        """The same of a model whose parameters are a posterior."""
        return None

    @property
    def is_symmetric(self) -> bool:
        """Whether components may be exchanged, merged and begun anew, as a search does."""
        return True

    @abstractmethod
    def maximize(self, statistics: SufficientStatistics, before: Parameters | None = None) -> Parameters:
        """Give the parameters that maximize the expected objective: the M step.

        `before` are those that the statistics were taken under, where an iteration of the model's own may begin.
        """

    def parameters_of(self, arrays: Mapping[str, FloatArray]) -> Parameters:
        """Give the parameters of this model whose `arrays` these are."""
        return Parameters.of_arrays(arrays)

    @abstractmethod
    def potentials(self, parameters: Parameters) -> Potentials:
        """Give what engines score rows by.

        Raises
        ------
        CollapseError
            If a covariance is not positive definite.
        """

    def log_prior(self, parameters: Parameters, potentials: Potentials) -> float:
        """Give what the objective has beside the log-likelihood; zero where there is nothing.

        `potentials` are those of `parameters`.
        """
        del parameters, potentials
        return 0.0

    @property
    def climbs(self) -> bool:
        """Whether no step lowers the objective but by rounding: not so of a ridge, which is in no score."""
        return True

    @property
    def has_coordinates(self) -> bool:
        """Whether steps may be extrapolated: the objective is one that EM climbs, and parameters have coordinates."""
        return False

    def coordinates(self, reference: Parameters) -> Coordinates:
        """Give coordinates without constraints around some parameters, only where the model `has_coordinates`."""
        raise NotImplementedError(type(self).__name__)

    def accepts(self, observation: Observation) -> bool:
        """Whether what rows say that are observed so can be brought to the statistics that this model learns from."""
        del observation
        return True

    @abstractmethod
    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Count the free parameters."""
