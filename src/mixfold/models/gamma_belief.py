"""`GammaBelief`: what is believed of a positive number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln


@dataclass(frozen=True, slots=True)
class GammaBelief:
    """A Gamma distribution of a positive number.

    Attributes
    ----------
    shape, rate : float

    Examples
    --------
    >>> from mixfold.models import GammaBelief
    >>> belief = GammaBelief(2.0, 4.0)
    >>> belief.mean, belief.divergence(belief)
    (0.5, 0.0)
    """

    shape: float = 1.0
    rate: float = 1.0

    @property
    def mean(self) -> float:
        """The expectation."""
        return self.shape / self.rate

    @property
    def mean_log(self) -> float:
        """The expectation of the logarithm."""
        return float(digamma(self.shape) - np.log(self.rate))

    def log_density_of_logarithm(self, value: float) -> float:
        """Give the log density of the logarithm of a number, at the number."""
        shape, rate = self.shape, self.rate
        return float(shape * np.log(rate * value) - rate * value - gammaln(shape))

    def divergence(self, other: GammaBelief) -> float:
        """Give the Kullback-Leibler divergence from another Gamma distribution."""
        return float(
            (self.shape - other.shape) * digamma(self.shape)
            - gammaln(self.shape)
            + gammaln(other.shape)
            + other.shape * np.log(self.rate / other.rate)
            + self.shape * (other.rate / self.rate - 1.0)
        )
