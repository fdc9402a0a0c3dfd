"""`SufficientStatistics`: what comes back up from an engine, and the only thing that is ever added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mixfold.structure import Structure
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class SufficientStatistics:
    """Weighted sums over rows, taken around fixed centers: a commutative monoid under ``+``.

    With r_nk the responsibility of component k for row n times the row's weight, and m_k the center, the sums are

    ====================  =============  =================================================================
    `count`               (K,)           sum_n r_nk
    `shift`               (K, D)         sum_n r_nk (x_n - m_k)
    `scatter`             by structure   sum_n r_nk (x_n - m_k)(x_n - m_k)^T, full, pooled, diagonal or trace
    `log_likelihood`      number         sum_n w_n log sum_k exp(score_nk); for hard assignment of the best score
    `n_rows`, `weight`    numbers        how many rows, and the sum of their weights
    `n_skipped`           number         pairs of row and component whose responsibility was proved negligible, below
                                         1e-17, without computing it; how they were found is all that it depends on
    ====================  =============  =================================================================

    Differences to the current centers, and never to the origin, are what keeps the second moments exact for data far
    from zero or clusters much tighter than the whole: ``E[x x^T] - m m^T`` cancels, this does not.

    All arrays are float64, whatever the dtype of the rows.
    """

    center: FloatArray
    count: FloatArray
    shift: FloatArray
    scatter: FloatArray
    structure: Structure
    log_likelihood: float
    n_rows: int
    weight: float
    n_skipped: float = 0.0

    @property
    def share_skipped(self) -> float:
        """The share of all pairs of row and component that did not have to be computed."""
        return self.n_skipped / max(self.n_rows * len(self.count), 1)

    @property
    def row_weight(self) -> float:
        """The weight that counts as a row: one, or the mean weight where that is less (weights that sum to one)."""
        return min(1.0, self.weight / max(self.n_rows, 1))

    @property
    def means(self) -> FloatArray:
        """Weighted mean of the rows of each component, (K, D); the center where a component has no rows."""
        return self.center + self.shift / self._safe_count[:, None]

    @property
    def scatter_about_means(self) -> FloatArray:
        """The scatter around `means` instead of around `center`; the shape of `scatter`."""
        # count * step step^T rather than shift shift^T / count: one over the count of a vanishing component overflows.
        return self.scatter - self.structure.outer(self.count, self.shift / self._safe_count[:, None])

    @property
    def _safe_count(self) -> FloatArray:
        # A component without rows has a zero shift: dividing by one leaves its mean at the center.
        return np.where(self.count > 0.0, self.count, 1.0)

    def __add__(self, other: SufficientStatistics) -> SufficientStatistics:
        """Give the statistics of both sets of rows together; both must be taken around the same centers."""
        if self.structure is not other.structure or (
            self.center is not other.center and not np.array_equal(self.center, other.center)
        ):
            message = (
                "Statistics can only be added when they have the same structure and the same centers, got "
                f"{self.structure.value} and {other.structure.value}. Compute both from the same Potentials."
            )
            raise ValueError(message)
        return SufficientStatistics(
            self.center,
            self.count + other.count,
            self.shift + other.shift,
            self.scatter + other.scatter,
            self.structure,
            self.log_likelihood + other.log_likelihood,
            self.n_rows + other.n_rows,
            self.weight + other.weight,
            self.n_skipped + other.n_skipped,
        )


def tree_sum(statistics: Iterable[SufficientStatistics]) -> SufficientStatistics:
    """Add statistics pairwise, in an order that depends only on how many there are.

    Neighbors are added first, then neighbors of those sums, and so on: the order that a cluster can follow with any
    number of workers, so the result has the same bits wherever it was computed. At most log2(n) partial sums exist.

    Parameters
    ----------
    statistics : iterable of SufficientStatistics
        At least one.

    Raises
    ------
    ValueError
        If there is nothing to add.
    """
    pending: list[tuple[int, SufficientStatistics]] = []  # (height, sum), heights strictly falling
    for term in statistics:
        height, total = 0, term
        while pending and pending[-1][0] == height:
            total = pending.pop()[1] + total
            height += 1
        pending.append((height, total))
    if not pending:
        message = "tree_sum needs at least one term, got none. Check that the source yields rows."
        raise ValueError(message)
    total = pending.pop()[1]
    while pending:
        total = pending.pop()[1] + total
    return total
