"""Modes of a mixture, and the slope and curvature of its log density."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mixfold.errors import ShapeError
from mixfold.typing import FloatArray
from mixfold.validation import array_of_shape

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

FIXED_POINT_STEPS = 200
"""Steps uphill, each to the top of a bound of the density, before Newton's."""
NEWTON_STEPS = 50
RIDGELINE_POINTS = 9
"""On the ridgeline of each pair of components, from which the way uphill begins, too."""
SAME_MODE = 1e-5
"""Of the largest standard deviation of a component, within which two ends are one mode."""
MOST_PAIRS = 2000
"""Of components whose ridgelines are followed: the nearest ones."""
MOST_PARTS = 1 << 16
"""Of a line, into which the count of modes divides it before it gives up."""


def gradient(mixture: Mixture, X: npt.ArrayLike) -> FloatArray:
    """Give the gradient of the log density at each row.

    Parameters
    ----------
    mixture : Mixture
    X : array-like of shape (n_rows, n_features)

    Returns
    -------
    gradient : ndarray of shape (n_rows, n_features)
        ``sum_k r_k S_k^-1 (m_k - x)`` (Carreira-Perpinan 2000, eq. 2).

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import gradient
    >>> gradient(Mixture([1.0], [[0.0, 0.0]], [4.0], "spherical"), [[2.0, -4.0]])
    array([[-0.5,  1. ]])
    """
    rows, shares, pulls, _ = _pulls(mixture, X)
    return np.einsum("nk,nkd->nd", shares, pulls).reshape(rows.shape)


def hessian(mixture: Mixture, X: npt.ArrayLike) -> FloatArray:
    """Give the matrix of second derivatives of the log density at each row.

    Parameters
    ----------
    mixture : Mixture
    X : array-like of shape (n_rows, n_features)

    Returns
    -------
    hessian : ndarray of shape (n_rows, n_features, n_features)

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import hessian
    >>> hessian(Mixture([0.5, 0.5], [[-1.0], [1.0]], [1.0, 1.0], "spherical"), [[0.0]])
    array([[[0.]]])
    """
    _, shares, pulls, precisions = _pulls(mixture, X)
    return _curvature(shares, pulls, precisions)


def modes(mixture: Mixture) -> FloatArray:
    """Give the modes of a mixture, those of the highest density first.

    From the mean of each component, and from points on the ridgelines between pairs of them, on which all modes of two
    components lie (Ray & Lindsay 2005, theorem 1), steps go uphill to a fixed point (Carreira-Perpinan 2000, eq. 7),
    and then by Newton's method. More modes than components are found, where there are. `n_modes` counts those of one
    feature with certainty.

    Parameters
    ----------
    mixture : Mixture

    Returns
    -------
    modes : ndarray of shape (n_modes, n_features)

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import modes
    >>> modes(Mixture([0.6, 0.4], [[0.0], [9.0]], [1.0, 1.0], "spherical")).round(6)
    array([[0.],
           [9.]])
    >>> len(modes(Mixture([0.5, 0.5], [[0.0], [1.9]], [1.0, 1.0], "spherical")))
    1
    """
    rows = np.concatenate([mixture.means[mixture.weights > 0.0], _ridge_points(mixture)])
    for _ in range(FIXED_POINT_STEPS):
        _, shares, pulls, precisions = _pulls(mixture, rows)
        steps = _solved(np.einsum("nk,kde->nde", shares, precisions), np.einsum("nk,nkd->nd", shares, pulls))
        rows = rows + steps
        if np.max(np.abs(steps) / mixture.deviations.max(axis=0)) < 1e-3 * SAME_MODE:
            break
    rows = _newton(mixture, rows)
    _, shares, pulls, precisions = _pulls(mixture, rows)
    curvature = _curvature(shares, pulls, precisions)
    scale = mixture.deviations.max(axis=0)
    slopes = np.abs(np.einsum("nk,nkd->nd", shares, pulls)) * scale
    tops = (np.max(slopes, axis=1) < SAME_MODE) & (np.linalg.eigvalsh(curvature)[:, -1] < 0.0)
    found = rows[tops]
    found = found[np.argsort(-np.asarray(mixture.log_density(found)), kind="stable")]
    kept: list[FloatArray] = []
    for row in found:
        if all(np.max(np.abs(row - other) / scale) > 100.0 * SAME_MODE for other in kept):
            kept.append(row)
    return np.array(kept).reshape(-1, mixture.n_features)


