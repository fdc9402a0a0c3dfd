"""`PriorScale`: conjugate priors on the scale of data, whose two numbers are learned like anything else.

A component's covariance is expected to be `size` times that of all rows, and its mean to be distributed as all rows
are, so that both together vary as the data do; how alike components are is told by how many rows the first is known by.
The bound under a prior is a lower bound of its evidence, so that the best of a few hundred is taken (empirical Bayes).
No invertible linear map of the rows changes what is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.fold import Fold
from mixfold.models.variational import NO_PRIOR, Posterior, Variational
from mixfold.models.weight_posteriors import WeightPrior
from mixfold.typing import FloatArray

SIZES = tuple(float(size) for size in 10.0 ** -np.arange(0.0, 4.01, 0.25))
"""Of a component's covariance, in that of all rows: from 1 to 1e-4."""
FIRST_SIZES = (1.0, 0.1, 0.01)
"""Those that fits begin with."""
LIKENESSES = (2.0, 5.0, 12.0, 30.0)
"""Rows, beyond D, that a component's covariance is known by; with more than one the expected covariance exists."""
NARROW, NEVER = 1e-8, 1e-12
"""Of a feature's variance, and of the largest one: what is added, so that a prior is positive definite."""


@dataclass(frozen=True)
class PriorScale:
    """Where the priors of a model come from: what the caller says, and else what all rows are like.

    Attributes
    ----------
    family : CovarianceFamily
    weight_prior : WeightPrior
    mean : ndarray of shape (n_features,)
    covariance : ndarray
        Of all rows, in the shape of one component.
    mean_precision_prior, degrees_of_freedom_prior : float or None
        What the caller says; None is learned.
    covariance_prior : ndarray or None
        Likewise.
    ridge : float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import PriorScale, StickPrior
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> scale = PriorScale.of(fold, family_for("diag"), StickPrior(1.0))
    >>> scale.mean, scale.first[0].covariance_prior.round(1)
    (array([5.]), array([16.7]))
    """

    family: CovarianceFamily
    weight_prior: WeightPrior
    mean: FloatArray
    covariance: FloatArray
    mean_precision_prior: float | None = None
    degrees_of_freedom_prior: float | None = None
    covariance_prior: FloatArray | None = None
    ridge: float = 0.0

    @classmethod
    def of(cls, fold: Fold, family: CovarianceFamily, weight_prior: WeightPrior) -> Self:
        """Look at all rows, twice."""
        d, structure = fold.source.n_features, family.structure
        whole = fold.centered_moments(lambda rows: np.ones((rows.n, 1)), 1, structure)
        covariance = family.dense(family.maximize(whole.about_means, whole.count, NO_PRIOR), 1, d)[0]
        variances = np.diagonal(covariance)
        widest = float(np.max(variances)) or 1.0
        covariance = covariance + np.diag(NARROW * variances + NEVER * widest)
        return cls(family, weight_prior, whole.means[0], structure.reduced(covariance, d))

    @property
    def first(self) -> list[Variational]:
        """The models that fits begin with."""
        known = self.mean_precision_prior is not None and self.covariance_prior is not None
        return [self.model(size, LIKENESSES[0]) for size in FIRST_SIZES[: 1 if known else None]]

    def model(self, size: float, likeness: float) -> Variational:
        """Give the model whose components have so large and so similar covariances."""
        degrees = self.degrees_of_freedom_prior
        degrees = len(self.mean) + likeness if degrees is None else degrees
        scatter = size * (likeness - 1.0) * self.covariance if self.covariance_prior is None else self.covariance_prior
        precision = size if self.mean_precision_prior is None else self.mean_precision_prior
        return Variational(self.family, self.weight_prior, self.mean, precision, scatter, degrees, self.ridge)

    @cached_property
    def models(self) -> list[Variational]:
        """All models that there are to choose from."""
        return [self.model(size, likeness) for likeness in LIKENESSES for size in SIZES]

    def best(self, posterior: Posterior, present: Variational) -> Variational:
        """Give the model under which the bound of a posterior is highest: it never falls by that."""
        if None not in (self.mean_precision_prior, self.degrees_of_freedom_prior) and self.covariance_prior is not None:
            return present
        facts = present.facts(posterior, present.potentials(posterior))
        best, highest = present, present.log_prior_from(facts)
        for model in self.models:
            if (value := model.log_prior_from(facts)) > highest + 1e-9 * abs(highest):
                best, highest = model, value
        return best
