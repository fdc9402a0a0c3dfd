"""`SharedRows`: rows that are shared among components in one way, of which any conjugate prior makes a posterior.

What no prior changes is computed once, so that many priors can be asked how much evidence there is of such rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Scatter
from mixfold.typing import FloatArray, IntArray

NO_PRIOR = Prior.from_ridge(0.0)


@dataclass(frozen=True)
class Components:
    """What is believed of means and precisions, under the names that a `Posterior` has them by.

    Attributes
    ----------
    family : CovarianceFamily
    means, covariances, mean_precision, degrees_of_freedom : ndarray

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.models.shared_rows import Components
    >>> one = Components(family_for("diag"), np.zeros((1, 2)), np.array([[4.0, 1.0]]), np.ones(1), np.ones(1))
    >>> one.whitener, one.log_precision.round(2)
    (array([[0.5, 1. ]]), array([-1.39]))
    """

    family: CovarianceFamily
    means: FloatArray
    covariances: FloatArray
    mean_precision: FloatArray
    degrees_of_freedom: FloatArray

    @cached_property
    def whitener(self) -> FloatArray:
        """The G with G^T G the expected precision."""
        return self.family.whiten(self.covariances)

    @cached_property
    def log_precision(self) -> FloatArray:
        """The log determinant of the expected precision, (K,)."""
        return 2.0 * self.family.half_log_precision(self.whitener, *self.means.shape)


@dataclass(frozen=True, slots=True)
class SharedRows:
    """Sums of rows about the mean of each component, as conjugate priors need them.

    Attributes
    ----------
    family : CovarianceFamily
    mean_prior : ndarray of shape (n_features,)
        m_0.
    counts : ndarray of shape (n_components,)
    away : ndarray of shape (n_components, n_features)
        Means of the rows from the prior mean.
    scatter : ndarray
        In the structure of the family.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models.shared_rows import SharedRows
    >>> family, fold = family_for("diag"), Fold.of_rows(np.array([[1.0], [3.0]]))
    >>> sums = fold.centered_moments(lambda rows: np.ones((rows.n, 1)), 1, family.structure)
    >>> rows = SharedRows.of(sums, family, np.zeros(1), np.zeros(()))
    >>> rows.components(1.0, np.array([3.0]), 2.0).means.round(2)  # two rows with mean 2, and one at zero
    array([[1.33]])
    """

    family: CovarianceFamily
    mean_prior: FloatArray
    counts: FloatArray
    away: FloatArray
    scatter: FloatArray

    @classmethod
    def of(
        cls, statistics: SufficientStatistics, family: CovarianceFamily, mean_prior: FloatArray, spread: FloatArray
    ) -> Self:
        """Take sums of rows, each of which stands for values with that variance around it."""
        scatter = statistics.jittered(spread).scatter_about_means
        return cls(family, mean_prior, statistics.count, statistics.means - mean_prior, scatter)

    def joined(self, one: IntArray, other: IntArray) -> Self:
        """Give a component for each pair of these: that of the rows of both. Of structures that are not shared."""
        first, second = self.counts[one], self.counts[other]
        both = np.maximum(first + second, np.finfo(np.float64).tiny)
        away = (first[:, None] * self.away[one] + second[:, None] * self.away[other]) / both[:, None]
        between = self.family.structure.outer(first * second / both, self.away[one] - self.away[other])
        return replace(self, counts=both, away=away, scatter=self.scatter[one] + self.scatter[other] + between)

    def components(self, mean_precision: float, scatter: FloatArray, degrees_of_freedom: float) -> Components:
        """Give what maximizes the bound under a prior (Bishop 2006, eqs. 10.60 to 10.63)."""
        (k, d), counts, structure = self.away.shape, self.counts, self.family.structure
        precision = mean_precision + counts
        share = counts / precision
        summed = (
            self.scatter
            + structure.of_equal(np.ones(k), scatter, d)
            + structure.outer(mean_precision * share, self.away)
        )
        degrees = degrees_of_freedom + (np.full(k, np.mean(counts)) if self.family.are_equal else counts)
        covariances = self.family.maximize(Scatter(summed, d), degrees, NO_PRIOR)
        return Components(self.family, self.mean_prior + share[:, None] * self.away, covariances, precision, degrees)
