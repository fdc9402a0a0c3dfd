"""`Before`: what a wave of cells in a sweep sees of the others."""

from __future__ import annotations

from typing import NamedTuple

from mixfold.covariance import family_for
from mixfold.search.grid_model import GridModel


class Before(NamedTuple):
    """What was computed before a wave: the best of all cells, and those of as many components.

    Examples
    --------
    >>> from mixfold.search.before import Before
    >>> Before(None, []).containing("EII") is None
    True
    """

    best: GridModel | None
    level: list[GridModel]

    def containing(self, name: str) -> GridModel | None:
        """Give the cell of a family that contains this one, whose log-likelihood is lowest."""
        family = family_for(name)
        above = [
            cell
            for cell in self.level
            if cell.covariance_type != name and cell.parameters is not None
            if family_for(cell.covariance_type).contains(family)
        ]
        return min(above, key=lambda cell: cell.reach, default=None)