def ridgeline(mixture: Mixture, one: int, other: int, shares: npt.ArrayLike) -> FloatArray:
    """Give points on the ridgeline of two components: the way between their means on which all their modes lie.

    Parameters
    ----------
    mixture : Mixture
    one, other : int
        Components.
    shares : array-like of shape (n,)
        How much of the other, from 0, its start, to 1.

    Returns
    -------
    points : ndarray of shape (n, n_features)
        ``[(1 - a) S_1^-1 + a S_2^-1]^-1 [(1 - a) S_1^-1 m_1 + a S_2^-1 m_2]`` (Ray & Lindsay 2005, eq. 4).

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import ridgeline
    >>> ridgeline(Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical"), 0, 1, [0.25])
    array([[1.]])
    """
    a = np.asarray(shares, dtype=float)[:, None]
    covariances = mixture.component_covariances
    p, q = np.linalg.inv(covariances[one]), np.linalg.inv(covariances[other])
    targets = (1.0 - a) * (p @ mixture.means[one]) + a * (q @ mixture.means[other])
    return _solved((1.0 - a[:, :, None]) * p + a[:, :, None] * q, targets)


def n_modes(mixture: Mixture) -> int:
    """Count the modes of a mixture of one feature, with certainty.

    The line is divided until each part is seen to have none, as the slope cannot vanish in it because of a bound of the
    curvature; or one at most, as the curvature cannot vanish because of a bound of the third derivative.

    Parameters
    ----------
    mixture : Mixture
        Of one feature.

    Returns
    -------
    n_modes : int

    Raises
    ------
    ShapeError
        If there are more features.
    ArithmeticError
        If a place is too flat to decide, as where two modes are just becoming one.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import n_modes
    >>> [n_modes(Mixture([0.5, 0.5], [[0.0], [at]], [1.0, 1.0], "spherical")) for at in (1.99, 2.01)]
    [1, 2]
    """
    if mixture.n_features != 1:
        message = f"Modes can be counted with one feature, got {mixture.n_features}. `modes` finds them."
        raise ShapeError(message)
    used = mixture.weights > 0.0
    weights, means, deviations = mixture.weights[used], mixture.means[used, 0], mixture.deviations[used, 0]
    # All modes lie between the outermost means, where the slope is up on one side and down on the other.
    edges = np.unique(np.concatenate([means, [means.min() - deviations.min(), means.max() + deviations.max()]]))
    low, high, count, parts = edges[:-1], edges[1:], 0, 0
    while len(low):
        parts += len(low)
        if parts > MOST_PARTS:
            message = f"The density is too flat near {float(low[0]):.17g} to say whether there is a mode. See `modes`."
            raise ArithmeticError(message)
        middle, half = (low + high) / 2.0, (high - low) / 2.0
        first, second = (_bound(weights, means, deviations, low, high, order) for order in (2, 3))
        slope, curvature = (_derivative(weights, means, deviations, middle, order) for order in (1, 2))
        flat = np.abs(slope) <= first * half
        bends = np.abs(curvature) > second * half
        ends = [_derivative(weights, means, deviations, each, 1) for each in (low, high)]
        # With a curvature of one sign the slope vanishes once at most: at a mode where it falls.
        peaks = flat & bends & (curvature < 0.0) & (ends[0] > 0.0) & (ends[1] <= 0.0)
        count += int(np.sum(peaks))
        left = flat & ~bends
        low, middle, high = low[left], middle[left], high[left]
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    return count


