"""Rows that a stream keeps, so that what its first batch told can be put right by what came later.

Steps of EM lead to the optimum that is near, and a first batch of a few rows, or of a single cluster, is near a bad
one. A bounded sample of all rows that have gone by is searched anew now and then (see `estimators/streaming.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from mixfold.typing import FloatArray

KEPT_ROWS, KEPT_NUMBERS = 2000, 1 << 17
"""At most so many rows, and in them so many numbers (1 MiB), but ten for each component."""
ROWS_EACH = 10
GROWTH, LEAST_GROWTH = 1.5, 1.02
"""By which a stream has grown when its sample is searched again: at the latest, and where a batch is a surprise."""
SURPRISE, DEVIATIONS = 2.0, 4.0
"""Nats that the rows of a batch have less than those before, to be one; and how many standard errors of such a mean."""


@dataclass(frozen=True, slots=True)
class Reservoir:
    """A sample of the rows of a stream.

    Attributes
    ----------
    rows, weights : ndarray of shape (n, n_features), (n,)
    n_seen : float
        How many rows they are a sample of.
    n_searched : float
        How many had been seen when they were searched last.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting import Reservoir
    >>> reservoir = Reservoir.of(np.zeros((5, 1)), np.ones(5), n_components=3)
    >>> later = reservoir.followed_by(np.ones((5, 1)), np.ones(5), n_rows=5, n_components=3, least_share=0.0)
    >>> later.rows.sum(), later.is_due(shortfall=0.0)
    (np.float64(5.0), True)
    """

    rows: FloatArray
    weights: FloatArray
    n_seen: float
    n_searched: float

    @classmethod
    def of(cls, rows: FloatArray, weights: FloatArray, n_components: int, n_rows: float | None = None) -> Self:
        """Keep rows of a first batch, which was searched; `n_rows` is how many it had, if they are a sample of it."""
        seen = float(len(rows)) if n_rows is None else n_rows
        at_most = capacity(rows.shape[1], n_components)
        which = _drawn(len(rows), at_most, int(seen))
        return cls(rows[which], weights[which], seen, seen)

    @property
    def plain(self) -> tuple[Any, ...]:
        """What makes it, without a class of its own."""
        return self.rows, self.weights, self.n_seen, self.n_searched

    def followed_by(
        self, rows: FloatArray, weights: FloatArray, n_rows: float, n_components: int, least_share: float
    ) -> Self:
        """Let rows of a batch of `n_rows` take the places of others, as many as are their share of all, or more."""
        seen, at_most = self.n_seen + n_rows, capacity(rows.shape[1], n_components)
        n_before, n_new = len(self.rows), len(rows)
        if n_before + n_new > at_most:
            share = max(n_rows / seen, least_share) * at_most
            n_new = min(n_new, int(share + np.random.RandomState(int(seen)).uniform()))
            n_before = min(n_before, at_most - n_new)
        old, new = _drawn(len(self.rows), n_before, int(seen)), _drawn(len(rows), n_new, int(seen) + 1)
        kept = np.concatenate([self.rows[old], rows[new]]), np.concatenate([self.weights[old], weights[new]])
        return replace(self, rows=kept[0], weights=kept[1], n_seen=seen)

    def is_due(self, shortfall: float, n_rows: float = 1.0) -> bool:
        """Whether it is time to search, if a batch of `n_rows` had so many nats a row less than those before."""
        noise = DEVIATIONS * np.sqrt(0.5 * self.rows.shape[1] / n_rows)
        growth = LEAST_GROWTH if shortfall > SURPRISE + noise else GROWTH
        return bool(self.n_seen >= growth * self.n_searched)

    @property
    def searched(self) -> Self:
        """The same, searched now."""
        return replace(self, n_searched=self.n_seen)


def capacity(n_features: int, n_components: int) -> int:
    """Count the rows that are kept at most."""
    return max(ROWS_EACH * n_components, min(KEPT_ROWS, KEPT_NUMBERS // n_features))


def _drawn(n: int, n_wanted: int, seed: int) -> slice | np.ndarray[Any, np.dtype[np.intp]]:
    """Give ascending indices of so many rows; of all if there are no more."""
    if n_wanted >= n:
        return slice(None)
    return np.sort(np.random.RandomState(seed % 2**32).choice(n, n_wanted, replace=False))
