"""`GammaBelief`: what is believed of a positive number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

LOG_CONCENTRATIONS = (-12.0, 12.0)
"""Between which a most probable concentration is sought."""
METROPOLIS_STEPS = 5
"""With a concentration that is drawn, for each time that it is."""


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


def drawn_concentration(here: float, log_density: Callable[[float], float], random: np.random.Generator) -> float:
    """Take some steps of Metropolis and Hastings with the logarithm of a concentration.

    Parameters
    ----------
    here : float
        Where to begin.
    log_density : callable
        Of the logarithm of a concentration, at the concentration.
    random : Generator

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import GammaBelief
    >>> from mixfold.models.gamma_belief import drawn_concentration
    >>> random, value, belief = np.random.default_rng(0), 1.0, GammaBelief(100.0, 20.0)
    >>> draws = [value := drawn_concentration(value, belief.log_density_of_logarithm, random) for _ in range(500)]
    >>> round(float(np.mean(draws[50:])))
    5
    """
    for _ in range(METROPOLIS_STEPS):
        there = float(here * np.exp(random.normal()))
        if np.log(random.random()) < log_density(there) - log_density(here):
            here = there
    return here
