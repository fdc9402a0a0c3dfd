"""Labels drawn at random."""

from __future__ import annotations

from typing import ClassVar, final

import numpy as np

from mixfold.fold import Fold
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray


@final
class RandomPartition:
    """Every row belongs to one component, drawn uniformly.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import RandomPartition
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> RandomPartition()(fold, 2, DIAGONAL, np.random.RandomState(0)).means.round(1).ravel()
    array([ 4., 10.])
    """

    name: ClassVar[str] = "random_partition"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Draw for each chunk, so that no N x K array exists."""
        seed = int(random_state.randint(2**31))

        def draw(chunk: Rows) -> FloatArray:
            labels = np.random.default_rng((seed, chunk.start)).integers(n_components, size=chunk.n)
            return np.eye(n_components)[labels]

        return fold.centered_moments(draw, n_components, structure)
