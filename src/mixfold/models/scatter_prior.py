"""`ScatterPrior`: what is believed of the scatter that components have beforehand, which is learned with them.

Wishart distributions of precisions whose scatter is Wishart-distributed itself keep all posteriors of known form
(Richardson & Green 1997; Fruehwirth-Schnatter 2006, section 6.3.2). The shape that components have in common is learned
so, and what it costs to learn it is in the bound: nothing is taken from the covariance of all rows but where to begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from mixfold.models.wishart import LOG_2, log_gammas
from mixfold.structures import Structure
from mixfold.typing import FloatArray

LEAST = 1e-4
"""Of the covariance of all rows: the least scatter that is expected in any direction."""


class ScatterBelief(NamedTuple):
    """What is believed of the scatter S that a component has beforehand, beside its expectation.

    Attributes
    ----------
    mean_log : float
        E[log|S|].
    divergence : float
        Of the belief from what was believed before any rows.

    Examples
    --------
    >>> from mixfold.models import ScatterBelief
    >>> ScatterBelief(mean_log=0.5, divergence=0.0).mean_log
    0.5
    """

    mean_log: float
    divergence: float


@dataclass(frozen=True)
class ScatterPrior:
    """Wishart distributions of scatters, whose degrees of freedom are the fewest: one for each direction.

    Of a structure without correlations each variance has a distribution of its own, and so have those along given axes
    in the scatter of a matrix.

    Attributes
    ----------
    structure : Structure
    covariance : ndarray
        Of all rows, in the shape of one component: the expected scatter is a multiple of it, or of the variances that
        it has along the axes.
    n_features : int
    axes : ndarray of shape (n_features, n_features) or None
        In columns, of a structure of matrices.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import ScatterPrior
    >>> from mixfold.structures import DIAGONAL
    >>> prior = ScatterPrior(DIAGONAL, np.array([4.0, 9.0]), 2)
    >>> precisions = np.array([1.0, 100.0])  # expected ones of a component, summed over components
    >>> scatter, belief = prior.learned(0.5, precisions, n_components=1, degrees_of_freedom=3.0)
    >>> scatter.round(3), belief.divergence > 0.0
    (array([2.667, 0.04 ]), True)
    """

    structure: Structure
    covariance: FloatArray
    n_features: int
    axes: FloatArray | None = None

    @property
    def has_directions(self) -> bool:
        """Whether scatters are of any direction, and not along some axes alone."""
        return self.structure.is_matrix and self.axes is None

    def total_precision(self, whitener: FloatArray, n_components: int) -> FloatArray:
        """Give the sum of expected precisions over components, in the shape of one; along axes the diagonal of it."""
        d, structure = self.n_features, self.structure
        if structure.is_matrix:
            every = whitener.reshape(-1, d)
            if self.axes is not None:
                return np.asarray(((every @ self.axes) ** 2).sum(axis=0) * (n_components if structure.is_shared else 1))
            return np.asarray(every.T @ every * (n_components if structure.is_shared else 1))
        total = np.sum(whitener**2, axis=0)
        return np.asarray(total if structure.has_shape else d * total)

    def before(self, size: float) -> tuple[FloatArray, ScatterBelief]:
        """Give the scatter that is expected before any rows, and what else is believed of it."""
        return self.learned(size, np.zeros_like(self._own), 0, 0.0)

    def learned(
        self, sizes: FloatArray | float, precision: FloatArray, n_components: int, degrees_of_freedom: float
    ) -> tuple[FloatArray, ScatterBelief]:
        """Give the scatter that is expected of components whose precisions sum to this, and what else is believed.

        Parameters
        ----------
        sizes : float or ndarray of shape (n_sizes,)
            Of the scatter expected before any rows, in the covariance of all; of several the one that brings most to
            the bound.
        precision : ndarray
            `total_precision`.
        n_components : int
        degrees_of_freedom : float
            Of the Wishart distributions of the precisions.

        Returns
        -------
        scatter : ndarray
            In the shape of one component.
        belief : ScatterBelief
        """
        before, after = self._degrees(n_components, degrees_of_freedom)
        values, axes = self._eigen(precision, after)
        m, rates = values.shape[1], before / np.atleast_1d(sizes)
        log_rates = self._log_rates(rates, values)
        evidence = self._log_evidence(rates, log_rates, before, after)
        best = int(np.argmax(evidence))
        rate = rates[best]
        mean_log = digamma(0.5 * (after - np.arange(m))).sum() + m * LOG_2 - log_rates[best]
        divergence = 0.5 * (after - before) * mean_log.sum() - evidence[best]
        shrunk = after / (rate + values)
        divergence -= 0.5 * (values * shrunk).sum()
        log_mean = self._width * float(mean_log.sum())
        if self.has_directions:
            scatter = (axes * shrunk) @ axes.T
        elif self.axes is not None:
            scatter = (self.axes * (self._own * shrunk[:, 0])) @ self.axes.T
            log_mean += 2.0 * float(np.linalg.slogdet(self.axes)[1])
        else:
            scatter = (self.covariance.reshape(-1) * shrunk[:, 0]).reshape(self.covariance.shape)
        return scatter, ScatterBelief(log_mean, float(divergence))

    def log_evidence(
        self, sizes: FloatArray, precision: FloatArray, n_components: int, degrees_of_freedom: float
    ) -> FloatArray:
        """Give what `learned` beliefs bring to the bound for each of some sizes, (m,): scatters integrated out."""
        before, after = self._degrees(n_components, degrees_of_freedom)
        rates = before / sizes
        return self._log_evidence(rates, self._log_rates(rates, self._eigen(precision, after)[0]), before, after)

    @property
    def _width(self) -> int:
        """How many variances a number of the structure is."""
        return 1 if self.structure.has_shape else self.n_features

    def _degrees(self, n_components: int, degrees_of_freedom: float) -> tuple[float, float]:
        """Give the degrees of freedom of each distribution before and after."""
        before = float(self.n_features if self.has_directions else 1)
        return before, before + self._width * n_components * degrees_of_freedom

    @cached_property
    def _root(self) -> FloatArray:
        return np.asarray(np.linalg.cholesky(self.covariance))

    def _eigen(self, precision: FloatArray, degrees: float) -> tuple[FloatArray, FloatArray]:
        """Give precisions in units of the covariance, those of each distribution in a row, and the axes they are of.

        None is larger than that of the least scatter: where rows of a component are equal it would have no end.
        """
        most, bounded = degrees / LEAST, np.minimum(precision, np.finfo(np.float64).max)
        if not self.has_directions:
            return np.minimum(self._own * bounded, most).reshape(-1, 1), self._own
        values, axes = np.linalg.eigh(self._root.T @ bounded @ self._root)
        return np.minimum(np.maximum(values, 0.0), most)[None], np.asarray(self._root @ axes)

    def _log_rates(self, rates: FloatArray, values: FloatArray) -> FloatArray:
        """Give the log determinant of each distribution's rate, (m, number of distributions)."""
        return np.asarray(np.log(rates[:, None, None] + values).sum(axis=2) - self._log_covariance)

    @cached_property
    def _log_covariance(self) -> FloatArray | float:
        """Of each distribution the log determinant of its part of the covariance."""
        if self.has_directions:
            return float(2.0 * np.sum(np.log(np.diagonal(self._root))))
        return np.asarray(np.log(self._own.reshape(-1)))

    @cached_property
    def _own(self) -> FloatArray:
        """The covariance of all rows, or the variances that it has along the axes."""
        if self.axes is None:
            return self.covariance
        inverse = np.linalg.inv(self.axes)
        return np.asarray(np.diagonal(inverse @ self.covariance @ inverse.T))

    def _log_evidence(self, rates: FloatArray, log_rates: FloatArray, before: float, after: float) -> FloatArray:
        """Give by how much the logarithms of the norms of all distributions are larger before than after, (m,)."""
        d = self.n_features if self.has_directions else 1
        first = d * np.log(rates)[:, None] - self._log_covariance
        ratio = 0.5 * (before * first - after * log_rates)
        gammas = log_gammas(after, d) - log_gammas(before, d) + 0.5 * (after - before) * d * LOG_2
        return np.asarray(ratio.sum(axis=1) + ratio.shape[1] * gammas)
