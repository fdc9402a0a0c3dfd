"""Responsibilities drawn at random: scikit-learn's 'random'."""

from __future__ import annotations

from typing import ClassVar, final

import numpy as np

from mixfold.fold import Fold
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray


@final
class RandomResponsibilities:
    """Every row is shared between all components by uniform numbers that are divided by their sum.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import RandomResponsibilities
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> RandomResponsibilities()(fold, 2, DIAGONAL, np.random.RandomState(0)).means.round(1).ravel()
    array([4.6, 5.5])
    """

    name: ClassVar[str] = "random"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Draw for each chunk, so that no N x K array exists."""
        seed = int(random_state.randint(2**31))

        def draw(chunk: Rows) -> FloatArray:
            shares = np.random.default_rng((seed, chunk.start)).uniform(size=(chunk.n, n_components))
            normalized: FloatArray = shares / np.sum(shares, axis=1, keepdims=True)
            return normalized

        return fold.centered_moments(draw, n_components, structure)
