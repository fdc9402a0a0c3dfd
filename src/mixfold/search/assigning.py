"""`Assigning`: a component for each row, drawn in the pass that sums the rows of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixfold.engines import Engine, to_numpy
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Assigning:
    """Draws a component for each row of a chunk: the same ones wherever and whenever it is computed.

    Attributes
    ----------
    engine : Engine
    potentials : Potentials
    structure : Structure
    seed : int
    fixed : ndarray of int of shape (n_components,)
        A row of each component that stays there.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> from mixfold.search.assigning import Assigning
    >>> from mixfold.structures import DIAGONAL
    >>> potentials, fixed = Potentials.nearest(np.array([[0.0], [9.0]])), np.array([0, 1])
    >>> assigning = Assigning(ArrayEngine(), potentials, DIAGONAL, 0, fixed)
    >>> labels, statistics = assigning(Rows(np.array([[1.0], [2.0], [8.0]])))
    >>> labels, statistics.count
    (array([0, 1, 1], dtype=int32), array([1., 2.]))
    """

    engine: Engine
    potentials: Potentials
    structure: Structure
    seed: int
    fixed: IntArray

    def __call__(self, rows: Rows) -> tuple[IntArray, SufficientStatistics]:
        """Give the labels of rows, and the sums of those of each component."""
        shares = np.array(to_numpy(self.engine.responsibilities(rows.values, self.potentials)), dtype=np.float64)
        random = np.random.Generator(np.random.SFC64([self.seed, rows.start]))
        labels = drawn(shares, random.random(rows.n))
        here = np.flatnonzero((self.fixed >= rows.start) & (self.fixed < rows.span.stop))
        labels[self.fixed[here] - rows.start] = here
        return labels, self.engine.moments(rows, hard_shares(labels, shares), self.potentials.center, self.structure)


def drawn(shares: FloatArray, uniforms: FloatArray) -> IntArray:
    """Give for each row the component in whose part of the unit interval its number lies.

    Parameters
    ----------
    shares : ndarray of shape (n, n_components)
    uniforms : ndarray of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.assigning import drawn
    >>> drawn(np.array([[0.25, 0.75], [0.25, 0.75]]), np.array([0.2, 0.3]))
    array([0, 1], dtype=int32)
    """
    labels: IntArray = np.zeros(len(shares), dtype=np.int32)
    edge = np.zeros(len(shares))
    for k in range(shares.shape[1] - 1):
        edge += shares[:, k]
        labels += edge < uniforms
    return labels


def hard_shares(labels: IntArray, room: FloatArray) -> FloatArray:
    """Write shares that are one for the component of each row and zero for the others.

    Parameters
    ----------
    labels : ndarray of int of shape (n,)
    room : ndarray of shape (n, n_components)
        Where to.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.assigning import hard_shares
    >>> hard_shares(np.array([1, 0]), np.empty((2, 2)))
    array([[0., 1.],
           [1., 0.]])
    """
    room[:] = 0.0
    room[np.arange(len(labels)), labels] = 1.0
    return room
