"""`SufficientStatistics`: what comes back up from an engine, and the only thing that is ever added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixfold.structures import Scatter, Structure
from mixfold.sums import SUMS, Extent, Sum, kept
from mixfold.typing import FloatArray, IntArray

LOST = 1e5
"""How many times a scatter may be that around the means: of single precision two digits are left of it then."""
FEWEST = 1e-150
"""Rows that a component has at least where rows are jittered, so that one without rows has the covariance of jitter."""


@dataclass(frozen=True, slots=True)
class SufficientStatistics:
    """Weighted sums over rows, taken around fixed centers: a commutative monoid under ``+``. `SUMS` is their table.

    With r_nk the responsibility of component k for row n times the row's weight, and m_k the center, the sums are

    ====================  =============  =================================================================
    `count`               (K,)           sum_n r_nk
    `shift`               (K, D)         sum_n r_nk (x_n - m_k)
    `scatter`             by structure   sum_n r_nk (x_n - m_k)(x_n - m_k)^T, full, pooled, diagonal or trace; or its
                                         diagonal and its product with the `basis` (K, D, r), where there is one
    `log_likelihood`      number         sum_n w_n log sum_k exp(score_nk); for hard assignment of the best score
    `n_rows`, `weight`    numbers        how many rows, and the sum of their weights
    `n_skipped`           number         pairs of row and component whose responsibility was proved negligible
                                         without computing it; how they were found is all that it depends on
    `log_best_share`      number         sum_n w_n log max_k of the responsibility, the background's too; zero where it
                                         is given or hard. It is what ICL takes off the log-likelihood
    `mass`                (K,)           sum_n r_nk u_nk: with `degrees`, whose u shift and scatter count r times
    `log_mass`            (K,)           sum_n r_nk log u_nk: with `degrees`
    ====================  =============  =================================================================

    Where groups of rows are of one component, `label_count` (K + 1,) counts each group once; the background's is last.
    That is a sum of folds, which engines know nothing of.

    Differences to the current centers, and never to the origin, are what keeps the second moments exact for data far
    from zero or clusters much tighter than the whole: ``E[x x^T] - m m^T`` cancels, this does not.

    All arrays are float64, whatever the dtype of the rows.

    Attributes
    ----------
    center : ndarray of shape (n_components, n_features)
        m_k: what differences are taken from.
    count : ndarray of shape (n_components,)
    shift : ndarray of shape (n_components, n_features)
    scatter : ndarray
        In the shape of `structure`.
    structure : Structure
    log_likelihood : float
        In nats, of all rows together.
    n_rows : int
    weight : float
    n_skipped : float
    basis : ndarray of shape (n_components, n_features, rank), optional
        Where `structure` is one of factors.
    log_best_share : float
    mass, log_mass : ndarray of shape (n_components,), optional
        Where the potentials have `degrees`.
    label_count : ndarray of shape (n_components + 1,), optional
        Where rows are linked.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL, FULL
    >>> def sums_of(rows):
    ...     return ArrayEngine().moments(Rows(rows), np.ones((len(rows), 1)), np.zeros((1, 2)), FULL)
    >>> rows = np.array([[1.0, 0.0], [3.0, 2.0], [5.0, 4.0]])
    >>> whole, parts = sums_of(rows), sums_of(rows[:1]) + sums_of(rows[1:])
    >>> whole.means, bool(np.all(parts.scatter == whole.scatter))
    (array([[3., 2.]]), True)
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
    basis: FloatArray | None = None
    log_best_share: float = 0.0
    mass: FloatArray | None = None
    log_mass: FloatArray | None = None
    label_count: FloatArray | None = None

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
        return self.center + self.shift / self._safe_mass[:, None]

    @property
    def scatter_about_means(self) -> FloatArray:
        """The scatter around `means` instead of around `center`; the shape of `scatter`."""
        # count * step step^T rather than shift shift^T / count: one over the count of a vanishing component overflows.
        return self.scatter - self.structure.outer(self.moment_mass, self.shift / self._safe_mass[:, None], self.basis)

    def spread_about_means(self, covariance: FloatArray) -> tuple[Scatter, FloatArray]:
        """Give `about_means` and `count` of what `jittered` gives, of a covariance in the shape of one component."""
        d, count = self.center.shape[1], np.maximum(self.count, FEWEST)
        mass = count if self.mass is None else np.maximum(self.mass, FEWEST)
        scatter = self.scatter + self.structure.of_equal(mass, covariance, d, self.basis)
        scatter = scatter - self.structure.outer(mass, self.shift / mass[:, None], self.basis)
        return Scatter(scatter, d, self.basis), count

    @property
    def about_means(self) -> Scatter:
        """What covariances are learned from: the scatter around `means`, with what its numbers do not tell."""
        return Scatter(self.scatter_about_means, self.center.shape[1], self.basis)

    @property
    def is_far_from_means(self) -> bool:
        """Whether centers are so far from the rows that little is left of the scatter's digits around the means."""
        with np.errstate(over="ignore", invalid="ignore"):
            taken = self.structure.outer(self.moment_mass, self.shift / self._safe_mass[:, None], self.basis)
            return not (np.abs(taken) <= LOST * np.abs(self.scatter - taken)).all()

    @property
    def background_weight(self) -> float:
        """The weight that belongs to no component: that of the background, and rounding where there is none."""
        return max(self.weight - float(np.sum(self.count)), 0.0)

    @property
    def labels(self) -> FloatArray:
        """What weights are learned from, (K,): rows with a component of their own each, and groups that have one."""
        return self.count if self.label_count is None else self.label_count[:-1]

    @property
    def background_share(self) -> float:
        """The share of them that belongs to no component."""
        if self.label_count is None:
            return self.background_weight / self.weight
        return float(self.label_count[-1] / np.sum(self.label_count))

    @property
    def with_labels(self) -> SufficientStatistics:
        """The same, where each row has a component of its own, with these counted."""
        return replace(self, label_count=np.append(self.count, self.background_weight))

    @property
    def moment_mass(self) -> FloatArray:
        """What shift and scatter are sums of: `mass`, or `count` where shares count as they are."""
        return self.count if self.mass is None else self.mass

    def in_structure(self, structure: Structure, basis: FloatArray | None) -> SufficientStatistics:
        """Give the same with a scatter of another structure, of one that is full."""
        return replace(self, scatter=structure.of_scatter(self.scatter, basis), structure=structure, basis=basis)

    @property
    def _safe_mass(self) -> FloatArray:
        # A component without rows has a zero shift: dividing by one leaves its mean at the center.
        return np.where(self.moment_mass > 0.0, self.moment_mass, 1.0)

    @property
    def _sums(self) -> tuple[Sum, ...]:
        return kept(with_degrees=self.mass is not None)

    @property
    def numbers(self) -> list[float]:
        """The number of rows, and the sums that are numbers, in the order of the table: to be saved with `arrays`."""
        return [self.n_rows, *(float(getattr(self, one.name)) for one in self._sums if one.extent is Extent.NUMBER)]

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """The center, the sums that are arrays, the basis and counts of labels if there are any."""
        arrays = {one.name: getattr(self, one.name) for one in self._sums if one.extent is not Extent.NUMBER}
        more = {"basis": self.basis, "label_count": self.label_count}
        return {"center": self.center} | arrays | {name: array for name, array in more.items() if array is not None}

    @classmethod
    def of_saved(
        cls, numbers: Sequence[float], arrays: Mapping[str, FloatArray], structure: Structure, prefix: str = ""
    ) -> SufficientStatistics:
        """Give the statistics that `numbers` and `arrays` are of; names of arrays, among others, begin with a prefix.

        Raises
        ------
        KeyError
            If an array is missing.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.engines import ArrayEngine
        >>> from mixfold.rows import Rows
        >>> from mixfold.statistics import SufficientStatistics
        >>> from mixfold.structures import FULL
        >>> one = ArrayEngine().moments(Rows(np.array([[1.0], [3.0]])), np.ones((2, 1)), np.zeros((1, 1)), FULL)
        >>> SufficientStatistics.of_saved(one.numbers, one.arrays, FULL).means
        array([[2.]])
        """
        n_rows, *sums = numbers
        names = [one.name for one in SUMS if one.extent is Extent.NUMBER]
        by_name: dict[str, Any] = dict(zip(names, sums, strict=True))
        for one in SUMS:
            if one.extent is not Extent.NUMBER and not one.needs_degrees:
                by_name[one.name] = arrays[prefix + one.name]
        for name in ("basis", "label_count", *(one.name for one in SUMS if one.needs_degrees)):
            by_name[name] = arrays.get(prefix + name)
        return cls(center=arrays[f"{prefix}center"], structure=structure, n_rows=int(n_rows), **by_name)

    def around(self, center: FloatArray) -> SufficientStatistics:
        """Give the same sums around other centers (K, D), through the scatter around the means: nothing cancels."""
        step = self.means - center
        scatter = self.scatter_about_means + self.structure.outer(self.moment_mass, step, self.basis)
        return replace(self, center=center, shift=self.moment_mass[:, None] * step, scatter=scatter)

    def take(self, components: IntArray) -> SufficientStatistics:
        """Give the sums of some components, in that order; those of their shapes alone, not of degrees."""
        labels = None if self.label_count is None else self.label_count[np.append(components, -1)]
        return replace(
            self,
            center=self.center[components],
            count=self.count[components],
            shift=self.shift[components],
            scatter=self.structure.take(self.scatter, components),
            label_count=labels,
        )

    def scaled(self, factor: float) -> SufficientStatistics:
        """Give the sums as if every row had `factor` times its weight."""
        scaled: dict[str, Any] = {one.name: factor * getattr(self, one.name) for one in self._sums}
        labels = None if self.label_count is None else factor * self.label_count
        return replace(self, **scaled | {"n_skipped": 0.0, "label_count": labels})

    def jittered(self, covariance: FloatArray) -> SufficientStatistics:
        """Give the sums as if every row were spread around where it is: count times that covariance more scatter.

        The mirror image of `Potentials.jittered`. A component without rows has as much as one of `FEWEST` rows would.

        Parameters
        ----------
        covariance : ndarray of shape (n_features, n_features), (n_features,) or ()
            Of the noise, which has mean zero.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.engines import ArrayEngine
        >>> from mixfold.rows import Rows
        >>> from mixfold.structures import DIAGONAL, FULL
        >>> rows, one = np.array([[1.0], [3.0]]), np.ones((2, 1))
        >>> sums = ArrayEngine().moments(Rows(rows), one, np.array([[2.0]]), DIAGONAL)
        >>> sums.scatter, sums.jittered(np.array(0.5)).scatter
        (array([[2.]]), array([[3.]]))
        """
        if not np.any(covariance):
            return self
        d, count, mass = self.center.shape[1], np.maximum(self.count, FEWEST), np.maximum(self.moment_mass, FEWEST)
        more = self.structure.of_equal(mass, self.structure.reduced(covariance, d), d, self.basis)
        return replace(self, count=count, scatter=self.scatter + more, mass=None if self.mass is None else mass)

    def __add__(self, other: SufficientStatistics) -> SufficientStatistics:
        """Give the statistics of both together; they must be taken around the same centers, on the same basis.

        Where one of them counts labels, each row of the other has a label of its own.
        """
        if (self.mass is None) != (other.mass is None):
            message = "Statistics can only be added when both have degrees of freedom or neither, got one of each."
            raise ValueError(message)
        if self.structure != other.structure or not (
            _are_same(self.center, other.center) and _are_same(self.basis, other.basis)
        ):
            message = (
                "Statistics can only be added when they have the same structure, the same centers and basis, got "
                f"{self.structure.name} and {other.structure.name}. Compute both from the same Potentials."
            )
            raise ValueError(message)
        if (self.label_count is None) != (other.label_count is None):
            return (self if other.label_count is None else self.with_labels) + (
                other.with_labels if other.label_count is None else other
            )
        both: dict[str, Any] = {one.name: getattr(self, one.name) + getattr(other, one.name) for one in self._sums}
        if self.label_count is not None and other.label_count is not None:
            both["label_count"] = self.label_count + other.label_count
        return replace(self, n_rows=self.n_rows + other.n_rows, **both)


def _are_same(one: FloatArray | None, other: FloatArray | None) -> bool:
    if one is other:
        return True
    return one is not None and other is not None and np.array_equal(one, other)
