"""What lies within components: those of equal covariance that are fitted to the rows of a scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mixfold.errors import CollapseError
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.fitting.likeness import Apart
from mixfold.fitting.pilots import Pilot, families
from mixfold.fold.sampling import ascending
from mixfold.parameters import Parameters
from mixfold.typing import IntArray

if TYPE_CHECKING:
    from mixfold.fitting.data_scale import DataScale

SCALE_ROWS = 2000
"""Rows that a scale is taken from and components are fitted to, or `ROWS_EACH` for each: two clusters in eight
features that are less than three deviations apart are often no optimum of half as many."""
ROWS_EACH = 20
NEVER = 1e-12
"""Of the mean variance: the jitter of a feature that never varies."""
NO_SCALE = (
    "Features must not be so many orders of magnitude apart that their correlations cannot be computed. Divide each by "
    "its standard deviation."
)


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """Components of equal covariance, and the rows of each by themselves.

    Attributes
    ----------
    alike : Parameters
        Their covariance is a matrix (D, D) or its diagonal (D,).
    apart : Apart
    coordinates : InvariantCoordinates or None
        Of the rows of the scale for families that every affine map leaves as they are; None where some are far, or not
        all were fitted.
    """

    alike: Parameters
    apart: Apart
    coordinates: InvariantCoordinates | None = None


def fitted_within(scale: DataScale, n_components: int, *, is_matrix: bool) -> Within:
    """Fit components of equal covariance to the near rows from k-means starts.

    How many rows a cluster has, and where it lies, do not show in their covariance; it is what Fisher's discriminant
    measures distance by.

    Parameters
    ----------
    scale : DataScale
    n_components : int
    is_matrix : bool
        Whether the covariance is a matrix, or else diagonal.

    Raises
    ------
    CollapseError
        If features are so many orders of magnitude apart that no covariance has digits enough.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting import DataScale
    >>> from mixfold.fitting.within import fitted_within
    >>> from mixfold.fold import Fold
    >>> scale = DataScale.of(Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]])))
    >>> fitted_within(scale, 2, is_matrix=False).alike.means.round(2).ravel().tolist()
    [9.0, 1.0]
    """
    (n, d), most = scale.rows.shape, max(SCALE_ROWS, ROWS_EACH * n_components)
    most = max(most, d * d)  # as many as a covariance matrix needs
    if n > most:
        of_some = fitted_within(thinned(scale, most, is_matrix=is_matrix), n_components, is_matrix=is_matrix)
        return replace(of_some, coordinates=None)
    near = scale.near(scale.rows, scale.weights)
    everywhere = _fitted_on(scale, np.ones_like(near), near, n_components, is_matrix=is_matrix)
    if everywhere is not None:
        found, labels = everywhere
        if not set(labels[near].tolist()) & set(labels[~near].tolist()):
            # Far rows in components of their own have next to no scatter.
            counted = np.sum(scale.weights) / np.sum(scale.weights[near])
            return replace(found, alike=replace(found.alike, covariances=found.alike.covariances * counted))
    # Components that hold near and far rows are as wide as these are far: then far rows take no part.
    nearby = _fitted_on(scale, near, near, n_components, is_matrix=is_matrix)
    if nearby is None:
        raise CollapseError(NO_SCALE)
    return nearby[0]


def thinned(scale: DataScale, n_rows: int, *, is_matrix: bool) -> DataScale:
    """Give the same scale with fewer rows, from all over an order of their values that units do not change.

    Parameters
    ----------
    scale : DataScale
    n_rows : int
    is_matrix : bool
    """
    rows, weights = scale.rows, scale.weights
    near, (together, _) = scale.near(rows, weights), families(is_matrix=is_matrix)
    standard = (rows - rows[np.argmax(near)]) / np.sqrt(scale.variances)
    nearby = (standard, weights) if np.all(near) else (standard[near], weights[near])
    coordinates = InvariantCoordinates.of(*nearby, together, standard[~near])
    inside = coordinates.into(standard)
    order = ascending(inside @ np.cos(np.arange(inside.shape[1])))
    return scale.of_some(order[np.linspace(0, len(order) - 1, n_rows).astype(np.intp)])


def _fitted_on(
    scale: DataScale, which: npt.NDArray[np.bool_], near: npt.NDArray[np.bool_], n_components: int, *, is_matrix: bool
) -> tuple[Within, IntArray] | None:
    """Fit components of equal covariance to some rows, in coordinates of the near ones.

    Their labels come with them. None where rows are so far apart that no covariance has digits enough.
    """
    together, separate = families(is_matrix=is_matrix)
    units, middle = np.sqrt(scale.variances), scale.rows[np.argmax(near)]
    standard, spread = (scale.rows - middle) / units, np.maximum(scale.value_variances / scale.variances, NEVER)
    is_all_near = bool(np.all(near))
    nearby = (standard, scale.weights) if is_all_near else (standard[near], scale.weights[near])
    coordinates = InvariantCoordinates.of(*nearby, together, standard[which & ~near])
    rows, weights = (standard, scale.weights) if np.all(which) else (standard[which], scale.weights[which])
    k = min(n_components, len(rows))
    kind = {"is_matrix": is_matrix, "may_differ": scale.learns_likeness}
    pilot = Pilot.of(rows, weights, coordinates, spread, k, scale.deadline, **kind)
    if pilot is None:
        return None
    pilot = pilot.widened(together, rows, float(np.sum(weights)), scale.n_free)
    found = coordinates.back(pilot.parameters, together, together.structure.reduced(spread, len(units)))
    covariances = together.mapped(found.covariances if is_matrix else found.covariances[0], units)
    alike = Parameters(found.weights, found.means * units + middle, covariances)
    apart = pilot.apart
    if len(apart.counts):
        by_themselves = coordinates.back(replace(pilot.parameters, covariances=apart.scatters), separate)
        apart = Apart(separate.mapped(by_themselves.covariances, units), apart.counts)
    is_known = coordinates.is_white and is_all_near
    return Within(alike, apart, coordinates.of_unit(middle, units) if is_known else None), pilot.labels
