"""Weights that are broken off a stick: those of a Dirichlet process, or of one of Pitman and Yor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import betaln, digamma, gammaln, zeta

from mixfold.engines import WeightStep
from mixfold.models.gamma_belief import LOG_CONCENTRATIONS, GammaBelief, drawn_concentration
from mixfold.models.weight_posteriors import WeightPrior, Weights
from mixfold.typing import FloatArray, IntArray

SETTLED = 1e-10
"""Of the logarithm of the concentration: an error that is none."""
SETTLED_POINT = 1e-6
"""A most probable concentration has settled when a step changes it by less than this share of itself."""
FARTHEST = 5.0
"""By which one step changes the logarithm of the concentration."""
MOST_STEPS = 1000
"""Steps of the concentration."""


@final
@dataclass(frozen=True, slots=True)
class StickWeights(Weights):
    """Weights that are broken off a stick one by one: each takes a Beta-distributed share of what is left.

    Attributes
    ----------
    taken, left : ndarray of shape (n_components,)
        Parameters of each Beta distribution.
    concentration : GammaBelief or float
        What is believed of the concentration of the process, or what it is known to be.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import StickWeights
    >>> StickWeights(np.array([1.0, 1.0]), np.array([1.0, 1.0]), 1.0).mean.round(2)
    array([0.67, 0.33])
    """

    taken: FloatArray
    left: FloatArray
    concentration: GammaBelief | float

    @property
    def mean(self) -> FloatArray:
        """What is expected of the weights, divided by the sum of those that there are."""
        whole = self.taken + self.left
        weights = self.taken / whole
        weights[1:] *= np.cumprod((self.left / whole)[:-1])
        return np.asarray(weights / weights.sum())

    @property
    def mean_log_left(self) -> FloatArray:
        """What is expected of the logarithm of the share that each leaves."""
        return np.asarray(digamma(self.left) - digamma(self.taken + self.left))

    @property
    def mean_log(self) -> FloatArray:
        """What is expected of their logarithms (Blei & Jordan 2006, section 3)."""
        own = digamma(self.taken) - digamma(self.taken + self.left)
        return np.asarray(own + np.concatenate([[0.0], np.cumsum(self.mean_log_left)[:-1]]))

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """What is taken and left, and the concentration: a number, or shape and rate of what is believed of it."""
        belief = self.concentration
        numbers = [belief.shape, belief.rate] if isinstance(belief, GammaBelief) else [belief]
        return {"taken": self.taken, "left": self.left, "concentration": np.array(numbers, dtype=np.float64)}

    def draw(self, random: np.random.Generator) -> FloatArray:
        """Draw each share, and divide the weights by the sum of those that there are."""
        shares = random.beta(self.taken, self.left)
        weights = shares * np.concatenate([[1.0], np.cumprod(1.0 - shares[:-1])])
        return np.asarray(weights / np.sum(weights))

    def reordered(self, order: IntArray) -> StickWeights:
        """Take the shares of the components."""
        return replace(self, taken=self.taken[order], left=self.left[order])


@final
@dataclass(frozen=True, slots=True)
class StickPrior(WeightPrior):
    """The stick of a Dirichlet process (Sethuraman 1994), or of one of Pitman and Yor (1997).

    Attributes
    ----------
    concentration : GammaBelief or float
        The larger, the more components are expected. A Gamma distribution is learned from (Blei & Jordan 2006,
        appendix A); of a process with a discount, where that has no such form, the most probable value is taken.
    discount : float
        At least zero, below one. Above zero the sizes of components fall off as a power law: there are many small ones.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import GammaBelief, StickPrior
    >>> few, many = np.array([90.0, 10.0, 0.0, 0.0]), np.array([25.0, 25.0, 25.0, 25.0])
    >>> prior = StickPrior(GammaBelief())
    >>> [round(prior.learn(counts, None).concentration.mean, 1) for counts in (few, many)]
    [0.3, 0.7]
    """

    concentration: GammaBelief | float
    discount: float = 0.0
    is_symmetric: ClassVar[bool] = False

    @property
    def step(self) -> WeightStep | None:
        """What an engine must know to learn this in its own loop; None with both a discount and a belief."""
        belief = self.concentration
        if not isinstance(belief, GammaBelief):
            return WeightStep(is_stick=True, concentration=belief, discount=self.discount)
        return None if self.discount else WeightStep(is_stick=True, concentration=belief.shape, rate=belief.rate)

    def learn(self, counts: FloatArray, before: Weights | None) -> StickWeights:
        """Count what each component takes and leaves; shares and concentration by turns where that is learned."""
        taken = 1.0 - self.discount + counts
        further = np.concatenate([np.cumsum(counts[:0:-1])[::-1], [0.0]]) + self._discounts(len(counts))
        if not isinstance(self.concentration, GammaBelief):
            return StickWeights(taken, self.concentration + further, self.concentration)
        belief = self.concentration
        if self.discount:
            return self._most_probable(taken, further, before)
        if isinstance(before, StickWeights) and isinstance(before.concentration, GammaBelief):
            belief = before.concentration
        shape, mean = self.concentration.shape + len(counts), belief.mean
        for _ in range(MOST_STEPS):
            step = _newton_step(mean, shape, self.concentration.rate, counts, further)
            mean *= float(np.exp(np.clip(step, -FARTHEST, FARTHEST)))
            if step * step <= SETTLED:  # as the error is
                break
        return StickWeights(taken, mean + further, GammaBelief(shape, shape / mean))

    def posterior_of(self, arrays: Mapping[str, FloatArray]) -> StickWeights:
        """Give the posterior whose `arrays` these are."""
        numbers = [float(number) for number in arrays["concentration"]]
        return StickWeights(arrays["taken"], arrays["left"], GammaBelief(*numbers) if len(numbers) == 2 else numbers[0])

    def divergence(self, posterior: Weights) -> float:
        """Give that of the sticks, under the concentration that is expected, and that of the concentration."""
        assert isinstance(posterior, StickWeights)  # noqa: S101  (which `learn` gives)
        taken, left, belief = posterior.taken, posterior.left, posterior.concentration
        if self.discount:
            return self._divergence_from(taken, left, float(belief))  # type: ignore[arg-type]  # which it is then
        log_left = posterior.mean_log_left
        log_taken = digamma(taken) - digamma(taken + left)
        learned = isinstance(belief, GammaBelief)
        mean = belief.mean if isinstance(belief, GammaBelief) else belief
        mean_log = belief.mean_log if isinstance(belief, GammaBelief) else np.log(belief)
        sticks = (taken - 1.0) * log_taken + (left - mean) * log_left - betaln(taken, left) - mean_log
        divergence = float(np.sum(sticks))
        if learned and isinstance(self.concentration, GammaBelief) and isinstance(belief, GammaBelief):
            divergence += belief.divergence(self.concentration)
        return divergence

    def log_partition(self, counts: FloatArray, most: int) -> float:
        """Give it for a concentration that is known (Pitman 1995, Probability Theory and Related Fields 102, 145)."""
        assert not isinstance(self.concentration, GammaBelief)  # noqa: S101  (it was drawn)
        k = len(counts)
        if k > most:
            return -np.inf
        begun = np.sum(np.log(self.concentration + self.discount * np.arange(1, k)))
        grown = np.sum(gammaln(counts - self.discount) - gammaln(1.0 - self.discount))
        whole = gammaln(self.concentration + 1.0) - gammaln(self.concentration + np.sum(counts))
        return float(begun + grown + whole)

    def draw_weights(self, counts: FloatArray, random: np.random.Generator) -> FloatArray:
        """Draw from a Dirichlet distribution."""
        return random.dirichlet(counts - self.discount)

    def draw_prior(
        self, counts: FloatArray, most: int, before: WeightPrior | None, random: np.random.Generator
    ) -> StickPrior:
        """Take some steps of Metropolis and Hastings with the logarithm of the concentration."""
        belief = self.concentration
        if not isinstance(belief, GammaBelief):
            return self
        here = float(before.concentration) if isinstance(before, StickPrior) else belief.mean  # type: ignore[arg-type]

        def log_density(value: float) -> float:
            partition = replace(self, concentration=value).log_partition(counts, most)
            return partition + belief.log_density_of_logarithm(value)

        return replace(self, concentration=drawn_concentration(here, log_density, random))

    def _discounts(self, n_components: int) -> FloatArray:
        return self.discount * np.arange(1.0, n_components + 1.0)

    def _most_probable(self, taken: FloatArray, further: FloatArray, before: Weights | None) -> StickWeights:
        """Take shares and the most probable concentration by turns."""
        assert isinstance(self.concentration, GammaBelief)  # noqa: S101  (it is learned)
        value = self.concentration.mean
        if isinstance(before, StickWeights) and not isinstance(before.concentration, GammaBelief):
            value = before.concentration
        for _ in range(MOST_STEPS):
            left = value + further

            def loss(log_value: float, left: FloatArray = left) -> float:
                return self._divergence_from(taken, left, float(np.exp(log_value)))

            found = float(np.exp(minimize_scalar(loss, bounds=LOG_CONCENTRATIONS, method="bounded").x))
            after = min((value, found), key=lambda one: self._divergence_from(taken, left, one))
            if abs(after - value) <= SETTLED_POINT * value:
                break
            value = after
        return StickWeights(taken, value + further, value)

    def _divergence_from(self, taken: FloatArray, left: FloatArray, concentration: float) -> float:
        """Give that of sticks from those of a concentration, less the log prior density of its logarithm."""
        shares, others = np.full(len(taken), 1.0 - self.discount), concentration + self._discounts(len(taken))
        whole = digamma(taken + left)
        log_ratio = betaln(shares, others) - betaln(taken, left)
        sticks = log_ratio + (taken - shares) * (digamma(taken) - whole) + (left - others) * (digamma(left) - whole)
        divergence = float(np.sum(sticks))
        if isinstance(self.concentration, GammaBelief):
            divergence -= self.concentration.log_density_of_logarithm(concentration)
        return divergence


def _newton_step(mean: float, shape: float, rate: float, counts: FloatArray, further: FloatArray) -> float:
    """Give by how much Newton's step changes the logarithm of the expected concentration of a stick.

    The concentration that is learned with what is left of the stick is the only one for which ``mean = shape /
    (rate - E[log of all that is left])``: the logarithm of the right side rises less steeply than that of the left.
    What a piece is broken off is what the one before left and a row, so that digamma functions of the two differ by an
    inverse, and few are computed.
    """
    inverses = 1.0 / (mean + further[:-1])
    ends = np.array([mean, 1.0 + mean + counts[0] + further[0]])
    (least, whole), (of_least, of_whole) = digamma(ends), zeta(2.0, ends)  # which is the trigamma function
    learned = rate - (least - whole - np.sum(inverses))
    change = of_least - of_whole + inverses @ inverses
    return float(np.log(shape / (learned * mean)) / (1.0 - mean * change / learned))
