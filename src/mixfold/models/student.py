"""`Student`: components with heavy tails, multivariate Student's t (Liu & Rubin 1995; Peel & McLachlan 2000).

A row of a component is normal with covariance Sigma / tau, and tau, which nobody sees, has a Gamma distribution of
shape and rate nu / 2. The E step gives u = E[tau]; a row far from the mean has a small one and is held off. The M step
divides what the u count.

The scale of tau is a parameter more, alpha, which no row tells from Sigma (Kent, Tyler & Vardi 1994; Meng & van Dyk
1997): with it the expected objective is highest where the scatter is divided by the sum of the u instead of the number
of rows, and EM needs a fraction of the steps. Where a prior or a restricted family makes that no maximum, the objective
is asked, and the plain step taken if it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import digamma

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.errors import InputError
from mixfold.models.abstract import Model
from mixfold.models.coordinates import UnconstrainedCoordinates
from mixfold.observations.components import log_norm
from mixfold.parameters import Parameters, n_free_parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Scatter, Structure
from mixfold.typing import FloatArray, IntArray

FEWEST_DEGREES, MOST_DEGREES = 1.0, 200.0
"""Between these degrees of freedom are learned: from Cauchy's tails to those that no data tell from normal ones."""
FIRST_DEGREES = 10.0
"""Where learning begins."""
HALVINGS = 60
"""Of the interval in which the degrees are looked for: to the last bit."""

Degrees = Literal["each", "one"] | float


@dataclass(frozen=True, slots=True)
class StudentParameters(Parameters):
    """Weights, means, scale matrices, and degrees of freedom.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray
        Scale matrices, in the shape of the family: the covariance is ``degrees / (degrees - 2)`` times as large, and
        infinite from two degrees down.
    degrees : ndarray of shape (n_components,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import StudentParameters
    >>> cauchy = StudentParameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)), np.ones(1))
    >>> np.exp(Fold.of_rows(np.zeros((1, 1))).log_density(cauchy.potentials(family_for("diag")))).round(4)  # 1 / pi
    array([0.3183])
    """

    degrees: FloatArray

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """All that there is, as arrays under names."""
        return {**super(StudentParameters, self).arrays, "degrees": self.degrees}

    def reordered(self, order: IntArray, structure: Structure) -> StudentParameters:
        """Give the same mixture with its components in another order."""
        covariances = structure.take(self.covariances, order)
        return StudentParameters(self.weights[order], self.means[order], covariances, self.degrees[order])

    def potentials(self, family: CovarianceFamily) -> Potentials:
        """Give log weight_k + log t(x | mean_k, Sigma_k, degrees_k) as potentials.

        Raises
        ------
        CollapseError
            If a scale matrix is not positive definite.
        """
        (k, d), degrees = self.means.shape, self.degrees
        whitener = family.whiten(self.covariances)
        with np.errstate(divide="ignore"):  # a component of weight zero scores minus infinity
            log_weights = np.log(self.weights)
        offset = log_weights + log_norm(degrees, d) + family.half_log_precision(whitener, k, d)
        return Potentials(offset, self.means, whitener, family.structure, degrees=degrees, log_weights=log_weights)


@dataclass(frozen=True, slots=True)
class StudentCoordinates:
    """Those of a mixture of scale matrices, and the logarithms of the degrees of freedom.

    Attributes
    ----------
    model : Student
    scales : UnconstrainedCoordinates

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.models import Student, StudentParameters
    >>> model = Student(family_for("diag"), Prior.from_rows(1.0, np.ones(1)))
    >>> here = StudentParameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)), np.ones(1))
    >>> model.coordinates(here).of(here)
    array([0., 0., 0., 0.])
    """

    model: Student
    scales: UnconstrainedCoordinates

    def of(self, parameters: Parameters) -> FloatArray:
        """Give the coordinates of parameters, (p,)."""
        begun = self.model.begun(parameters)
        return np.concatenate([self.scales.of(begun), np.log(begun.degrees)])

    def parameters(self, coordinates: FloatArray) -> StudentParameters:
        """Give the parameters at coordinates, with degrees that are possible."""
        k = len(self.scales.means)
        there = self.scales.parameters(coordinates[:-k])
        if isinstance(self.model.degrees, str):
            degrees = np.exp(np.clip(coordinates[-k:], np.log(FEWEST_DEGREES), np.log(MOST_DEGREES)))
        else:
            degrees = np.full(k, self.model.degrees)
        return StudentParameters(there.weights, there.means, there.covariances, degrees)


