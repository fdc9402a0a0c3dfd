"""Starts that the caller knows: labels or responsibilities of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from mixfold.fold import Fold
from mixfold.initialization.abstract import nearest
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True)
class GivenResponsibilities:
    """Rows are shared as the caller says, (n_rows, n_components).

    Attributes
    ----------
    responsibilities : ndarray of shape (n_rows, n_components)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import GivenResponsibilities
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> start = GivenResponsibilities(np.eye(2)[[0, 0, 0, 1, 1, 1]])
    >>> start(fold, 2, DIAGONAL, np.random.RandomState(0)).means.ravel()
    array([1., 9.])
    """

    responsibilities: FloatArray
    name: ClassVar[str] = "responsibilities"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Add up the rows under these responsibilities."""
        del random_state
        return fold.centered_moments(lambda chunk: self.responsibilities[chunk.span], n_components, structure)


@final
@dataclass(frozen=True, slots=True)
class GivenLabels:
    """Rows belong to the component that the caller names, (n_rows,).

    Attributes
    ----------
    labels : ndarray of int of shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import GivenLabels
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> start = GivenLabels(np.array([0, 0, 0, 1, 1, 1]))
    >>> start(fold, 2, DIAGONAL, np.random.RandomState(0)).means.ravel()
    array([1., 9.])
    """

    labels: IntArray
    name: ClassVar[str] = "labels"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Add up the rows under these labels."""
        del random_state

        def one_hot(chunk: Rows) -> FloatArray:
            return np.eye(n_components)[self.labels[chunk.span]]

        return fold.centered_moments(one_hot, n_components, structure)


@final
@dataclass(frozen=True, slots=True)
class GivenMeans:
    """Rows belong to the nearest of the caller's means, (n_components, n_features).

    Attributes
    ----------
    means : ndarray of shape (n_components, n_features)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import GivenMeans
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> start = GivenMeans(np.array([[0.0], [9.0]]))
    >>> start(fold, 2, DIAGONAL, np.random.RandomState(0)).means.ravel()
    array([1., 9.])
    """

    means: FloatArray
    name: ClassVar[str] = "means"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Assign all rows."""
        del n_components, random_state
        return nearest(fold, self.means, structure)