def _derivative(w: FloatArray, m: FloatArray, s: FloatArray, x: FloatArray, order: int) -> FloatArray:
    """Give a derivative of the density at each of several places."""
    u = (x[:, None] - m) / s
    return np.asarray(np.sum(w / s ** (order + 1) * _hermite(u, order) * np.exp(-0.5 * u**2), axis=1))


def _hermite(u: FloatArray, order: int) -> FloatArray:
    """Give what a derivative of exp(-u^2 / 2) has before it."""
    return -u if order == 1 else u**2 - 1.0


def _bound(w: FloatArray, m: FloatArray, s: FloatArray, low: FloatArray, high: FloatArray, order: int) -> FloatArray:
    """Bound the absolute value of a derivative within parts of the line."""
    near = np.maximum(np.maximum((low[:, None] - m) / s, (m - high[:, None]) / s), 0.0)
    far = np.maximum(np.abs(low[:, None] - m), np.abs(high[:, None] - m)) / s
    # |H(u)| <= H with all signs plus, which grows with |u|, and exp(-u^2 / 2) falls.
    most = far**2 + 1.0 if order == 2 else 3.0 * far + far**3
    return np.asarray(np.sum(w / s ** (order + 1) * most * np.exp(-0.5 * near**2), axis=1))


def _pulls(mixture: Mixture, X: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Give rows (n, D), shares (n, K), the pull of each component on each row (n, K, D), and precisions (K, D, D)."""
    given = np.asarray(X, dtype=float)
    rows = array_of_shape(given, (len(given), mixture.n_features), "X", "(n_rows, n_features)")
    shares = np.asarray(mixture.responsibilities(rows))
    precisions = np.asarray(np.linalg.inv(mixture.component_covariances), dtype=np.float64)
    return rows, shares, np.einsum("kde,nke->nkd", precisions, mixture.means - rows[:, None]), precisions


def _curvature(shares: FloatArray, pulls: FloatArray, precisions: FloatArray) -> FloatArray:
    mean = np.einsum("nk,nkd->nd", shares, pulls)
    outer = np.einsum("nk,nkd,nke->nde", shares, pulls, pulls)
    return outer - mean[:, :, None] * mean[:, None] - np.einsum("nk,kde->nde", shares, precisions)


def _newton(mixture: Mixture, rows: FloatArray) -> FloatArray:
    """Take Newton's steps where the density is concave and they go uphill."""
    for _ in range(NEWTON_STEPS):
        _, shares, pulls, precisions = _pulls(mixture, rows)
        curvature, slope = _curvature(shares, pulls, precisions), np.einsum("nk,nkd->nd", shares, pulls)
        concave = np.linalg.eigvalsh(curvature)[:, -1] < 0.0
        downwards = np.where(concave[:, None, None], -curvature, np.eye(rows.shape[1]))
        steps = np.where(concave[:, None], _solved(downwards, slope), 0.0)
        risen = np.asarray(mixture.log_density(rows + steps)) >= np.asarray(mixture.log_density(rows))
        if not np.any(risen & np.any(steps != 0.0, axis=1)):
            break
        rows = rows + np.where(risen[:, None], steps, 0.0)
        if np.max(np.abs(steps) / mixture.deviations.max(axis=0)) < 1e-14:
            break
    return rows


def _ridge_points(mixture: Mixture) -> FloatArray:
    """Give points on the ridgelines of the nearest pairs of components."""
    k = mixture.n_components
    pairs = np.argwhere(np.triu(np.ones((k, k), dtype=bool), 1))
    if len(pairs) > MOST_PAIRS:
        apart = np.sum((mixture.means[pairs[:, 0]] - mixture.means[pairs[:, 1]]) ** 2, axis=1)
        pairs = pairs[np.argsort(apart, kind="stable")[:MOST_PAIRS]]
    shares = np.linspace(0.0, 1.0, RIDGELINE_POINTS + 2)[1:-1]
    points = [ridgeline(mixture, int(one), int(other), shares) for one, other in pairs]
    return np.concatenate(points) if points else np.empty((0, mixture.n_features))


def _solved(matrices: FloatArray, targets: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.solve(matrices, targets[..., None])[..., 0], dtype=np.float64)
