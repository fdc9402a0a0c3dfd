"""An engine, an executor, an initializer and a source as a user would write them, each by composition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.initialization import GivenMeans
from mixfold.rows import Result, Source
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import Array

CALLS: list[str] = []
"""What the objects were asked, for they are copied with the estimator that has them."""


@dataclass(frozen=True)
class OwnEngine:
    """The arithmetic of the reference, which says when it is asked."""

    name: ClassVar[str] = "own"

    @property
    def batch(self) -> None:
        """Nothing."""

    @property
    def device(self) -> None:
        """Nothing."""

    def accepts(self, rows: Array) -> bool:
        """NumPy's."""
        return isinstance(rows, np.ndarray)

    def statistics(self, *asked: Any, **how: Any) -> Any:
        """Ask the reference."""
        CALLS.append("statistics")
        return ArrayEngine().statistics(*asked, **how)

    def moments(self, *asked: Any, **how: Any) -> Any:
        """Ask the reference."""
        CALLS.append("moments")
        return ArrayEngine().moments(*asked, **how)

    def log_density(self, *asked: Any, **how: Any) -> Any:
        """Ask the reference."""
        CALLS.append("log_density")
        return ArrayEngine().log_density(*asked, **how)

    def responsibilities(self, *asked: Any, **how: Any) -> Any:
        """Ask the reference."""
        CALLS.append("responsibilities")
        return ArrayEngine().responsibilities(*asked, **how)

    def scores(self, *asked: Any, **how: Any) -> Any:
        return self._usual.scores(*asked, **how)

    def labels(self, *asked: Any, **how: Any) -> Any:
        """Ask the reference."""
        CALLS.append("labels")
        return ArrayEngine().labels(*asked, **how)


@dataclass(frozen=True)
class FarthestFirst:
    """Means are rows, each the farthest from those before it."""

    first: int = 0
    name: ClassVar[str] = "farthest-first"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Begin with one row of a sample."""
        CALLS.append(self.name)
        rows = fold.sample(random_state).values
        means = rows[[self.first]]
        while len(means) < n_components:
            distances = np.min(np.linalg.norm(rows[:, None] - means, axis=2), axis=1)
            means = np.vstack([means, rows[np.argmax(distances)]])
        return GivenMeans(means)(fold, n_components, structure, random_state)


@dataclass
class OwnExecutor:
    """A thread, which says when it is asked."""

    local: LocalExecutor = field(default_factory=LocalExecutor, repr=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def reaches(self, source: Source) -> bool:
        """All."""
        del source
        return True

    def placed(self, source: Source) -> Source:
        """Where it is."""
        return source

    def each(self, function: Callable[..., Result], source: Source) -> Iterator[Result]:
        """Ask the thread."""
        CALLS.append("each")
        return self.local.each(function, source)

    def sum(self, function: Callable[..., Any], source: Source) -> SufficientStatistics:
        """Ask the thread."""
        CALLS.append("sum")
        return self.local.sum(function, source)

    def __enter__(self) -> Self:
        self.local.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.local.__exit__(*exception)
