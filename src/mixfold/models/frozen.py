"""`Frozen`: a model some of whose parameters are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.errors import InputError
from mixfold.models.abstract import Model
from mixfold.models.penalized import Penalized
from mixfold.observations import Observation
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Frozen(Model):
    """A model some of whose weights, means and covariances are known; what is not is learned, given these.

    Attributes
    ----------
    model : Penalized
    weights : ndarray of shape (n_components,) or None
        NaN where one is to be learned.
    means : ndarray of shape (n_components, n_features) or None
        Likewise, number by number.
    covariances : ndarray or None
        In the shape of the family; NaN where that of a component is to be learned.
    min_weight : float
        What no weight that is learned is below.
    differences : ndarray of shape (n_components, n_features) or None
        Means that are known up to a shift that they have in common, which is learned; NaN in the whole row of a
        component whose mean has nothing to do with the others'.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import em_steps
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Frozen, Penalized, Problem
    >>> from mixfold.parameters import Parameters
    >>> rows = np.array([[-1.0], [0.0], [1.0], [8.0], [9.0], [10.0]])
    >>> known = np.array([[0.5], [np.nan]])
    >>> model = Frozen(Penalized(family_for("diag"), Prior.from_ridge(1e-6)), means=known)
    >>> start = Parameters(np.full(2, 0.5), np.array([[0.5], [5.0]]), np.ones((2, 1)))
    >>> em_steps(Problem(Fold.of_rows(rows), model), start, 50).point.parameters.means.round(3)
    array([[0.5],
           [9. ]])
    """

    model: Penalized
    weights: FloatArray | None = None
    means: FloatArray | None = None
    covariances: FloatArray | None = None
    min_weight: float = 0.0
    differences: FloatArray | None = None

    def __post_init__(self) -> None:
        """Refuse covariances that a family does not let be known one by one, and weights that leave no room.

        Raises
        ------
        InputError
            If some are known and others are not, in a family whose components share what is learned; or if the known
            weights, and the least of the others, do not fit into one; or if means and their differences are known.
        """
        if self.means is not None and self.differences is not None:
            message = "Either means or differences between them may be known, got both. Leave one of them out."
            raise InputError(message)
        if self.covariances is not None:
            free = np.isnan(self.covariances)
            if np.any(free) and not (np.all(free) or has_own_covariances(self.model.family)):
                message = (
                    "Covariances must be known of all components or of none where these share what is learned, as with "
                    f"covariance_type={self.model.family.name!r}. Choose 'full', 'diag' or 'spherical'."
                )
                raise InputError(message)
        if self.weights is not None or self.min_weight:
            weights = np.full(1, np.nan) if self.weights is None else self.weights
            free = np.isnan(weights)
            known, n_free = float(np.sum(weights[~free])), int(np.sum(free))
            excess = known + n_free * self.min_weight
            if np.any(weights[~free] < 0.0) or excess > 1.0 + 1e-9 or (not n_free and abs(known - 1.0) > 1e-9):
                message = (
                    "Known weights must be at least 0 and leave room for the others: they sum to "
                    f"{known:g}, and {n_free} others have at least {self.min_weight:g} each. Pass NaN for those that "
                    "are to be learned."
                )
                raise InputError(message)

    @property
    def structure(self) -> Structure:
        """The scatter that `maximize` needs, which is also the structure of the whitener."""
        return self.model.structure

    @property
    def is_symmetric(self) -> bool:
        """Whether components may be exchanged, merged and begun anew: each is the one that it is known as."""
        return False

    @property
    def climbs(self) -> bool:
        """Whether no step lowers the objective."""
        return self.model.climbs

    def begun(self, parameters: Parameters) -> Parameters:
        """Give parameters with what is known in its place."""
        weights = parameters.weights if self.weights is None else _weighted(parameters.weights, self.weights, 0.0)
        weights = _weighted(weights, np.full_like(weights, np.nan), self.min_weight) if self.min_weight else weights
        means = parameters.means if self.means is None else np.where(np.isnan(self.means), parameters.means, self.means)
        if self.differences is not None:
            shares = np.maximum(weights, np.finfo(np.float64).tiny)[:, None, None] * np.eye(means.shape[1])
            means = self._shifted(means, shares)
        return Parameters(weights, means, self._known_covariances(parameters.covariances))

    def maximize(self, statistics: SufficientStatistics, before: Parameters | None = None) -> Parameters:
        """Give parameters that the expected objective is no lower at than before: means first, given the covariances.

        Where whole means are known or free that is its maximum (else Meng & Rubin 1993).
        """
        if before is None:
            return self.begun(self.model.maximize(statistics))
        if self.means is not None or self.differences is not None:
            means = (
                self._given_means(statistics, before) if self.differences is None else self._moved(statistics, before)
            )
            statistics = replace(statistics.around(means), shift=np.zeros_like(means))
        found = self.model.maximize(statistics, before)
        counts = statistics.labels / np.sum(statistics.labels)
        known = np.full_like(counts, np.nan) if self.weights is None else self.weights
        covariances = self._known_covariances(found.covariances)
        return Parameters(_weighted(counts, known, self.min_weight), found.means, covariances)

    def potentials(self, parameters: Parameters) -> Potentials:
        """Give the log density of weighted components.

        Raises
        ------
        CollapseError
            If a covariance is not positive definite.
        """
        return self.model.potentials(parameters)

    def log_prior(self, parameters: Parameters, potentials: Potentials) -> float:
        """Give what the objective of the model has beside the log-likelihood."""
        return self.model.log_prior(parameters, potentials)

    def accepts(self, observation: Observation) -> bool:
        """Whether the model does."""
        return self.model.accepts(observation)

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Count the free parameters."""
        free = self.model.n_parameters(n_components, n_features)
        if self.means is not None:
            free -= int(np.sum(~np.isnan(self.means)))
        if self.differences is not None:  # of a first one the mean is free
            free -= n_features * max(int(np.sum(~np.isnan(self.differences[:, 0]))) - 1, 0)
        if self.weights is not None:  # the last of them follows from the others
            free -= min(int(np.sum(~np.isnan(self.weights))), n_components - 1)
        if self.covariances is not None:
            family, known = self.model.family, self._has_covariance(n_components)
            all_of_them = family.n_parameters(n_components, n_features)
            free -= all_of_them if np.all(known) else int(np.sum(known)) * family.n_parameters(1, n_features)
        return free

    def _given_means(self, statistics: SufficientStatistics, before: Parameters) -> FloatArray:
        """Give the means: known ones, and of the others what is most probable beside these."""
        assert self.means is not None  # noqa: S101  (else all are free)
        means, (k, d) = statistics.means, self.means.shape
        known = ~np.isnan(self.means)
        dense = self.model.family.dense(before.covariances, k, d)
        result = np.where(known, np.nan_to_num(self.means), means)
        for one in np.flatnonzero(np.any(known, axis=1) & ~np.all(known, axis=1)):
            at, free = np.flatnonzero(known[one]), np.flatnonzero(~known[one])
            moved = np.linalg.solve(dense[one][np.ix_(at, at)], result[one, at] - means[one, at])
            result[one, free] += dense[one][np.ix_(free, at)] @ moved
        return np.asarray(result)

    def _moved(self, statistics: SufficientStatistics, before: Parameters) -> FloatArray:
        """Give the means, some of them at known differences: what is most probable given the covariances."""
        k, d = statistics.center.shape
        precisions = np.linalg.inv(self.model.family.dense(before.covariances, k, d))
        count = np.maximum(statistics.count, np.finfo(np.float64).tiny)
        return self._shifted(statistics.means, count[:, None, None] * precisions)

    def _shifted(self, means: FloatArray, precisions: FloatArray) -> FloatArray:
        """Give means of which some are where they are known to be, up to the shift that brings them nearest to these.

        Parameters
        ----------
        means : ndarray of shape (n_components, n_features)
        precisions : ndarray of shape (n_components, n_features, n_features)
            By which squares of the distances are weighed.
        """
        assert self.differences is not None  # noqa: S101  (callers look)
        known = ~np.isnan(self.differences[:, 0])
        away, weigh = means[known] - self.differences[known], precisions[known]
        shift = np.linalg.solve(np.sum(weigh, axis=0), np.einsum("kde,ke->d", weigh, away))
        return np.where(known[:, None], np.nan_to_num(self.differences) + shift, means)

    def _has_covariance(self, n_components: int) -> BoolArray:
        """Tell of which components the covariance is known, (K,)."""
        if self.covariances is None:
            return np.zeros(n_components, dtype=bool)
        if self.structure.is_shared:
            return np.full(n_components, not np.any(np.isnan(self.covariances)))
        return ~np.any(np.isnan(self.covariances.reshape(n_components, -1)), axis=1)

    def _known_covariances(self, covariances: FloatArray) -> FloatArray:
        if self.covariances is None:
            return covariances
        return np.where(np.isnan(self.covariances), covariances, self.covariances)


def has_own_covariances(family: CovarianceFamily) -> bool:
    """Whether the covariance of each component is learned by itself: parameters are as many times those of one.

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> from mixfold.models.frozen import has_own_covariances
    >>> [has_own_covariances(family_for(name)) for name in ("full", "tied", "VEE", "diag")]
    [True, False, False, True]
    """
    return family.n_parameters(7, 5) == 7 * family.n_parameters(1, 5)


def _weighted(counts: FloatArray, known: FloatArray, least: float) -> FloatArray:
    """Give the weights of most likelihood: known ones, and the others by their counts, none below the least."""
    weights, free = known.copy(), np.isnan(known)
    while np.any(free):
        room = max(1.0 - float(np.sum(weights[~free])), 0.0)
        total = float(np.sum(counts[free]))
        share = counts[free] / total if total > 0.0 else np.full(int(np.sum(free)), 1.0 / np.sum(free))
        low = free.copy()
        low[free] = room * share < least
        if not np.any(low):
            weights[free] = room * share
            break
        weights[low], free = least, free & ~low
    return weights
