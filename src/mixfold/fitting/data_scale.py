"""How wide data are: the steps that they were recorded in, and what lies within components.

The prior of a fit is made of both, and of nothing that a few far rows could move.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from mixfold.covariance import CovarianceFamily, Equivariance, Prior
from mixfold.engines import kernels, to_numpy
from mixfold.fitting.counted_rows import one_by_one
from mixfold.fitting.extreme_units import refuse_extreme_units
from mixfold.fitting.invariant_coordinates import MATRIX_FEATURES, InvariantCoordinates
from mixfold.fitting.likeness import Likeness
from mixfold.fitting.recording import Recorded, rows_between
from mixfold.fitting.within import NEVER, ROWS_EACH, SCALE_ROWS, Within, fitted_within
from mixfold.fold import Fold
from mixfold.fold.sampling import seeded
from mixfold.parameters import Parameters
from mixfold.rows import Rows, Source, is_single
from mixfold.structures import DIAGONAL, Structure
from mixfold.typing import Array, FloatArray, IntArray

MOST_PILOTS = 1000
"""Components that are fitted to see what lies within more: steps cost the square of them."""
PSEUDO_ROWS, PSEUDO_SHRINK = 1.0, 0.1
"""Rows that the prior adds to each component, and their covariance as a share of that within components; with K
components a K-th of that volume."""
FEWEST_ALIKE, MOST_ALIKE = 3.0, 10.0
"""Rows that it adds in each component's own size: half as many as a shape has parameters, between these bounds."""
COLLINEAR, SINGLE_COLLINEAR = 1e-10, 1e-6
"""Smallest eigenvalue of correlations below which some features determine others, of rows in double and in single
precision."""
ROUNDING, SINGLE_ROUNDING = 1e-6, 1e-4
"""Of a variance: the jitter that features have then. What they determine is as wide in every component, so that it
tells nothing, and wide enough that a determinant is exact to some 1e-9."""


