"""What a mixture makes of each row, kept small: the two most probable components and the density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixfold.mixtures import Mixture
from mixfold.plotting.cluster import SURE
from mixfold.typing import FloatArray, IntArray

ROWS_AT_ONCE = 100_000
"""No array of all rows and all components is ever made."""


@dataclass(frozen=True, slots=True)
class Review:
    """One walk over the rows.

    Attributes
    ----------
    labels, seconds : ndarray of shape (n_rows,)
        The most and the second most probable component; the same one if there is only one.
    shares, second_shares : ndarray of shape (n_rows,)
        Their responsibilities.
    log_density : ndarray of shape (n_rows,)
        In nats.
    overlap : ndarray of shape (n_components, n_components)
        Mean responsibility of component j (column) in the rows that component i (row) is the most probable of.
    """

    labels: IntArray
    seconds: IntArray
    shares: FloatArray
    second_shares: FloatArray
    log_density: FloatArray
    overlap: FloatArray

    @classmethod
    def of(cls, mixture: Mixture, rows: FloatArray) -> Self:
        """Ask a mixture about rows (n, D)."""
        k, parts = mixture.n_components, []
        overlap = np.zeros((k, k))
        for first in range(0, len(rows), ROWS_AT_ONCE):
            chunk = rows[first : first + ROWS_AT_ONCE]
            shares = np.asarray(mixture.responsibilities(chunk))  # (n, k)
            labels, at = shares.argmax(axis=1), np.arange(len(chunk))
            np.add.at(overlap, labels, shares)
            others = shares.copy()
            if k > 1:
                others[at, labels] = -1.0
            seconds = others.argmax(axis=1)
            second_shares = shares[at, seconds] if k > 1 else np.zeros(len(chunk))
            parts.append((labels, seconds, shares[at, labels], second_shares, np.asarray(mixture.log_density(chunk))))
        labels, seconds, shares, second_shares, log_density = (
            np.concatenate(column) for column in zip(*parts, strict=True)
        )
        counts = np.bincount(labels, minlength=k)
        return cls(labels, seconds, shares, second_shares, log_density, overlap / np.maximum(counts, 1)[:, None])

    @property
    def counts(self) -> IntArray:
        """How many rows each component is the most probable of."""
        return np.bincount(self.labels, minlength=len(self.overlap))

    @property
    def sure(self) -> float:
        """The share of rows whose best component has at least 90 % of them."""
        return float(np.mean(self.shares >= SURE))

    def most_uncertain(self, most: int) -> IntArray:
        """Give the rows whose best component has the least share, the least sure first, if it is not sure of them."""
        order = np.argsort(self.shares, kind="stable")[:most]
        return order[self.shares[order] < SURE]

    def most_anomalous(self, most: int) -> IntArray:
        """Give the rows of least density, the least likely first."""
        return np.argsort(self.log_density, kind="stable")[:most]
