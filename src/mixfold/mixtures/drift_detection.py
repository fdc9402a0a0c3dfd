"""Did a mixture drift? A test of two samples in the features of which the mixture is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from mixfold.errors import InputError
from mixfold.mixtures.sample import Random, random_of
from mixfold.typing import FloatArray, IntArray
from mixfold.validation import rows_of

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

PERMUTATIONS_AT_ONCE = 64
"""Memory: as many numbers for each row."""
ROUNDING = 1e-9
"""Two deals that differ by no more are as far apart."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Whether rows have another distribution than rows before, and where.

    Attributes
    ----------
    p_value : float
        How often rows that are dealt to both samples at random differ as much: small where something drifted.
    statistic : float
        The mean of the squared differences in standard errors; about 1 where nothing drifted.
    component_p_values : ndarray of shape (n_components,)
        That of each component, corrected for their number (Westfall & Young 1993): those that drifted have a small one.
    shares : ndarray of shape (2, n_components)
        Of each component in the rows before and after.
    shifts : ndarray of shape (n_components, n_features)
        How far the mean of the rows of each component moved, in its standard deviations; NaN where it has no rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import drift
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> before, after = mixture.sample(300, 0)[0], mixture.sample(300, 1)[0]
    >>> after[after > 4.5] += 1.0  # the second component goes to the right
    >>> found = drift(mixture, before, after, random_state=0)
    >>> found.p_value, float(found.component_p_values[1])
    (0.001, 0.001)
    >>> bool(found.component_p_values[0] > 0.1)
    True
    """

    p_value: float
    statistic: float
    component_p_values: FloatArray
    shares: FloatArray
    shifts: FloatArray


def drift(
    mixture: Mixture, before: Any, after: Any, n_permutations: int = 999, random_state: Random | None = 0
) -> Drift:
    """Test whether two samples have the same distribution, by what a mixture sees of them.

    Each row becomes the derivatives of its log density by the parameters of each component: how much it belongs to it,
    where it lies in it, and how far. Their means differ where weights, means, variances or correlations do. Rows are
    dealt to the samples at random again and again, so that no distribution is assumed (Fisher 1935; a score test by
    permutation).

    Parameters
    ----------
    mixture : Mixture
        Fitted to both samples together, or to other rows: then the p-value is exact. Fitted to `before`, as is most
        useful, it holds for large samples.
    before, after : array-like or data frame of shape (n_rows, n_features)
        Independent rows; two at least in each.
    n_permutations : int, default=999
        The least p-value is one over one more than that.
    random_state : int, RandomState, Generator or None, default=0

    Returns
    -------
    drift : Drift

    Raises
    ------
    InputError
        If a sample has fewer than two rows, or there is no permutation.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import drift
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> found = drift(mixture, mixture.sample(200, 2)[0], mixture.sample(100, 3)[0])
    >>> found.p_value > 0.05
    True
    """
    samples = [np.asarray(rows_of(each, n_features=mixture.n_features), dtype=float) for each in (before, after)]
    counts = np.array([len(each) for each in samples])
    if np.any(counts < 2) or n_permutations < 1 or n_permutations % 1:
        message = (
            "Both samples must have at least two rows, and `n_permutations` must be a whole number of at least 1, "
            f"got {counts[0]}, {counts[1]} and {n_permutations!r}."
        )
        raise InputError(message)
    rows, random = np.concatenate(samples), random_of(random_state)
    responsibilities = np.asarray(mixture.responsibilities(rows))
    is_after = np.arange(len(rows)) >= counts[0]
    dealt = np.array([random.permutation(is_after) for _ in range(int(n_permutations))])
    dealt = np.vstack([is_after, dealt])  # the first is what happened
    squares = np.array(
        [
            _squared_differences(_features(mixture, k, rows, responsibilities[:, k]), dealt, counts)
            for k in range(mixture.n_components)
        ]
    )  # (K, 1 + n_permutations): the sum over the features of each component
    total = np.sum(squares, axis=0)
    n_features = 1 + mixture.n_features * (mixture.n_features + 3) // 2
    # In its own units a component of few rows counts as much as any.
    spread = np.std(squares, axis=1, keepdims=True)
    standard = (squares - np.mean(squares, axis=1, keepdims=True)) / np.where(spread > 0.0, spread, 1.0)
    largest = np.max(standard, axis=0)
    return Drift(
        float(np.mean(total >= total[0] * (1.0 - ROUNDING))),
        float(total[0]) / (mixture.n_components * n_features),
        np.mean(largest >= standard[:, :1] - ROUNDING, axis=1),
        np.array([responsibilities[~is_after].mean(axis=0), responsibilities[is_after].mean(axis=0)]),
        _shifts(mixture, rows, responsibilities, is_after),
    )


def _features(mixture: Mixture, k: int, rows: FloatArray, shares: FloatArray) -> FloatArray:
    """Give the derivatives of the log density of each row by the parameters of one component, but for scale."""
    factor = np.linalg.cholesky(mixture.component_covariances[k])
    z = solve_triangular(factor, (rows - mixture.means[k]).T, lower=True).T
    first, second = np.tril_indices(mixture.n_features)
    products = z[:, first] * z[:, second] - (first == second)
    return np.column_stack([np.ones(len(rows)), z, products]) * shares[:, None]


def _squared_differences(features: FloatArray, dealt: npt.NDArray[np.bool_], counts: IntArray) -> FloatArray:
    """Give, for each deal, the sum of the squared differences of means in units of their variance under deals."""
    centered = features - np.mean(features, axis=0)
    variances = np.sum(centered**2, axis=0) * np.sum(1.0 / counts) / (len(features) - 1)
    scaled = centered / np.sqrt(np.where(variances > 0.0, variances, np.inf))
    found = np.empty(len(dealt))
    for first in range(0, len(dealt), PERMUTATIONS_AT_ONCE):
        span = slice(first, first + PERMUTATIONS_AT_ONCE)
        sums = dealt[span].astype(float) @ scaled  # of the rows after; those before have minus that
        found[span] = np.sum((sums * np.sum(1.0 / counts)) ** 2, axis=1)
    return found


def _shifts(mixture: Mixture, rows: FloatArray, shares: FloatArray, is_after: npt.NDArray[np.bool_]) -> FloatArray:
    """Give the difference of the means of the rows of each component, in its standard deviations."""
    means = []
    for side in (~is_after, is_after):
        counts = np.sum(shares[side], axis=0)
        with np.errstate(invalid="ignore"):
            means.append(shares[side].T @ rows[side] / np.where(counts > 0.0, counts, np.nan)[:, None])
    return np.asarray((means[1] - means[0]) / mixture.deviations)
