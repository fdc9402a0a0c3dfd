"""When EM may stop: by what it still has to gain, not by the size of its steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from mixfold.engines import StoppingRule
from mixfold.outcome import predicted_gain
from mixfold.rows import is_single
from mixfold.typing import Array

FALL = 1e-9
"""Share of an objective by which a step may fall and count as one that does not."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """Limits of a run; by default those of a fit.

    Attributes
    ----------
    tol : float
        EM has converged when the gain that it is predicted to make still is below this, in nats per unit of weight.
    max_iter : int
        Largest number of M steps.
    deadline : float
        When to stop at the latest, by `time.perf_counter`.
    resolution : float
        Gains below this share of the objective are rounding.
    plateau : float
        A run whose steps are dear (`is_dear`) ends when the last half of them gained less than this in all, in nats per
        unit of weight; zero never ends one.
    before : tuple of float
        The last objectives of a run that another goes on from, where that begins at the last of them.
    is_near : bool
        Whether a run begins near an optimum, so that its first steps already tell whether it is slow.

    Examples
    --------
    >>> from mixfold.fitting import Stopping
    >>> stopping = Stopping(tol=1e-3, max_iter=100)
    >>> stopping.is_converged([-5.0, -4.2, -4.19998, -4.19997])
    True
    """

    tol: float = 1e-6
    max_iter: int = 1000
    deadline: float = math.inf
    resolution: float = 1e-15
    plateau: float = 0.0
    before: tuple[float, ...] = ()
    is_near: bool = False

    def n_climbing(self, before: float, objectives: Sequence[float]) -> int:
        """Count the steps before the first that falls by more than a well-conditioned objective wavers by rounding.

        Examples
        --------
        >>> from mixfold.fitting import Stopping
        >>> Stopping().n_climbing(-5.0, [-4.0, -3.9, -3.95, -3.7])
        2
        """
        for n_up, after in enumerate(objectives):
            if after < before - max(FALL, 100.0 * self.resolution) * (1.0 + abs(after)):
                return n_up
            before = after
        return len(objectives)

    def is_on_plateau(self, objectives: Sequence[float]) -> bool:
        """Whether the last half of all steps gained so little that as many again are not worth their time."""
        return objectives[-1] - objectives[len(objectives) // 2] < self.plateau

    def is_converged(self, objectives: Sequence[float]) -> bool:
        """Whether two successive predictions were below `tol`: one alone may fall on the way into a plateau."""
        objectives = self.since_before(objectives)
        last = predicted_gain(objectives, self.resolution)
        before = predicted_gain(objectives[:-1], self.resolution)
        return max(last, before) < self.tol

    def since_before(self, objectives: Sequence[float]) -> list[float]:
        """Give the objectives of a run, after those of the run that it goes on from if it does."""
        return [*(self.before[:-1] if self.goes_on(objectives) else ()), *objectives]

    def goes_on(self, objectives: Sequence[float]) -> bool:
        """Whether a run begins where the one before ended."""
        if not self.before or not objectives:
            return False
        return math.isclose(self.before[-1], objectives[0], rel_tol=10.0 * self.resolution)

    def is_exhausted(self, objectives: Sequence[float]) -> bool:
        """Whether a run that went on from another gained less than `tol` in all: a further one would do no better.

        So it ends, however few steps each run may make, and where each makes one it ends as scikit-learn does.
        """
        return self.goes_on(objectives) and len(objectives) > 1 and objectives[-1] - objectives[0] < self.tol


def resolution_of(rows: Array) -> float:
    """Give the share of an objective that is rounding: in float32 the mean over rows wavers by about 1e-8.

    Parameters
    ----------
    rows : array of shape (n, n_features)

    Returns
    -------
    share : float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.stopping import resolution_of
    >>> resolution_of(np.zeros((3, 2))), resolution_of(np.zeros((3, 2), np.float32))
    (1e-15, 1e-08)
    """
    return 1e-8 if is_single(rows) else 1e-15


SINGLE_RESOLUTION = 3e-8
"""The same of some hundred rows in single precision, whose mean wavers more than that of many."""


def resolution_of_few(rows: Array) -> float:
    """Give the share of an objective that is rounding where rows are so few that EM steps on them run in a loop.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.stopping import resolution_of_few
    >>> resolution_of_few(np.zeros((3, 2))), resolution_of_few(np.zeros((3, 2), np.float32))
    (1e-15, 3e-08)
    """
    return SINGLE_RESOLUTION if is_single(rows) else 1e-15


def in_precision(rule: StoppingRule, rows: Array) -> StoppingRule:
    """Give a rule that knows what is rounding of few rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import StoppingRule
    >>> from mixfold.fitting.stopping import in_precision
    >>> in_precision(StoppingRule(interval=5, gain=1e-6), np.zeros((3, 2), np.float32)).resolution
    3e-08
    """
    resolution = resolution_of_few(rows)
    return rule if resolution == rule.resolution else _with_resolution(rule, resolution)


@lru_cache(maxsize=64)
def _with_resolution(rule: StoppingRule, resolution: float) -> StoppingRule:
    return replace(rule, resolution=resolution)


DEAR = 5e10
"""Products from which on steps are dear: a second or two."""


def is_dear(n_rows: int, n_components: int, n_features: int, n_steps: int) -> bool:
    """Whether so many steps with covariance matrices cost so much that it is asked what they gained.

    Examples
    --------
    >>> from mixfold.fitting.stopping import is_dear
    >>> is_dear(400, 2, 2, 1000), is_dear(20_000, 10, 64, 100)
    (False, True)
    """
    return n_rows * n_components * n_features**2 * n_steps > DEAR
