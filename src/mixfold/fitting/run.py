"""What one run of EM leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mixfold.fitting.outcome import Outcome
from mixfold.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Iteration:
    """The state of a run after an M step; iteration 0 is the start.

    Attributes
    ----------
    restart : int
        Which restart, from 0.
    number : int
        How many M steps were made.
    log_likelihood : float
        Mean log-likelihood of the parameters of this iteration, in nats per unit of sample weight.
    objective : float
        What EM climbs: `log_likelihood` plus the log prior per unit of weight. Equal to it without a prior.
    seconds : float
        Since the run began.
    """

    restart: int
    number: int
    log_likelihood: float
    objective: float
    seconds: float


Callback: TypeAlias = Callable[[Iteration], bool | None]
"""Called after each iteration; a true result stops the run there."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of EM from one start.

    Attributes
    ----------
    restart : int
        Which restart, from 0.
    start : str
        Name of the initializer.
    parameters : Parameters or None
        None where the start itself had no density.
    outcome : Outcome
        How it ended.
    reason : str
        A sentence on the outcome; for a collapse, what collapsed.
    history : tuple of Iteration
        From the start to `parameters`, whose log-likelihood and objective are those of the last entry.
    """

    restart: int
    start: str
    parameters: Parameters | None
    outcome: Outcome
    reason: str
    history: tuple[Iteration, ...]

    @property
    def n_iter(self) -> int:
        """Number of M steps."""
        return self.history[-1].number if self.history else 0

    @property
    def log_likelihood(self) -> float:
        """Mean log-likelihood of `parameters`; minus infinity where there are none."""
        return self.history[-1].log_likelihood if self.history else float("-inf")

    @property
    def objective(self) -> float:
        """What EM climbed, at `parameters`; minus infinity where there are none."""
        return self.history[-1].objective if self.history else float("-inf")

    @property
    def seconds(self) -> float:
        """Wall time of the run."""
        return self.history[-1].seconds if self.history else 0.0
