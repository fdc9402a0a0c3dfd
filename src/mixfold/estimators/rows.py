"""How estimators take rows: whatever yields chunks, checked, and asked by a fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import array_api_compat
import numpy as np
import numpy.typing as npt

from mixfold.engines import Engine, engine_for, to_numpy
from mixfold.errors import ShapeError
from mixfold.estimators.missing import unmasked, without_weight_where_empty
from mixfold.estimators.strata import in_strata
from mixfold.executors import Executor, LocalExecutor, executor_for
from mixfold.fold import LOOP_ROWS, Fold, has_gaps
from mixfold.fold.checking import count_missing, first_bad, refuse
from mixfold.observations import Incomplete, Observation
from mixfold.potentials import Potentials
from mixfold.rows import IndexedSource, Marks, Rows, Source
from mixfold.sources import Answer, ArraySource, in_memory, source_for
from mixfold.typing import Array, FloatArray, IntArray
from mixfold.validation import is_tensor, name_features, refuse_other_features, rows_of, weights_of


def source_of(
    X: Any,
    sample_weight: npt.ArrayLike | None = None,
    *,
    estimator: Any,
    reset: bool = False,
    n_features: int | None = None,
    gaps: bool = False,
) -> Source:
    """Open `X` as a source of chunks whose shape is known to be usable; few rows come into memory at once.

    With `gaps`, values may be missing.
    """
    source = source_for(X, None if reset else known_names(estimator))
    if source is None:
        X = unmasked(X) if gaps else X
        known = _is_finite(X)
        if known and reset and X.ndim == 2 and len(X) > 1 and X.shape[1]:  # what scikit-learn would give as it is
            rows = X
            refuse_other_features(rows.shape[1], n_features)
            name_features(estimator, rows.shape[1], None)
        else:
            rows = rows_of(X, estimator=estimator, reset=reset, n_features=n_features, gaps=None if known else gaps)
        return _checked(rows, Marks(weights_of(sample_weight, rows, to_fit=reset)), gaps=gaps and not known)
    n_least = 2 if reset else 1
    if source.n_rows < n_least:
        message = f"X must have at least {n_least} row(s), got {source.n_rows}."
        raise ShapeError(message)
    refuse_other_features(source.n_features, n_features)
    if reset:
        name_features(estimator, source.n_features, source.feature_names)
    if sample_weight is not None:
        weights = weights_of(sample_weight, np.empty((source.n_rows, 1)), to_fit=reset)
        source = source.with_marks(replace(source.marks, weights=weights))
    if source.n_rows > LOOP_ROWS:
        return source
    rows = in_memory(source)
    refuse(first_bad(rows.rows, gaps=gaps), source)
    return _checked(rows.values, rows.marks, gaps=gaps)


def _is_finite(X: Any) -> bool:
    """Whether `X` is an array of floats on the host that are seen to be finite, in one pass."""
    with np.errstate(all="ignore"):
        is_float = type(X) is np.ndarray and X.dtype.char in "fd" and X.dtype.isnative
        return is_float and bool(np.isfinite(np.sum(X)))


def _checked(rows: Array, marks: Marks, *, gaps: bool) -> ArraySource:
    """Give rows, none of which is infinite, as a source that knows whether values are missing."""
    lacks = gaps and has_gaps(rows)
    if lacks:
        marks = replace(marks, weights=without_weight_where_empty(rows, marks.weights))
    return ArraySource(rows, marks, is_finite=not lacks)


def known_names(estimator: Any) -> list[str] | None:
    """Give the names of the features that an estimator was fitted to; None where those have none."""
    names = vars(estimator).get("feature_names_in_")
    return None if names is None else list(names)


@contextmanager
def folding(
    source: Source,
    engine: str | Engine,
    n_jobs: int | None,
    executor: str | Executor | None = None,
    *,
    begins_with_sample: bool = False,
    observations: Sequence[Observation] = (),
    gaps: bool = False,
) -> Iterator[Fold]:
    """Give the fold over a source; data that are not in memory are checked by the first walk over them.

    `observations` are those of its strata, where more is known of rows than which values they lack; `gaps` says whether
    values may be missing.
    """
    n_chunks = -(-source.n_rows // source.chunk_rows)
    with executor_for(n_jobs, n_chunks, source=source, given=executor) as entered:
        yield fold_of(
            source, engine, entered, begins_with_sample=begins_with_sample, observations=observations, gaps=gaps
        )


def fold_of(
    source: Source,
    engine: str | Engine,
    executor: Executor,
    *,
    begins_with_sample: bool = False,
    observations: Sequence[Observation] = (),
    gaps: bool = False,
) -> Fold:
    """Give the fold over a source by an executor that is entered, checked likewise.

    Where the first question is for a sample, and rows cannot be read one by one, that walk checks them.
    """
    source, seen = (source, tuple(observations)) if observations else in_strata(source)
    source = executor.placed(source)
    fold = Fold(source, engine_for(source.first, engine), executor, seen)
    if source.origin.is_in_memory or (begins_with_sample and not isinstance(source, IndexedSource)):
        return fold
    if gaps:
        return replace(fold, observations=(Incomplete(),)) if np.any(count_missing(executor, source)) else fold
    fold.refuse_bad_rows()
    return fold


@dataclass(frozen=True, slots=True)
class Question:
    """A question about rows, which other processes can get hold of."""

    potentials: Potentials
    question: str
    engine: str | Engine
    gaps: bool = False

    @property
    def answer(self) -> Answer:
        """What a map of the question over a collection gives."""
        names = {"labels": "prediction", "responsibilities": "probability", "log_density": "log_density"}
        width = self.potentials.n_components if self.question == "responsibilities" else None
        return Answer(self, names[self.question], width, is_label=self.question == "labels")

    def __call__(self, rows: Array) -> Array:
        """Answer it, and refuse rows that are not finite."""
        if not len(rows):
            empty = np.zeros((0, self.potentials.n_components))
            return empty if self.question == "responsibilities" else empty[:, 0]
        with LocalExecutor() as executor:
            source = ArraySource(rows)
            refuse(first_bad(source.rows, gaps=self.gaps), source)
            fold = Fold(source, engine_for(rows, self.engine), executor, in_strata(source)[1])
            return getattr(fold, self.question)(self.potentials)


def sampled_like(rows: FloatArray, labels: IntArray, like: Array) -> tuple[Array, Array]:
    """Give samples in the library and on the device of `like`, in float64 if it has that."""
    if not is_tensor(like):
        return rows, labels
    xp, device = array_api_compat.array_namespace(like), array_api_compat.device(like)
    wide = xp.__array_namespace_info__().dtypes(kind="real floating", device=device).get("float64", like.dtype)
    return xp.asarray(rows, dtype=wide, device=device), xp.asarray(labels, dtype=xp.int64, device=device)


def log_best_shares(fold: Fold, potentials: Potentials) -> float:
    """Give the sum over rows of the logarithm of their largest responsibility."""
    engine = fold.engine
    if not fold.is_complete:
        shares = np.log(np.max(to_numpy(fold.responsibilities(potentials)), axis=1))
        return float(np.sum(shares) if fold.source.weights is None else to_numpy(fold.source.weights) @ shares)

    def log_best_share(chunk: Rows) -> float:
        best = np.log(np.max(to_numpy(engine.responsibilities(chunk.values, potentials)), axis=1))
        return float(np.sum(best) if chunk.weights is None else to_numpy(chunk.weights) @ best)

    return float(sum(fold.each(log_best_share)))
