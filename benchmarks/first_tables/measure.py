"""One fit, and what it says of rows that it did not see.

Tables hold rounded numbers, of which the density of a component may be as high as one likes at the cost of nothing:
held-out rows are therefore moved within the step to which their columns are recorded, by the same amounts for all
programs. A column in which rows of training do not differ has no density, and is left out for all.
"""

from __future__ import annotations

import hashlib
import time
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold

from benchmarks.first_tables.variants import Case

N_FOLDS, N_JITTERS = 5, 5


@dataclass(frozen=True, slots=True)
class Fitted:
    """What came of a fit; labels (n,) are None where `message` says what was raised."""

    labels: Any
    seconds: float
    n_warnings: int
    categories: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to fit, and those to score: each held-out row as often as there are jitters."""

    training: Any
    scored: Any


@dataclass(slots=True)
class HeldOut:
    """The mean log-density of each fold that gave one, infinite ones among them, and what the others raised."""

    densities: list[float] = field(default_factory=list)
    n_warnings: int = 0
    messages: list[str] = field(default_factory=list)


def fitted(model: Any, X: Any) -> Fitted:
    labels, message, seconds = None, "", np.nan
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            began = time.process_time()
            model.fit(X)
            seconds = time.process_time() - began
            labels = np.asarray(model.predict(X))
        except Exception as error:  # noqa: BLE001  (whatever is raised is a result)
            message = text_of(error)
    categories = " ".join(sorted({warning.category.__name__ for warning in caught}))
    return Fitted(labels, seconds, len(caught), categories, message)


def held_out(make: Callable[[], Any], folds: list[Fold]) -> HeldOut:
    result = HeldOut()
    for fold in folds:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result.densities.append(float(np.mean(make().fit(fold.training).score_samples(fold.scored))))
            except Exception as error:  # noqa: BLE001  (whatever is raised is a result)
                result.messages.append(text_of(error))
        result.n_warnings += len(caught)
    return result


def folds_of(case: Case, split: int = 0) -> list[Fold]:
    """Hold out a fifth of the rows at a time, drawn by a split's number; far rows are in the training of each."""
    near, far = case.near, case.X[len(case.near) :]
    generator = np.random.default_rng(zlib.crc32(f"{case.table}/{case.variant}/jitter".encode()))
    steps = np.array([step_of(column) for column in near.T])
    folds = []
    for training, rest in KFold(N_FOLDS, shuffle=True, random_state=split).split(near):
        kept = np.ptp(near[training], axis=0) > 0.0
        moves = steps * generator.uniform(-0.5, 0.5, (N_JITTERS, len(rest), len(steps)))
        scored = (near[rest] + moves).reshape(-1, len(steps)).astype(near.dtype)
        folds.append(Fold(np.vstack([near[training], far])[:, kept], scored[:, kept]))
    return folds


def step_of(column: Any) -> float:
    """Give the smallest difference between values if all differences are multiples of it, and 0 otherwise."""
    rounding = 1e-9 if column.dtype == np.float64 else 1e-6
    differences = np.diff(np.unique(column).astype(float))
    differences = differences[differences > rounding * np.abs(column).max(initial=0.0)]
    if differences.size == 0:
        return 0.0
    multiples = differences / differences.min()
    return float(differences.min()) if np.all(np.abs(multiples - np.round(multiples)) < 0.01) else 0.0


def row_of(case: Case, kind: str, program: str, seed: int, fit: Fitted, rest: HeldOut | None) -> dict[str, Any]:
    """Give a line of the file of measurements."""
    n_rows, n_columns = case.near.shape
    labels = None if fit.labels is None else fit.labels[:n_rows]
    # What raised found as much as one component does.
    found = np.zeros(n_rows) if labels is None else labels
    row: dict[str, Any] = {
        "table": case.table,
        "variant": case.variant,
        "type": kind,
        "program": program,
        "seed": seed,
        "rows": n_rows,
        "columns": n_columns,
        "components": case.n_components,
        "ari": np.nan if case.y is None else adjusted_rand_score(case.y, found),
        "partition": "" if labels is None else partition(labels),
        "seconds": fit.seconds,
        "warnings": fit.n_warnings,
        "categories": fit.categories,
        "exception": fit.message,
    }
    finite = [] if rest is None else [density for density in rest.densities if np.isfinite(density)]
    return row | {
        "held_out": np.mean(finite) if finite else np.nan,
        "folds_measured": 0 if rest is None else N_FOLDS,
        "folds_infinite": 0 if rest is None else len(rest.densities) - len(finite),
        "folds_failed": 0 if rest is None else len(rest.messages),
        "held_out_warnings": 0 if rest is None else rest.n_warnings,
        "held_out_exception": "" if rest is None else " | ".join(dict.fromkeys(rest.messages)),
    }


def partition(labels: Any) -> str:
    """Name a partition, the same whatever numbers its parts have."""
    _, first, which = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return hashlib.blake2b(order[which].astype(np.int64).tobytes(), digest_size=8).hexdigest()


def text_of(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