@dataclass(slots=True)
class _Known:
    """What was found out of the rows of a scale, which no other rows say."""

    within: dict[tuple[int, bool], Within] = field(default_factory=dict)
    likeness: dict[tuple[int, bool, int], Likeness] = field(default_factory=dict)
    coordinates: InvariantCoordinates | None = None
    is_near: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DataScale:
    """The scale of data, from which priors of any family and any number of components are made.

    Attributes
    ----------
    rows, weights : ndarray of shape (n, n_features), (n,)
        At most some thousands.
    lowest, highest : ndarray of shape (n_features,)
        Between which values are near.
    variances : ndarray of shape (n_features,)
        Of the features, far values counting as near ones; positive.
    steps : ndarray of shape (n_features,)
        In which the features were recorded; zero where they are continuous.
    value_variances : ndarray of shape (n_features,)
        With which a value counts as spread around itself: that of a step, and at least that of rounding where features
        determine each other, so that what they determine is as wide in every component and tells nothing.
    n_rows, row_weight : float
        How many rows all data are, and the weight that counts as one.
    n_free : int
        Features that vary and are not determined by others; one at least.
    deadline : float
        That of the data's fold: when to look for what lies within components no longer.
    learns_likeness : bool
        Whether priors learn from the rows how alike components are.
    source : Source or None
        What the rows were drawn from, where they are as they were drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fitting import DataScale
    >>> from mixfold.fold import Fold
    >>> scale = DataScale.of(Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]])))
    >>> scale.steps, scale.within(2, is_matrix=False).round(2)
    (array([1.]), array([0.75]))
    >>> round(scale.prior(family_for("diag"), 2).count, 2)
    1.33
    """

    rows: FloatArray
    weights: FloatArray
    lowest: FloatArray
    highest: FloatArray
    variances: FloatArray
    steps: FloatArray
    value_variances: FloatArray
    n_rows: float
    row_weight: float
    n_free: int
    deadline: float = math.inf
    learns_likeness: bool = False
    source: Source | None = field(default=None, repr=False)
    _known: _Known = field(default_factory=_Known, repr=False)

    @classmethod
    def of(
        cls,
        fold: Fold,
        rounding: float | FloatArray | None = None,
        n_components: int = 1,
        *,
        learns_likeness: bool = False,
    ) -> Self:
        """Look at the data: at a bounded sample, and once at all rows where there are more.

        Parameters
        ----------
        fold : Fold
        rounding : float or ndarray of shape (n_features,), optional
            The steps, instead of those that are found.
        n_components : int
            The largest number that priors will be made for.
        learns_likeness : bool

        Raises
        ------
        InputError
            If the squares of the data's spread cannot be held.
        """
        wanted = max(SCALE_ROWS, ROWS_EACH * min(n_components, MOST_PILOTS))
        rows, weights = _drawn(fold, seeded(0), wanted)
        single = is_single(fold.source.first)
        refuse_extreme_units(rows, single=single)
        recorded = Recorded.of(rows, weights)
        variances, steps, spread = recorded.variances, recorded.steps, recorded.value_variances
        if rounding is not None:
            steps = np.broadcast_to(np.asarray(rounding, dtype=np.float64), variances.shape).copy()
            spread = steps**2 / 12.0
        n_rows, row_weight = float(len(rows)), 1.0
        if fold.source.n_rows > len(rows) or fold.source.weights is not None:
            everything = fold.moments(all_in_one, rows[:1], DIAGONAL)
            n_rows, row_weight = everything.weight / everything.row_weight, everything.row_weight
            # A feature that varies in rows outside of the sample only: nothing is known of it but that.
            rare = (variances == 0.0) & (everything.scatter[0] > 0.0)
            variances = np.where(rare, everything.scatter[0] / everything.weight, variances)
            spread = np.where(rare, variances, spread)
        varies = variances > 0.0
        variances = _positive(variances, rows[0])
        spread = np.where(varies, spread, NEVER * variances)
        n_free = int(np.sum(varies))
        near = recorded.lowest, recorded.highest
        scale = cls(rows, weights, *near, variances, steps, spread, n_rows, row_weight, max(n_free, 1))
        rank = scale.rank(varies, SINGLE_COLLINEAR if single else COLLINEAR)
        if rank < n_free or n_free > MATRIX_FEATURES:  # of many some are determined by others as good as always
            least = np.where(varies, SINGLE_ROUNDING if single else ROUNDING, NEVER)
            spread = np.maximum(spread, least * variances)
        return replace(
            scale,
            value_variances=spread,
            n_free=max(rank, 1),
            deadline=fold.deadline,
            learns_likeness=learns_likeness,
            source=fold.source,
        )

    def drawn(self, fold: Fold, random_state: np.random.RandomState, n_rows: int) -> tuple[FloatArray, FloatArray]:
        """Give at most `n_rows` rows of a fold, and weights: its own where it has all of them.

        Parameters
        ----------
        fold : Fold
        random_state : RandomState
        n_rows : int
        """
        if fold.source is self.source and len(self.rows) == fold.source.n_rows <= n_rows:
            return self.rows, self.weights
        return _drawn(fold, random_state, n_rows)

    def coordinates(self, rows: FloatArray, family: CovarianceFamily) -> InvariantCoordinates | None:
        """Give the coordinates of rows for a family, where they are known: of its own, none of which is far.

        Parameters
        ----------
        rows : ndarray of shape (n, n_features)
        family : CovarianceFamily
        """
        is_its_own = rows is self.rows and family.equivariance is Equivariance.AFFINE
        return self._known.coordinates if is_its_own else None

    def of_all(self, n_rows: int, weights: Array | None) -> DataScale:
        """Give the scale of data of which the rows of this one are a sample: how many rows those are decides.

        Parameters
        ----------
        n_rows : int
        weights : array of shape (n_rows,) or None
        """
        weight = float(n_rows) if weights is None else float(np.sum(to_numpy(weights)))
        row_weight = min(1.0, weight / n_rows)
        rows = weight / row_weight
        return replace(self, n_rows=rows, row_weight=row_weight, source=None, _known=_Known())

    def of_some(self, which: IntArray) -> DataScale:
        """Give the same scale with some of its rows."""
        return replace(self, rows=self.rows[which], weights=self.weights[which], source=None, _known=_Known())

    def told_by(self, fold: Fold) -> DataScale:
        """Give the same scale, whose priors learn how alike components are from some of the rows."""
        rows, weights = _drawn(fold, seeded(0), len(self.rows))
        return replace(
            self,
            rows=rows,
            weights=weights,
            learns_likeness=True,
            source=None,
            _known=_Known(),
        )

    @property
    def without_likeness(self) -> DataScale:
        """The same scale, whose priors do not say how alike components are."""
        return replace(self, learns_likeness=False)

    def rank(self, which: npt.NDArray[np.bool_], least: float) -> int:
        """Count the eigenvalues of the correlations of some features above `least`; of many, the features."""
        if not 1 < np.sum(which) <= MATRIX_FEATURES:
            return int(np.sum(which))
        is_near, rows, weights = self.near(self.rows, self.weights), self.rows, self.weights
        if not (np.all(is_near) and np.all(which)):
            rows, weights = rows[is_near][:, which], weights[is_near]
        variances = self.variances[which]
        if kernels.NATIVE_AVAILABLE and len(variances) <= kernels.DECOMPOSED_FEATURES:
            found = kernels.compiled.rank(np.ascontiguousarray(rows), weights, variances, least)
            if found is not None:
                return found
        share = weights / np.sum(weights)
        standard = (rows - share @ rows) / np.sqrt(variances)
        return int(np.sum(np.linalg.eigvalsh((share[:, None] * standard).T @ standard) >= least))

    def near(self, rows: FloatArray, weights: FloatArray) -> npt.NDArray[np.bool_]:
        """Tell which rows (n, D) have no far value, (n,); all are near where most would be far."""
        if rows is not self.rows:
            return rows_between(rows, weights, self.lowest, self.highest)
        if self._known.is_near is None:
            self._known.is_near = rows_between(rows, weights, self.lowest, self.highest)
        return self._known.is_near

    def within(self, n_components: int, *, is_matrix: bool) -> FloatArray:
        """Give the covariance within K components, (D, D) or (D,); of many that of fewer, in a share of the volume."""
        few = min(n_components, MOST_PILOTS)
        return (n_components / few) ** (-2.0 / self.n_free) * self.alike(few, is_matrix=is_matrix).covariances

    def alike(self, n_components: int, *, is_matrix: bool) -> Parameters:
        """Give components of equal covariance, a matrix (D, D) or its diagonal (D,), as `fitted_within` does."""
        return self._within(n_components, is_matrix=is_matrix).alike

    def likeness(self, n_components: int, structure: Structure, *, is_matrix: bool) -> Likeness:
        """Give how many rows components of a structure are worth to each other, as the rows of those tell."""
        known = self._within(min(n_components, MOST_PILOTS), is_matrix=is_matrix)
        key = n_components, is_matrix, structure.reduced(known.alike.covariances, self.rows.shape[1]).ndim
        if key not in self._known.likeness:
            self._known.likeness[key] = known.apart.likeness(structure)
        return self._known.likeness[key]

    def _within(self, n_components: int, *, is_matrix: bool) -> Within:
        key = n_components, is_matrix
        if key not in self._known.within:
            found = fitted_within(self, n_components, is_matrix=is_matrix)
            self._known.within[key] = found
            self._known.coordinates = found.coordinates or self._known.coordinates
        return self._known.within[key]

    def prior(self, family: CovarianceFamily, n_components: int) -> Prior:
        """Give the prior of a fit: rows within components count as intervals, and components as much alike.

        Each component has one pseudo-row of a tenth of the covariance within components, which holds it where it has
        next to no rows; as many pseudo-rows of that covariance as it has parameters for each row that it has on
        average, without which few rows would not tell many parameters; and as many as components are found to be worth
        to each other, of which some have its size and the others its shape alone.
        """
        k, d = n_components, self.rows.shape[1]
        is_matrix = d <= MATRIX_FEATURES or family.structure.is_matrix
        own = family.n_parameters(1, self.n_free)  # of a single component, what it shares with others as well
        if k > 1:
            own = family.n_parameters(2, self.n_free) - own
        shrinking = own * k / self.n_rows
        has_shape = self.n_free > 1 and family.structure.has_shape
        in_shape = min(max(0.5 * (own - 1), FEWEST_ALIKE), MOST_ALIKE) if has_shape else 0.0
        in_size = 0.0
        # Of one feature any density is that of some components of equal variance, which tell nothing; where components
        # share a part of their covariance, the family says how alike they are.
        is_separate = own == family.n_parameters(1, self.n_free)
        if self.learns_likeness and k > 1 and is_separate and self.n_free > 1:
            most = (k - 1) * self.n_rows / k  # the rows that others have
            found = self.likeness(k, family.structure, is_matrix=is_matrix)
            in_size = min(found.in_size, most, found.in_shape if has_shape else MOST_ALIKE)
            in_shape = max(in_shape, min(found.in_shape, most)) - in_size if has_shape else 0.0
        covariance = family.structure.reduced(self.within(k, is_matrix=is_matrix), d)
        smallest = PSEUDO_ROWS * PSEUDO_SHRINK * k ** (-2.0 / self.n_free)
        scale = (smallest + shrinking + in_size) * covariance
        is_whole = family.structure.is_matrix
        jitter = self.value_variances if is_whole else family.structure.reduced(self.value_variances, d)
        prior = Prior(scale, PSEUDO_ROWS + shrinking + in_size, jitter, in_shape)
        return prior.times(self.row_weight)


def _drawn(fold: Fold, random_state: np.random.RandomState, n_rows: int) -> tuple[FloatArray, FloatArray]:
    """Give at most `n_rows` rows, and weights of which those below one are brought to a mean of one."""
    sample = fold.sample(random_state, n_rows)
    weights = sample.weights_or_ones
    weights = weights / min(1.0, float(np.mean(weights)))  # see `row_weight`
    return one_by_one(sample.values.astype(np.float64), weights, n_rows)


def all_in_one(chunk: Rows) -> FloatArray:
    """Give responsibilities (n, 1) by which all rows are in a single component."""
    return np.ones((chunk.n, 1))


def _positive(variances: FloatArray, row: FloatArray) -> FloatArray:
    """Give features that never vary the scale of the others; where nothing varies, of the values themselves."""
    constant = variances == 0.0
    if not np.any(constant):
        return variances
    size = float(np.mean(variances[~constant])) if not np.all(constant) else float(np.max(row**2)) or 1.0
    return np.where(constant, size, variances)
