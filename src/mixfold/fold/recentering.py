"""Statistics whose centers are far from all rows, taken around their means instead.

The scatter around the means would be what is left of squares that are more than all its digits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixfold.engines import Assignment, Engine, to_numpy
from mixfold.executors import Executor
from mixfold.fold.moments import about_means
from mixfold.potentials import Potentials
from mixfold.rows import Rows, Source
from mixfold.statistics import SufficientStatistics
from mixfold.typing import Array


@dataclass(frozen=True, slots=True)
class Shares:
    """The responsibilities of rows under potentials, as workers get them.

    Attributes
    ----------
    engine : Engine
    potentials : Potentials
    assignment : Assignment

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, Assignment
    >>> from mixfold.fold.recentering import Shares
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> shares = Shares(ArrayEngine(), Potentials.nearest(np.array([[0.0], [9.0]])), Assignment.HARD)
    >>> shares(Rows(np.array([[8.0]])))
    array([[0., 1.]])
    """

    engine: Engine
    potentials: Potentials
    assignment: Assignment

    def __call__(self, chunk: Rows) -> Array:
        """Give the responsibilities (n, K) of a chunk."""
        if self.assignment is Assignment.SOFT:
            return self.engine.responsibilities(chunk.values, self.potentials)
        labels = to_numpy(self.engine.labels(chunk.values, self.potentials))
        return np.eye(self.potentials.n_components)[labels.astype(np.intp)]


def recentered(
    engine: Engine,
    executor: Executor,
    source: Source,
    statistics: SufficientStatistics,
    shares: Shares,
) -> SufficientStatistics:
    """Give statistics whose centers are far from all rows around the means that they have.

    Parameters
    ----------
    engine : Engine
    executor : Executor
    source : Source
    statistics : SufficientStatistics
    shares : Shares
        Under which they were taken.

    Returns
    -------
    statistics : SufficientStatistics

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import Assignment
    >>> from mixfold.fold import Fold
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.structures import DIAGONAL
    >>> fold, far = Fold.of_rows(np.array([[1.0], [3.0]])), Potentials.nearest(np.array([[1e9]]))
    >>> fold.recentered(fold.statistics(far, DIAGONAL), far).scatter
    array([[2.]])
    """
    k, structure = len(statistics.count), statistics.structure
    about = about_means(engine, executor, source, shares, k, structure, statistics.center)
    return replace(about, log_likelihood=statistics.log_likelihood)
