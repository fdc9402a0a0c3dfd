"""How estimators take rows: whatever yields chunks, checked, and asked by a fold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np
import numpy.typing as npt

from mixfold.engines import Engine, engine_for
from mixfold.errors import ShapeError
from mixfold.estimators.scikit_learn import BaseEstimator
from mixfold.executors import Executor, LocalExecutor, executor_for
from mixfold.fold import LOOP_ROWS, Fold
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Source
from mixfold.sources import ArraySource, in_memory, source_for
from mixfold.typing import Array, FloatArray
from mixfold.validation import name_features, refuse_other_features, rows_of, weights_of


class RowsEstimator(BaseEstimator):
    """An estimator that takes rows from arrays, tables, files and collections.

    Subclasses have the parameters `engine` and `n_jobs`, and may have `executor`.
    """

    engine: str | Engine
    n_jobs: int | None
    executor: str | Executor | None = None

    def _source(
        self,
        X: Any,
        sample_weight: npt.ArrayLike | None = None,
        *,
        reset: bool = False,
        n_features: int | None = None,
    ) -> Source:
        """Open `X` as a source of chunks whose shape is known to be usable; few rows come into memory at once."""
        source = source_for(X, None if reset else self._known_names())
        if source is None:
            rows = rows_of(X, estimator=self, reset=reset, n_features=n_features)
            return ArraySource(rows, Marks(weights_of(sample_weight, rows, to_fit=reset)))
        n_least = 2 if reset else 1
        if source.n_rows < n_least:
            message = f"X must have at least {n_least} row(s), got {source.n_rows}."
            raise ShapeError(message)
        refuse_other_features(source.n_features, n_features)
        if reset:
            name_features(self, source.n_features, source.feature_names)
        if sample_weight is not None:
            weights = weights_of(sample_weight, np.empty((source.n_rows, 1)), to_fit=reset)
            source = source.with_marks(Marks(weights))
        if source.n_rows > LOOP_ROWS:
            return source
        with LocalExecutor() as executor:
            Fold(source, engine_for(source.first, self.engine), executor).refuse_bad_rows()
        return in_memory(source)

    def _folding(self, source: Source) -> AbstractContextManager[Fold]:
        """Give the fold over a source; data that are not in memory are checked by a first walk over them."""
        return folding(source, self.engine, self.n_jobs, self.executor)

    def _known_names(self) -> list[str] | None:
        names = getattr(self, "feature_names_in_", None)
        return None if names is None else list(names)


@contextmanager
def folding(
    source: Source, engine: str | Engine, n_jobs: int | None, executor: str | Executor | None = None
) -> Iterator[Fold]:
    """Give the fold over a source; data that are not in memory are checked by a first walk over them."""
    n_chunks = -(-source.n_rows // source.chunk_rows)
    with executor_for(n_jobs, n_chunks, source=source, given=executor) as entered:
        yield fold_of(source, engine, entered)


def fold_of(source: Source, engine: str | Engine, executor: Executor) -> Fold:
    """Give the fold over a source by an executor that is entered, checked likewise."""
    fold = Fold(source, engine_for(source.first, engine), executor)
    if not isinstance(source, ArraySource):
        fold.refuse_bad_rows()
    return fold


@dataclass(frozen=True, slots=True)
class Question:
    """A question about rows, which other processes can get hold of."""

    potentials: Potentials
    question: str
    engine: str | Engine

    def __call__(self, rows: Array) -> Array:
        """Answer it, and refuse rows that are not finite."""
        if not len(rows):
            empty = np.zeros((0, self.potentials.n_components))
            return empty if self.question == "responsibilities" else empty[:, 0]
        with LocalExecutor() as executor:
            fold = Fold(ArraySource(rows), engine_for(rows, self.engine), executor)
            fold.refuse_bad_rows()
            return getattr(fold, self.question)(self.potentials)


def exported(values: FloatArray, like: Array) -> Array:
    """Give float64 host values in the library, dtype and device of `like`."""
    xp = array_api_compat.array_namespace(like)
    return xp.asarray(np.ascontiguousarray(values), dtype=like.dtype, device=array_api_compat.device(like), copy=True)