@dataclass(frozen=True, slots=True)
class Student(Model):
    """Heavy-tailed components, whose scale matrices are of a family under a prior.

    Attributes
    ----------
    family : CovarianceFamily
    prior : Prior
        Of the scale matrices; without jitter, of which heavy tails have no mean score.
    degrees : "each", "one" or float
        Degrees of freedom that are learned for each component, for all together, or known. Those that are learned are
        between 1 and 200.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import em_steps
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Problem, Student
    >>> from mixfold.parameters import Parameters
    >>> rows = np.array([[-1.0], [0.0], [1.0], [0.5], [-0.5], [1000.0]])
    >>> model = Student(family_for("diag"), Prior.from_rows(1.0, np.ones(1)), degrees=2.0)
    >>> start = model.begun(Parameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1))))
    >>> em_steps(Problem(Fold.of_rows(rows), model), start, 50).point.parameters.means.round(1)
    array([[0.]])
    """

    family: CovarianceFamily
    prior: Prior
    degrees: Degrees = "each"

    def __post_init__(self) -> None:
        """Refuse degrees that are none, and jitter.

        Raises
        ------
        InputError
            If `degrees` is neither "each" nor "one" nor a positive number, or the prior has jitter.
        """
        degrees = self.degrees
        if degrees not in {"each", "one"} and (isinstance(degrees, str) or not 0.0 < degrees < np.inf):
            message = (
                f"`degrees` must be 'each', 'one', or a positive number, got {degrees!r}. Pass 'each' to learn them."
            )
            raise InputError(message)
        if np.any(self.prior.jitter):
            message = "The prior of a Student model must have no jitter, got some. Pass a prior of points."
            raise InputError(message)

    @property
    def structure(self) -> Structure:
        """The scatter that `maximize` needs, which is also the structure of the whitener."""
        return self.family.structure

    def begun(self, parameters: Parameters) -> StudentParameters:
        """Give heavy tails to a mixture, from which to go on: 10 degrees of freedom where they are learned.

        Parameters
        ----------
        parameters : Parameters
            Of a Gaussian mixture; those of heavy tails are taken as they are.
        """
        if isinstance(parameters, StudentParameters):
            return parameters
        degrees = np.full(len(parameters.weights), FIRST_DEGREES if isinstance(self.degrees, str) else self.degrees)
        return StudentParameters(parameters.weights, parameters.means, parameters.covariances, degrees)

    @property
    def climbs(self) -> bool:
        """Whether no step lowers the objective: so under a prior that is a density."""
        return self.prior.is_density

    @property
    def has_coordinates(self) -> bool:
        """Whether steps may be extrapolated: the objective is one that EM climbs, and parameters have coordinates."""
        return self.climbs and self.family.has_plain_step

    def coordinates(self, reference: Parameters) -> StudentCoordinates:
        """Give coordinates without constraints around some parameters."""
        return StudentCoordinates(self, UnconstrainedCoordinates(self.family, reference))

    def maximize(self, statistics: SufficientStatistics, before: Parameters | None = None) -> StudentParameters:
        """Give parameters that the expected objective is no lower at than before, and mostly its maximum."""
        counts = statistics.count
        weights = counts / np.sum(counts)
        last = None if before is None else self.begun(before)
        if last is None or statistics.mass is None:
            covariances = self._covariances(statistics, np.ones(len(counts)), last)
            return self.begun(Parameters(weights, statistics.means, covariances))
        ones = np.ones(len(counts))
        scale = self._scale_of_tails(statistics, last.degrees)
        covariances = self._covariances(statistics, scale, last)
        if self._expected(covariances, statistics, scale, last) < self._expected(
            last.covariances, statistics, ones, last
        ):
            scale = ones
            covariances = self._covariances(statistics, scale, last)
        degrees = self._learned_degrees(statistics, scale, last.degrees)
        return StudentParameters(weights, statistics.means, covariances, degrees)

    def parameters_of(self, arrays: Mapping[str, FloatArray]) -> StudentParameters:
        """Give the parameters whose `arrays` these are."""
        return StudentParameters(*(arrays[name] for name in ("weights", "means", "covariances", "degrees")))

    def potentials(self, parameters: Parameters) -> Potentials:
        """Give the log density of weighted components.

        Raises
        ------
        CollapseError
            If a scale matrix is not positive definite.
        """
        return self.begun(parameters).potentials(self.family)

    def log_prior(self, parameters: Parameters, potentials: Potentials) -> float:
        """Give the log density of the prior relative to its mode; zero where there is none."""
        del parameters
        if not self.prior.is_density:
            return 0.0
        return self.family.log_prior(potentials.whitener, self.prior, *potentials.center.shape)

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Count the free parameters: of weights, means, scale matrices and degrees of freedom."""
        learned = {"each": n_components, "one": 1}.get(str(self.degrees), 0)
        return n_free_parameters(self.family, n_components, n_features) + learned

    def _scale_of_tails(self, statistics: SufficientStatistics, degrees: FloatArray) -> FloatArray:
        """Give alpha, (K,): the mean of the u, of all components together where they share a scatter."""
        counts, mass, k = statistics.count, statistics.moment_mass, len(degrees)
        if statistics.basis is not None:  # products with a basis do not tell the objective
            return np.ones(k)
        if self.structure.is_shared:
            return np.full(k, np.sum(degrees * mass) / np.sum(degrees * counts))
        return np.where(counts > 0.0, mass / np.where(counts > 0.0, counts, 1.0), 1.0)

    def _covariances(
        self, statistics: SufficientStatistics, scale: FloatArray, last: StudentParameters | None
    ) -> FloatArray:
        scatter, counts = self._divided(statistics, scale), statistics.count
        if self.prior.ridge:
            d = scatter.n_features
            ridge = self.structure.of_equal(counts, self.prior.spread(self.structure, d), d, scatter.basis)
            scatter = replace(scatter, values=scatter.values + ridge)
        known = None if last is None else last.covariances
        return self.family.maximize(scatter, counts, self.prior, known)

    def _divided(self, statistics: SufficientStatistics, scale: FloatArray) -> Scatter:
        """Give the scatter in units of the tails' scale."""
        scatter = statistics.about_means
        if self.structure.is_shared:
            return replace(scatter, values=scatter.values / scale[0])
        return replace(scatter, values=scatter.values / scale.reshape(-1, *[1] * (scatter.values.ndim - 1)))

    def _expected(
        self, covariances: FloatArray, statistics: SufficientStatistics, scale: FloatArray, last: StudentParameters
    ) -> float:
        """Give the expected objective but for what depends on neither scale; the same for all where it is not asked."""
        if statistics.basis is not None:
            return 0.0
        (k, d), counts, degrees = last.means.shape, statistics.count, last.degrees
        whitener = self.family.whiten(covariances)
        scatter = self._divided(statistics, scale).values
        value = float(counts @ self.family.half_log_precision(whitener, k, d))
        value -= 0.5 * float(np.sum(self.family.precisions(whitener) * scatter))
        value -= 0.5 * float(counts @ ((d + degrees) * np.log(scale)) + (degrees / scale) @ statistics.moment_mass)
        return value + (self.family.log_prior(whitener, self.prior, k, d) if self.prior.is_density else 0.0)

    def _learned_degrees(self, statistics: SufficientStatistics, scale: FloatArray, before: FloatArray) -> FloatArray:
        """Maximize the expected objective over the degrees of freedom: a root of its falling derivative, by halving."""
        if not isinstance(self.degrees, str):
            return np.full(len(before), self.degrees)
        assert statistics.log_mass is not None  # noqa: S101  (there is a mass)
        counts, d = statistics.count, statistics.center.shape[1]
        half = 0.5 * (before + d)
        # Sums over rows of E[log tau] - log alpha - E[tau] / alpha, (K,).
        sums = statistics.log_mass + counts * (digamma(half) - np.log(half) - np.log(scale))
        sums = sums - statistics.moment_mass / scale
        if self.degrees == "one":
            counts, sums = np.full(len(before), np.sum(counts)), np.full(len(before), np.sum(sums))
        slope = np.where(counts > 0.0, sums / np.where(counts > 0.0, counts, 1.0), 0.0) + 1.0
        low, high = (np.full(len(before), np.log(bound)) for bound in (FEWEST_DEGREES, MOST_DEGREES))
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            halved = 0.5 * np.exp(middle)
            rises = np.log(halved) - digamma(halved) + slope > 0.0
            low, high = np.where(rises, middle, low), np.where(rises, high, middle)
        return np.where(counts > 0.0, np.exp(0.5 * (low + high)), before)
