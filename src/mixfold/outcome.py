"""How a fit ends, and what it has still to gain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

SLOWEST = 1e3
"""A gain is predicted to be followed by at most this many of its size: what shrinks more slowly drowns in rounding."""


class Outcome(Enum):
    """How EM ended, from one start or for one model of a grid; the value is a sentence for people.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.fitting import Outcome
    >>> model = GaussianMixture(2, random_state=0).fit(load_faithful().data)
    >>> model.outcome_ is Outcome.CONVERGED, str(model.outcome_)
    (True, 'converged')
    """

    CONVERGED = "Converged: what EM is predicted to gain still is below `tol`."
    ITERATION_LIMIT = "Reached the largest number of iterations before it converged."
    PLATEAU = "On a plateau where each step is dear: as many steps again would hardly gain."
    TIME_LIMIT = "Reached `max_time` before it converged."
    STOPPED = "Stopped by the callback."
    COLLAPSED = "A covariance lost positive definiteness."
    DROPPED = "Given up: others were ahead, and it could not come near the best."
    DUPLICATE = "Given up: it was on the same optimum as another."
    WON = "Won the race; EM went on from here."
    FEW_ROWS = "There are too few rows for so many parameters; chosen only if nothing else is there."
    DEGENERATE = "A component's smallest variance is the prior's, not its rows'; chosen only if nothing else is there."
    SKIPPED = "Not tried."

    @property
    def left_race(self) -> bool:
        """Whether the run was one of a race, which another run went on from."""
        return self in {Outcome.DROPPED, Outcome.DUPLICATE, Outcome.WON}

    def __str__(self) -> str:
        """Give the name as words: 'iteration limit'."""
        return self.name.lower().replace("_", " ")


def predicted_gain(objectives: Sequence[float], resolution: float = 1e-15) -> float:
    """Predict what an ascent still has to gain, from its last three values (Aitken's delta-squared).

    EM converges linearly: gains shrink by a factor r each step, so after a gain g the sum of those to come is
    ``g r / (1 - r)`` (Boehning et al. 1994, section 4). A small step on a plateau, where r is close to one, is told
    from a small step at the end.

    Parameters
    ----------
    objectives : sequence of float
        After each step, the latest last.
    resolution : float
        Gains below this share of the last objective are rounding, and count as none.

    Returns
    -------
    gain : float
        In the units of the objectives; infinite while there are too few of them, and zero where the last is not above
        both before it.

    Examples
    --------
    >>> from mixfold.outcome import predicted_gain
    >>> predicted_gain([0.0, 0.5, 0.75])
    0.25
    """
    if len(objectives) < 3:
        return math.inf
    first, second, third = objectives[-3:]
    gain, previous = third - second, second - first
    # What is not above both before wavers by rounding: float32 may go to and fro for ever.
    if third - max(first, second) <= resolution * abs(third):
        return 0.0
    return gain * min(gain / (previous - gain), SLOWEST) if gain < previous else gain * SLOWEST
