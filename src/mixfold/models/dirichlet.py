"""Weights of a number of components, with a Dirichlet distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, gammaln

from mixfold.engines import WeightStep
from mixfold.engines.posterior_loop import LEARNED
from mixfold.models.gamma_belief import LOG_CONCENTRATIONS, GammaBelief, drawn_concentration
from mixfold.models.weight_posteriors import WeightPrior, Weights
from mixfold.typing import FloatArray, IntArray

SETTLED = 1e-12
"""Of the logarithm of a most probable concentration."""


@final
@dataclass(frozen=True, slots=True)
class DirichletWeights(Weights):
    """A Dirichlet distribution.

    Attributes
    ----------
    concentration : ndarray of shape (n_components,)
    before : float or None
        Rows that each component has beforehand, where that is learned.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import DirichletWeights
    >>> DirichletWeights(np.array([3.0, 1.0])).mean
    array([0.75, 0.25])
    """

    concentration: FloatArray
    before: float | None = None

    @property
    def mean(self) -> FloatArray:
        """What is expected of the weights."""
        return self.concentration / np.sum(self.concentration)

    @property
    def mean_log(self) -> FloatArray:
        """What is expected of their logarithms (Bishop 2006, eq. 10.66)."""
        return np.asarray(digamma(self.concentration) - digamma(np.sum(self.concentration)))

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """The concentration under its name, and what each has beforehand where that is learned."""
        learned = {} if self.before is None else {LEARNED: np.array([self.before])}
        return {"concentration": self.concentration, **learned}

    def draw(self, random: np.random.Generator) -> FloatArray:
        """Draw from the Dirichlet distribution."""
        return random.dirichlet(self.concentration)

    def reordered(self, order: IntArray) -> DirichletWeights:
        """Take those of the components."""
        return replace(self, concentration=self.concentration[order])


@final
@dataclass(frozen=True, slots=True)
class DirichletPrior(WeightPrior):
    """A Dirichlet distribution, the same for all components.

    Attributes
    ----------
    concentration : float or GammaBelief
        Rows that each component has beforehand. What is believed is believed of all of them together, however many
        there are, so that a mixture of more components is no more even: each of K has a K-th of it (the dynamic
        mixtures of Fruehwirth-Schnatter, Malsiner-Walli & Gruen 2021, Bayesian Analysis 16, 1279). The most probable
        value is taken.
    of_all : bool
        Whether a number is of all components together, too.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import DirichletPrior, GammaBelief
    >>> DirichletPrior(0.5).learn(np.array([9.0, 0.0]), None).concentration
    array([9.5, 0.5])
    >>> even, uneven = np.array([50.0, 50.0]), np.array([99.0, 1.0])
    >>> learned = [DirichletPrior(GammaBelief()).learn(counts, None).before for counts in (even, uneven)]
    >>> learned[0] > learned[1]
    True
    """

    concentration: GammaBelief | float
    of_all: bool = False
    is_symmetric: ClassVar[bool] = True

    @property
    def step(self) -> WeightStep | None:
        """What an engine must know to learn this in its own loop; None where a number depends on how many there are."""
        belief = self.concentration
        if isinstance(belief, GammaBelief):
            return WeightStep(is_stick=False, concentration=belief.shape, rate=belief.rate)
        return None if self.of_all else WeightStep(is_stick=False, concentration=belief)

    def learn(self, counts: FloatArray, before: Weights | None) -> DirichletWeights:
        """Add the rows (Bishop 2006, eq. 10.58)."""
        del before
        if not isinstance(self.concentration, GammaBelief):
            return DirichletWeights(self._each(len(counts)) + counts)

        belief, k, n = self.concentration, len(counts), np.sum(counts)

        def slope(log_value: float) -> float:
            """Of the log probability of the rows and of the logarithm of the concentration."""
            of_all = float(np.exp(log_value))
            rows = digamma(of_all) - digamma(of_all + n) + np.mean(digamma(of_all / k + counts) - digamma(of_all / k))
            return float(belief.shape + of_all * (rows - belief.rate))

        each = float(np.exp(_root(slope, *LOG_CONCENTRATIONS))) / k
        return DirichletWeights(each + counts, each)

    def posterior_of(self, arrays: Mapping[str, FloatArray]) -> DirichletWeights:
        """Give the posterior whose `arrays` these are."""
        learned = float(arrays[LEARNED][0]) if LEARNED in arrays else None
        return DirichletWeights(arrays["concentration"], learned)

    def divergence(self, posterior: Weights) -> float:
        """Give what Bishop 2006 has in eqs. 10.73 and 10.76; less the log prior density of what is learned."""
        assert isinstance(posterior, DirichletWeights)  # noqa: S101  (which `learn` gives)
        after, k = posterior.concentration, len(posterior.concentration)
        each = self.of_each(posterior)
        log_norm = gammaln(np.sum(after)) - np.sum(gammaln(after))
        log_norm_before = gammaln(k * each) - k * gammaln(each)
        divergence = float(log_norm - log_norm_before + (after - each) @ posterior.mean_log)
        if isinstance(self.concentration, GammaBelief):
            divergence -= self.concentration.log_density_of_logarithm(k * each)
        return divergence

    def log_partition(self, counts: FloatArray, most: int) -> float:
        """Give it with the choice of which components groups are of; of a concentration of all, each is a group."""
        k = len(counts)
        if k > most:
            return -np.inf
        if self.of_all:
            return float(gammaln(k + 1.0)) + self._log_division(counts, float(self.concentration))  # type: ignore[arg-type]
        each, choices = self._each(k), gammaln(most + 1.0) - gammaln(most - k + 1.0)
        return float(choices + np.sum(gammaln(each + counts) - gammaln(each)))

    def draw_weights(self, counts: FloatArray, random: np.random.Generator) -> FloatArray:
        """Draw from the Dirichlet distribution."""
        return random.dirichlet(self._each(len(counts)) + counts)

    def draw_prior(
        self, counts: FloatArray, most: int, before: WeightPrior | None, random: np.random.Generator
    ) -> DirichletPrior:
        """Take some steps of Metropolis and Hastings with the logarithm of the concentration."""
        del most
        if not isinstance(self.concentration, GammaBelief):
            return self
        here = float(before.concentration) if isinstance(before, DirichletPrior) else self.concentration.mean  # type: ignore[arg-type]
        value = drawn_concentration(here, lambda value: self._log_probability(counts, value), random)
        return DirichletPrior(value, of_all=True)

    def of_each(self, posterior: DirichletWeights) -> float:
        """Give the rows that each component has beforehand, where that is learned with a posterior."""
        return self._each(len(posterior.concentration)) if posterior.before is None else posterior.before

    def _each(self, n_components: int) -> float:
        """Give the rows that each of so many components has beforehand."""
        assert not isinstance(self.concentration, GammaBelief)  # noqa: S101  (it was drawn, or is known)
        return self.concentration / n_components if self.of_all else self.concentration

    def _log_division(self, counts: FloatArray, of_all: float) -> float:
        """Give how probable it is that components have these rows, weights integrated out."""
        each = of_all / len(counts)
        whole = gammaln(of_all) - gammaln(of_all + np.sum(counts))
        return float(whole + np.sum(gammaln(each + counts) - gammaln(each)))

    def _log_probability(self, counts: FloatArray, of_all: float) -> float:
        """Give the same times the prior density of the logarithm of the concentration."""
        assert isinstance(self.concentration, GammaBelief)  # noqa: S101  (it is learned)
        return self._log_division(counts, of_all) + self.concentration.log_density_of_logarithm(of_all)


def _root(slope: Callable[[float], float], low: float, high: float) -> float:
    """Give where a slope that falls is zero, or the end that is nearest to it."""
    if slope(high) >= 0.0:
        return high
    return low if slope(low) <= 0.0 else float(brentq(slope, low, high, xtol=SETTLED))
