"""`Effort`: how hard a search tries."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.fold import SAMPLE_ROWS, Fold
from mixfold.models import PenalizedProblem
from mixfold.rows import Source
from mixfold.search.starting_values import STARTS_AT_A_TIME, WAYS

CHEAP_STEP_NUMBERS = 1.5e6
"""Rows times components times numbers in a component's scatter, up to which a search makes its whole effort."""
LEAST_SHARE = 1.0 / len(WAYS)
"""Of that effort, however costly a step is: one start."""
ROWS_FOR_EACH_NEEDED = 20
"""Rows that a race looks at for each that the covariances need, if these are more than it looks at anyway."""
LEAST_SAMPLED = 0.4 * ROWS_FOR_EACH_NEEDED
"""Rows of a sample for each of them without which the best optimum on it is a poor start on all."""
LEAST_EACH = 8.0 * LEAST_SAMPLED
"""Rows of it for each component, without which a search takes many times what EM on all rows does."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard a search tries, and for how long.

    Attributes
    ----------
    n_random : int
        Random starts in the race.
    patience : int
        Moves in a row that may fail before the search ends.
    deadline : float
        When to end at the latest, by `time.perf_counter`.
    is_thrifty : bool
        Whether steps are so dear that racers rest when there is nothing left to gain, or no hope.
    n_turns : int
        How many times all of this is done, each time from the best so far.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized, PenalizedProblem, Problem
    >>> from mixfold.search import Effort
    >>> problem = Problem(Fold.of_rows(np.zeros((100, 2))), Penalized(family_for("full"), Prior.from_ridge(1e-6)))
    >>> Effort.usual(problem, n_components=3)
    Effort(n_random=9, patience=28, deadline=inf, is_thrifty=False, n_turns=1)
    """

    n_random: int
    patience: int
    deadline: float = np.inf
    is_thrifty: bool = False
    n_turns: int = 1

    @property
    def is_dear(self) -> bool:
        """Whether steps are so dear that no more starts are made than race together: one by one, and looked at soon."""
        return self.n_random < STARTS_AT_A_TIME

    @classmethod
    def usual(cls, problem: PenalizedProblem, n_components: int, n_turns: int = 1, deadline: float = np.inf) -> Self:
        """Give the effort that more components need more of, and that costly steps leave less of.

        Parameters
        ----------
        problem : Problem
        n_components : int
        n_turns : int
        deadline : float
        """
        affordable = CHEAP_STEP_NUMBERS / (step_numbers(problem, n_components) * _step_cost(problem))
        share = max(LEAST_SHARE, min(1.0, affordable))
        n_random = share * len(WAYS)
        patience = share * min(10 * n_components - 2, 60)
        return cls(max(4, round(n_random)), max(2, round(patience)), deadline, affordable < LEAST_SHARE, n_turns)


def can_search(source: Source, family: CovarianceFamily, n_components: int) -> bool:
    """Whether a search sees rows enough: all there are, or a sample that tells so many components.

    Where it does not, k-means on more rows is a better start and a cheaper one.

    Parameters
    ----------
    source : Source
    family : CovarianceFamily
    n_components : int

    Returns
    -------
    can_search : bool

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.search.effort import can_search
    >>> from mixfold.sources import ArraySource
    >>> source, full = ArraySource(np.zeros((100_000, 8))), family_for("full")
    >>> can_search(source, full, n_components=100), can_search(source, full, n_components=300)
    (True, False)
    """
    of_each = max(LEAST_SAMPLED * family.rows_needed(source.n_features), LEAST_EACH)
    return min(source.n_rows, n_components * of_each) <= SAMPLE_ROWS


def in_share_of_time(fold: Fold, share: float) -> Fold:
    """Give a fold with a share of the time that is left: what comes after has the rest.

    Parameters
    ----------
    fold : Fold
    share : float

    Returns
    -------
    fold : Fold

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.search.effort import in_share_of_time
    >>> in_share_of_time(Fold.of_rows(np.zeros((3, 1))), 0.5).deadline
    inf
    """
    now = time.perf_counter()
    return replace(fold, deadline=now + share * (fold.deadline - now))


def step_numbers(problem: PenalizedProblem, n_components: int) -> int:
    """Count rows times components times numbers in a component's scatter, which an EM step costs in proportion to.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.search.effort import step_numbers
    >>> problem = Problem(Fold.of_rows(np.zeros((100, 2))), Penalized(family_for("full"), Prior.from_ridge(1e-6)))
    >>> step_numbers(problem, n_components=3)
    1200
    """
    source = problem.fold.source
    return source.n_rows * n_components * math.prod(problem.model.structure.shape(1, source.n_features))


def _step_cost(problem: PenalizedProblem) -> float:
    """Give what a step costs beside a plain one: within an engine an iteration is a few plain steps at most."""
    family, fold = problem.model.family, problem.fold
    is_within = family.kernel_letters and fold.is_complete and fold.engine.batch is not None
    return 1.0 if is_within else family.step_cost
