"""`EMLoop`: where EM came to from one start without leaving the engine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.kernels import PriorNumbers, numbers_of
from mixfold.outcome import Outcome, predicted_gain
from mixfold.prior import Prior
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray

Beginning: TypeAlias = "tuple[FloatArray, FloatArray, FloatArray] | SufficientStatistics | EMLoop"
"""Where EM may begin: weights (K,), means (K, D) and covariances, what rows say that are shared out already, or where a
loop over the same rows ended, from which it goes on without looking at them again."""
ENDINGS = (Outcome.CONVERGED, Outcome.ITERATION_LIMIT, Outcome.COLLAPSED)
"""By the numbers that kernels give (native/expectation_maximization.hpp).

What has collapsed has the parameters from which there was no step; if there is no fold, those of the start.
"""


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """When EM steps end early: looked at every `interval` steps of a call.

    Attributes
    ----------
    interval : int
        Three at least.
    gain : float
        Steps that are predicted to gain less than this in all end, in nats per unit of weight.
    rival, optimism : float
        So do those whose objective would not come up to the rival's if they gained `optimism` times what is predicted.
    near : float
        So close to the rival's a prediction holds, and `optimism` is one: most that come there are on its optimum.
    enough : float
        And those whose objective is above this.
    log_prior_constant : float
        What the log prior is relative to in these objectives.
    resolution : float
        Gains below this share of the objective are rounding.
    leaps : bool
        Whether steps that are slow may leap, as those of `MStep.is_leaping`; what ends them is asked of others.

    Examples
    --------
    >>> from mixfold.engines import StoppingRule
    >>> StoppingRule(interval=10, gain=1e-7).rival
    -inf
    """

    interval: int
    gain: float
    optimism: float = 1.0
    rival: float = -math.inf
    near: float = 0.0
    enough: float = math.inf
    log_prior_constant: float = 0.0
    resolution: float = 1e-15
    leaps: bool = False

    def relative_to(self, log_prior_constant: float) -> StoppingRule:
        """Give the rule for objectives whose log prior is relative to this.

        >>> StoppingRule(interval=3, gain=1e-7).relative_to(-5.0).log_prior_constant
        -5.0
        """
        # Not `replace`, which costs as much as some EM steps.
        return StoppingRule(
            self.interval,
            self.gain,
            self.optimism,
            self.rival,
            self.near,
            self.enough,
            log_prior_constant,
            self.resolution,
            self.leaps,
        )

    def is_the_end(self, objectives: Sequence[float]) -> bool:
        """Tell at a look whether steps of which these are the last objectives end.

        >>> StoppingRule(interval=3, gain=1e-7, optimism=3.0, rival=-3.6).is_the_end([-4.0, -3.9, -3.85])
        True
        """
        gain = predicted_gain(objectives, self.resolution)
        optimism = 1.0 if self.rival - objectives[-1] < self.near else self.optimism
        hopeless = objectives[-1] + optimism * gain < self.rival
        return gain < self.gain or objectives[-1] > self.enough or hopeless


@dataclass(frozen=True, slots=True)
class MStep:
    """What a loop must know of the M step.

    Attributes
    ----------
    structure : Structure
        Of the covariances.
    prior : Prior
    letters : str
        Of a family of volume, shape and orientation that restricts more than the structure; empty where none does.
    before : Structure or None
        Of the covariances of starts that are of another family: rows are shared out by these, for an M step before the
        first fold. None where starts are of this family.
    is_leaping : bool
        Whether every third step is a leap in the direction of the two before (native/ascent.hpp); of families without
        letters from starts of their own.

    Examples
    --------
    >>> from mixfold.engines import MStep
    >>> from mixfold.prior import Prior
    >>> from mixfold.structures import FULL
    >>> MStep(FULL, Prior.from_ridge(1e-6), "VVE").letters
    'VVE'
    """

    structure: Structure
    prior: Prior
    letters: str = ""
    before: Structure | None = None
    is_leaping: bool = False
    _numbers: dict[int, PriorNumbers] = field(default_factory=dict, init=False, repr=False, compare=False)

    def numbers(self, n_features: int) -> PriorNumbers:
        """Give what kernels are told of the prior, which is put together once.

        >>> from mixfold.engines import MStep
        >>> from mixfold.prior import Prior
        >>> from mixfold.structures import DIAGONAL
        >>> step = MStep(DIAGONAL, Prior.from_ridge(1e-6))
        >>> step.numbers(3)[-1], step.numbers(3) is step.numbers(3)
        (1e-06, True)
        """
        if n_features not in self._numbers:
            self._numbers[n_features] = numbers_of(self.prior, self.structure, n_features)
        return self._numbers[n_features]

    @property
    def has_axes(self) -> bool:
        """Whether it takes matrices apart along axes: not where shape and orientation are both equal or both free.

        >>> from mixfold.engines import MStep
        >>> from mixfold.prior import Prior
        >>> from mixfold.structures import FULL
        >>> [MStep(FULL, Prior.from_ridge(1e-6), letters).has_axes for letters in ("", "VEE", "VVE")]
        [False, False, True]
        """
        return bool(self.letters) and self.letters[1] != self.letters[2]


@dataclass(frozen=True, slots=True)
class EMLoop:
    """What `expectation_maximization` leaves: the parameters of the last fold, and its statistics.

    Attributes
    ----------
    weights, means, covariances : ndarray
    sums, index, n_rows : ChunkSums, int, int
        Where the sums of all rows are, at these parameters.
    weight : float
        Of all rows.
    log_likelihood : ndarray of shape (n_folds,)
    log_prior : ndarray of shape (n_folds,)
        ``-1/2 sum_k [tr(scale Sigma_k^-1) + count log|Sigma_k|]``, and the likeness of the prior: not relative to its
        maximum; zero without a prior.
    ending : Outcome

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import MStep
    >>> from mixfold.fold import Fold
    >>> from mixfold.prior import Prior
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [8.0], [9.0]]))
    >>> start = np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[1.0], [1.0]])
    >>> (loop,) = fold.loops([start], MStep(DIAGONAL, Prior.from_ridge(1e-6)), n_steps=3)
    >>> loop.means.round(2).ravel(), len(loop.log_likelihood)
    (array([0.5, 8.5]), 4)
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    sums: ChunkSums
    index: int
    n_rows: int
    weight: float
    log_likelihood: FloatArray
    log_prior: FloatArray
    ending: Outcome
    _statistics: list[SufficientStatistics] = field(default_factory=list, repr=False, compare=False)

    @property
    def place(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Weights, means and covariances."""
        return self.weights, self.means, self.covariances

    @property
    def statistics(self) -> SufficientStatistics:
        """Of all rows, at these parameters: most loops of a search are never asked for them, and others often."""
        if not self._statistics:
            self._statistics.append(self.sums.of_chunk(self.index, self.means, self.n_rows))
        return self._statistics[0]
