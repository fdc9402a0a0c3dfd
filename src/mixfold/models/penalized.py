"""`Penalized`: the maximum of a likelihood times a prior of the covariances."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.models.abstract import Model
from mixfold.models.coordinates import UnconstrainedCoordinates
from mixfold.models.kernel_step import KernelStep
from mixfold.parameters import Parameters, n_free_parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray

MOSTLY = 0.9
"""Share of a component's smallest variance from which on it is the prior's and not the rows'."""


@dataclass(frozen=True, slots=True)
class Penalized(Model):
    """Weights and means that are free, and covariances of a family under a prior.

    Attributes
    ----------
    family : CovarianceFamily
    prior : Prior
        A density, which is part of the objective, or scikit-learn's ridge, which is not.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.models import Penalized
    >>> from mixfold.parameters import Parameters, n_free_parameters
    >>> family = family_for("diag")
    >>> parameters = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[1.0], [4.0]]))
    >>> model = Penalized(family, Prior.from_rows(1.0, np.array([1.0])))
    >>> round(model.log_prior(parameters, model.potentials(parameters)), 3)  # one pseudo-row of variance 1 for each
    -0.318
    """

    family: CovarianceFamily
    prior: Prior
    _kernel: KernelStep | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take up the step that engines know, which remembers what it has computed."""
        if self.family.has_plain_step or self.family.kernel_letters:
            object.__setattr__(self, "_kernel", KernelStep(self.family, self.prior))

    @property
    def structure(self) -> Structure:
        """The scatter that `maximize` needs, which is also the structure of the whitener."""
        return self.family.structure

    @property
    def kernel(self) -> KernelStep | None:
        """What an engine must know to repeat the step of this model in its own loop; None where it cannot."""
        return self._kernel

    @property
    def climbs(self) -> bool:
        """Whether no step lowers the objective: so under a prior that is a density."""
        return self.prior.is_density

    @property
    def has_coordinates(self) -> bool:
        """Whether steps may be extrapolated: the objective is one that EM climbs, and parameters have coordinates."""
        return self.climbs and self.family.has_plain_step

    def coordinates(self, reference: Parameters) -> UnconstrainedCoordinates:
        """Give coordinates without constraints around some parameters."""
        return UnconstrainedCoordinates(self.family, reference)

    def maximize(self, statistics: SufficientStatistics, before: Parameters | None = None) -> Parameters:
        """Give the parameters that maximize the expected objective (Bishop 2006, eqs. 9.24 to 9.27)."""
        prior, labels = self.prior, statistics.labels
        if prior.ridge or prior.jitter.any():
            spread = prior.spread(self.structure, statistics.center.shape[1])
            scatter, counts = statistics.spread_about_means(spread)
        else:
            scatter, counts = statistics.about_means, statistics.count
        known = None if before is None else before.covariances
        covariances = self.family.maximize(scatter, counts, prior, known)
        return Parameters(labels / labels.sum(), statistics.means, covariances)

    def potentials(self, parameters: Parameters) -> Potentials:
        """Give the log density of weighted components, under which rows have the prior's jitter.

        Raises
        ------
        CollapseError
            If a covariance is not positive definite.
        """
        return parameters.potentials(self.family).jittered(self.prior.jitter)

    def log_prior(self, parameters: Parameters, potentials: Potentials) -> float:
        """Give the log density of the prior relative to its mode; zero where there is none."""
        del parameters
        if not self.prior.is_density:
            return 0.0
        return self.family.log_prior(potentials.whitener, self.prior, *potentials.center.shape)

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Count the free parameters: of weights, means and covariances."""
        return n_free_parameters(self.family, n_components, n_features)

    def rests_on_prior(self, parameters: Parameters, counts: FloatArray) -> npt.NDArray[np.bool_]:
        """Tell which components have their smallest variance from the prior though they have rows for their own, (K,).

        None where all have: a direction in which no component has variance is a property of the data. A component of
        so few rows that the prior must give it its shape is none of these.

        Parameters
        ----------
        parameters : Parameters
        counts : ndarray of shape (n_components,)
            Effective rows.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.covariance import Prior, family_for
        >>> from mixfold.models import Penalized
        >>> from mixfold.parameters import Parameters
        >>> flat, round_one = np.diag([1.0, 1e-6]), np.eye(2)
        >>> parameters = Parameters(np.array([0.5, 0.5]), np.zeros((2, 2)), np.stack([flat, round_one]))
        >>> model = Penalized(family_for("full"), Prior.from_rows(0.01, np.eye(2), shrink=0.01))
        >>> model.rests_on_prior(parameters, np.array([50.0, 50.0]))
        array([ True, False])
        """
        d = parameters.means.shape[1]
        has_rows = counts >= self.family.rows_needed(d) + self.prior.count + self.prior.likeness
        if not np.any(has_rows):
            return has_rows
        whitener = self.family.whiten(parameters.covariances)
        if self.family.has_plain_step and np.all(self._total_shares(whitener, counts, d) <= MOSTLY):
            return np.zeros(len(counts), np.bool_)
        prior = self.family.sized(self.prior, whitener, d)
        rests = self.family.prior_share(whitener, prior, counts) > MOSTLY
        return rests & ~np.all(rests) & has_rows

    def _total_shares(self, whitener: FloatArray, counts: FloatArray, n_features: int) -> FloatArray:
        """Sum over directions what share of a free covariance the prior has: it is larger in none of them."""
        prior, structure, d = self.prior, self.structure, n_features
        alike = structure.mean_squares(whitener, structure.reduced(prior.scale, d), d) + prior.likeness * d
        jitter = structure.mean_squares(whitener, prior.spread(structure, d), d)
        return alike / (prior.beside(counts) + prior.likeness) + jitter

    def mapped(self, linear: FloatArray, factor: float = 1.0) -> Penalized:
        """Give the model of rows L x that tells as much as this one of rows x, with `factor` times its pseudo-rows.

        Parameters
        ----------
        linear : ndarray of shape (n_features, n_features), (n_features,) or ()
            One of the maps that leave the family as it is.
        factor : float
        """
        return Penalized(self.family, self.prior.times(factor).mapped(linear, self.structure))
