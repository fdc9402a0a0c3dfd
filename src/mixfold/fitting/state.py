"""How far a run of EM has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from mixfold.fitting.acceleration import Window
from mixfold.fitting.ascent import Point
from mixfold.fitting.run import Iteration


@dataclass(slots=True)
class Climb:
    """A run of EM between two steps: all that is needed to go on to the same bits.

    Attributes
    ----------
    restart : int
        Which restart, from 0.
    name : str
        Of the start.
    point : Point
        The last parameters, and what the data say under them.
    history : list of Iteration
    is_accelerated : bool
        Whether steps are accelerated until EM has converged.
    window : Window or None
        The accelerated steps since the run last looked at how it is doing.
    """

    restart: int
    name: str
    point: Point
    history: list[Iteration] = field(default_factory=list)
    is_accelerated: bool = False
    window: Window | None = None

    @property
    def objectives(self) -> list[float]:
        """The objective after each step, from the start."""
        return [iteration.objective for iteration in self.history]
