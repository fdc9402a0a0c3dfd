"""Weights of a fixed number of components, with a Dirichlet distribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import digamma, gammaln

from mixfold.engines import WeightStep
from mixfold.models.weight_posteriors import WeightPrior, Weights
from mixfold.typing import FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True)
class DirichletWeights(Weights):
    """A Dirichlet distribution.

    Attributes
    ----------
    concentration : ndarray of shape (n_components,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import DirichletWeights
    >>> DirichletWeights(np.array([3.0, 1.0])).mean
    array([0.75, 0.25])
    """

    concentration: FloatArray

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
        """The concentration under its name."""
        return {"concentration": self.concentration}

    def draw(self, random: np.random.Generator) -> FloatArray:
        """Draw from the Dirichlet distribution."""
        return random.dirichlet(self.concentration)

    def reordered(self, order: IntArray) -> DirichletWeights:
        """Take those of the components."""
        return DirichletWeights(self.concentration[order])


@final
@dataclass(frozen=True, slots=True)
class DirichletPrior(WeightPrior):
    """A Dirichlet distribution, the same for all components.

    Attributes
    ----------
    concentration : float
        Rows that each component has beforehand.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import DirichletPrior
    >>> DirichletPrior(0.5).learn(np.array([9.0, 0.0]), None).concentration
    array([9.5, 0.5])
    """

    concentration: float
    is_symmetric: ClassVar[bool] = True

    @property
    def step(self) -> WeightStep:
        """What an engine must know to learn this in its own loop."""
        return WeightStep(is_stick=False, concentration=self.concentration)

    def learn(self, counts: FloatArray, before: Weights | None) -> DirichletWeights:
        """Add the rows (Bishop 2006, eq. 10.58)."""
        del before
        return DirichletWeights(self.concentration + counts)

    def posterior_of(self, arrays: Mapping[str, FloatArray]) -> DirichletWeights:
        """Give the posterior whose `arrays` these are."""
        return DirichletWeights(arrays["concentration"])

    def divergence(self, posterior: Weights) -> float:
        """Give what Bishop 2006 has in eqs. 10.73 and 10.76."""
        assert isinstance(posterior, DirichletWeights)  # noqa: S101  (which `learn` gives)
        after, k = posterior.concentration, len(posterior.concentration)
        log_norm = gammaln(np.sum(after)) - np.sum(gammaln(after))
        log_norm_before = gammaln(k * self.concentration) - k * gammaln(self.concentration)
        return float(log_norm - log_norm_before + (after - self.concentration) @ posterior.mean_log)

    def log_partition(self, counts: FloatArray, most: int) -> float:
        """Give it with the choice of which components groups are of."""
        k = len(counts)
        if k > most:
            return -np.inf
        choices = gammaln(most + 1.0) - gammaln(most - k + 1.0)
        return float(choices + np.sum(gammaln(self.concentration + counts) - gammaln(self.concentration)))

    def draw_weights(self, counts: FloatArray, random: np.random.Generator) -> FloatArray:
        """Draw from the Dirichlet distribution."""
        return random.dirichlet(self.concentration + counts)
