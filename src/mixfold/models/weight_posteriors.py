"""The contract of what is believed of the weights of a mixture, before and after rows were counted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mixfold.engines import WeightStep
from mixfold.typing import FloatArray, IntArray


class Weights(ABC):
    """A posterior of the weights of K components.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import DirichletPrior, Weights
    >>> weights: Weights = DirichletPrior(1.0).learn(np.array([9.0, 1.0]), None)
    >>> weights.mean.round(2)
    array([0.83, 0.17])
    """

    __slots__ = ()

    @property
    @abstractmethod
    def mean(self) -> FloatArray:
        """What is expected of the weights, (K,), summing to one."""

    @property
    @abstractmethod
    def mean_log(self) -> FloatArray:
        """What is expected of their logarithms, (K,)."""

    @property
    @abstractmethod
    def arrays(self) -> dict[str, FloatArray]:
        """All that there is, as arrays under names, of which `WeightPrior.posterior_of` makes it again."""

    @abstractmethod
    def draw(self, random: np.random.Generator) -> FloatArray:
        """Draw weights, (K,), summing to one."""

    @abstractmethod
    def reordered(self, order: IntArray) -> Weights:
        """Give those of the components in another order, or of some of them, until they are learned anew."""


class WeightPrior(ABC):
    """A prior of the weights of any number of components.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import StickPrior, WeightPrior
    >>> prior: WeightPrior = StickPrior(1.0)
    >>> prior.divergence(prior.learn(np.zeros(3), None))  # without rows the posterior is the prior
    0.0
    """

    __slots__ = ()
    is_symmetric: ClassVar[bool]
    """Whether all components are alike."""

    @property
    def step(self) -> WeightStep | None:
        """What an engine must know to learn this in its own loop; None where it cannot."""
        return None

    @abstractmethod
    def learn(self, counts: FloatArray, before: Weights | None) -> Weights:
        """Give the posterior after so many rows (K,) of each component, beginning at the last one."""

    @abstractmethod
    def posterior_of(self, arrays: Mapping[str, FloatArray]) -> Weights:
        """Give the posterior under this prior whose `arrays` these are."""

    @abstractmethod
    def divergence(self, posterior: Weights) -> float:
        """Give the Kullback-Leibler divergence of a posterior from this."""

    @abstractmethod
    def log_partition(self, counts: FloatArray, most: int) -> float:
        """Give the log probability that rows are divided into groups of these sizes, of which there are at most `most`.

        What depends on nothing but the number of rows and the prior may be left out.
        """

    @abstractmethod
    def draw_weights(self, counts: FloatArray, random: np.random.Generator) -> FloatArray:
        """Draw the weights of groups that have so many rows, beside one another: they sum to one."""

    def draw_prior(
        self, counts: FloatArray, most: int, before: WeightPrior | None, random: np.random.Generator
    ) -> WeightPrior:
        """Draw what is not known of the prior given the sizes of groups, beginning at what was drawn before."""
        del counts, most, before, random
        return self
