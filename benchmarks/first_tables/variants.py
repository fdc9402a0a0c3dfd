"""The variants: each table again with what such tables have, a constant column, whole numbers, one row far away."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.first_tables.tables import Table

AS_IT_IS = "as it is"


@dataclass(frozen=True, slots=True)
class Case:
    """A variant of a table: X (n + n_far, d), of which the last `n_far` rows have no label and are never held out."""

    table: str
    variant: str
    X: Any
    y: Any
    n_components: int
    n_far: int = 0

    @property
    def near(self) -> Any:
        return self.X[: len(self.X) - self.n_far]


def case(name: str, table: Table, variant: str) -> Case:
    # Of the names alone, so that a case is the same whichever others are run.
    generator = np.random.default_rng(zlib.crc32(f"{name}/{variant}".encode()))
    return Case(name, variant, *VARIANTS[variant](table, generator))


Changed = tuple[Any, Any, int] | tuple[Any, Any, int, int]


def with_columns(table: Table, columns: Any) -> Changed:
    return np.column_stack([table.X, columns]), table.y, table.n_components


def one_hot(table: Table, generator: Any) -> Changed:
    return with_columns(table, np.eye(3)[generator.integers(0, 3, len(table.X))])


def zero_inflated(table: Table, generator: Any) -> Changed:
    n = len(table.X)
    return with_columns(table, np.where(generator.random(n) < 0.6, 0.0, generator.exponential(size=n)))


def rounded(table: Table, share: float) -> Changed:
    steps = share * table.X.std(axis=0)
    safe = np.where(steps > 0.0, steps, 1.0)
    return np.where(steps > 0.0, np.round(table.X / safe) * safe, table.X), table.y, table.n_components


def other_units(table: Table, generator: Any) -> Changed:
    return table.X * 10.0 ** generator.uniform(-3.0, 3.0, table.X.shape[1]), table.y, table.n_components


def with_far_row(table: Table, deviations: float) -> Changed:
    far = table.X.mean(axis=0) + deviations * table.X.std(axis=0)
    return np.vstack([table.X, far]), table.y, table.n_components + 1, 1


def half(table: Table, generator: Any) -> Changed:
    kept = np.sort(generator.permutation(len(table.X))[: len(table.X) // 2])
    return table.X[kept], None if table.y is None else table.y[kept], table.n_components


VARIANTS: dict[str, Callable[[Table, Any], Changed]] = {
    AS_IT_IS: lambda table, _: (table.X, table.y, table.n_components),
    "constant": lambda table, _: with_columns(table, np.ones(len(table.X))),
    "duplicated": lambda table, _: with_columns(table, table.X[:, 0]),
    "summed": lambda table, _: with_columns(table, table.X[:, 0] + table.X[:, 1]),
    "binary": lambda table, generator: with_columns(table, generator.integers(0, 2, len(table.X))),
    "one-hot": one_hot,
    "Likert": lambda table, generator: with_columns(table, generator.integers(1, 6, len(table.X))),
    "zero-inflated": zero_inflated,
    "rounded to 1 %": lambda table, _: rounded(table, 0.01),
    "rounded to 10 %": lambda table, _: rounded(table, 0.1),
    "rounded to 50 %": lambda table, _: rounded(table, 0.5),
    # Numbered in an order that knows nothing of the labels, by which many tables are sorted.
    "ID": lambda table, generator: with_columns(table, 1.0 + generator.permutation(len(table.X))),
    "float32": lambda table, _: (table.X.astype(np.float32), table.y, table.n_components),
    "other units": other_units,
    "far row at 1e2": lambda table, _: with_far_row(table, 1e2),
    "far row at 1e4": lambda table, _: with_far_row(table, 1e4),
    "far row at 1e8": lambda table, _: with_far_row(table, 1e8),
    "half the rows": half,
}
REDUNDANT = ("constant", "duplicated", "summed")
"""These add nothing to what a table says."""
UNINFORMATIVE = (
    "binary",
    "one-hot",
    "Likert",
    "zero-inflated",
    "far row at 1e2",
    "far row at 1e4",
    "far row at 1e8",
)
"""These add what has nothing to do with the labels."""
