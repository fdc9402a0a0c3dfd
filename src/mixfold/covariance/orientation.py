"""Axes of covariances: each component's own, or common to all."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from mixfold.covariance.variances import MAX_INNER_WARM, Patience
from mixfold.typing import FloatArray, IntArray

NEGLIGIBLE = 1e-9
"""A sweep of rotations that lowers the objective by less than this share of n D was the last: what is left undone, the
next step of EM goes on with."""
ALIKE = 1e-13
"""Two axes along which the components differ by less than this share of the pair's sum are left as they are."""
SMALL = 0.5
"""Angles below which axes are turned in all planes at once."""
GRADED = 1e8
"""How many times the variance of another a feature has where `eigh` would lose digits of the smaller one that count."""
MAX_PLANES = 8_000
"""In which common axes are turned in one M step that begins nowhere, so that its work is as the third power of the
features until they are six, and then as these: what is left undone, the next steps go on with."""
MAX_SWEEPS = 30
"""Of rotations in all planes. They converge quadratically; a handful is enough."""


def own_axes(scatter: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give each component's eigenvalues (K, D), rising, and eigenvectors (K, D, D) in columns.

    Whatever volume and shape are, ``sum_k tr(W_k D_k (lambda_k A_k)^-1 D_k^T)`` is least where D_k are the eigenvectors
    of W_k, largest eigenvalue to largest variance (von Neumann's trace inequality).
    """
    if not np.all(np.isfinite(scatter)):
        return np.full(scatter.shape[:2], np.nan), np.full(scatter.shape, np.nan)
    values, vectors = eigh(scatter)
    return np.maximum(values, 0.0), vectors


def is_graded(matrices: FloatArray) -> bool:
    """Whether variances of features on the diagonals of matrices (K, D, D) are orders of magnitude apart."""
    sizes = np.sum(np.einsum("kii->ki", matrices), axis=0)
    return bool(np.max(sizes) / GRADED > np.min(sizes))


def eigh(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the eigenvalues (K, D), rising, and eigenvectors (K, D, D) of positive definite matrices.

    LAPACK's are wrong by rounding of the largest eigenvalue. Where features have very different units that may be more
    than the smallest; rotations in planes (Jacobi 1846) are as exact as the correlations allow, whatever the units
    (Demmel & Veselic 1992).
    """
    if not is_graded(matrices):
        values, vectors = np.linalg.eigh(matrices)
        return values, vectors
    rounding, d = np.finfo(np.float64).eps, matrices.shape[-1]
    along, axes = matrices.copy(), np.broadcast_to(np.eye(d), matrices.shape).copy()
    for _ in range(MAX_SWEEPS):
        largest = 0.0
        for first, second in planes(d):
            one, other, both = along[:, first, first], along[:, second, second], along[:, first, second]
            largest = max(largest, float(np.max(np.abs(both) / np.sqrt(one) / np.sqrt(other))))
            sign = np.where(other < one, -1.0, 1.0)
            angle = -0.5 * np.arctan2(2.0 * both * sign, np.abs(other - one))  # the smaller of two that do
            turn = np.broadcast_to(np.eye(d), along.shape).copy()
            turn[:, first, first] = turn[:, second, second] = np.cos(angle)
            turn[:, second, first] = np.sin(angle)
            turn[:, first, second] = -np.sin(angle)
            along = np.swapaxes(turn, 1, 2) @ along @ turn
            axes = axes @ turn
        if largest < rounding * d:
            break
    values = np.einsum("kii->ki", along)
    order = np.argsort(values, axis=1)
    return np.take_along_axis(values, order, axis=1), np.take_along_axis(axes, order[:, None, :], axis=2)


def turned(axes: FloatArray, variances: FloatArray) -> FloatArray:
    """Give D_k diag(v_k) D_k^T, (K, D, D); `axes` are (K, D, D), or (D, D) for all."""
    return (axes * variances[:, None, :]) @ np.swapaxes(axes, -1, -2)


def with_common_axes(
    scatter: FloatArray,
    counts: FloatArray,
    before: FloatArray | None,
    variances_of: Callable[[FloatArray, FloatArray], FloatArray],
) -> FloatArray:
    """Give covariances D diag(v_k) D^T with one orientation for all components, (K, D, D).

    Alternates what Browne & McNicholas (2014) do: variances along given axes in closed form, then axes that lower
    ``sum_k tr(W_k D diag(v_k)^-1 D^T)`` at given variances. Their axes minimize a linear bound; these are turned in
    planes of two (Flury & Gautschi 1986), where the minimum is known: it is the eigenvector of a 2 x 2 matrix. Axes
    that are almost right are turned in all planes at once, and those of the step before always, as far as is sure to be
    small; where that does not lower the sum, D / 2 disjoint planes at a time, which does.

    Parameters
    ----------
    scatter : ndarray of shape (n_components, n_features, n_features)
    counts : ndarray of shape (n_components,)
    before : ndarray of shape (n_components, n_features, n_features) or None
        Covariances with common axes, to begin at.
    variances_of : callable
        Gives the variances (K, D) for scatter along the axes (K, D), and counts.
    """
    if not np.all(np.isfinite(scatter)):
        return np.full(scatter.shape, np.nan)
    axes = _first_axes(scatter, counts, variances_of) if before is None else _axes_of(before)
    along = axes.T @ scatter @ axes  # (k, d, d) seen from the axes
    variances = variances_of(_diagonals(along), counts)
    planes_of_a_turn = max(len(axes) * (len(axes) - 1) // 2, 1)
    most = min(Patience.after(before).limit, max(MAX_INNER_WARM, MAX_PLANES // planes_of_a_turn))
    for _ in range(most if len(axes) > 1 else 0):
        angle, gain = _angles(along, variances)
        if before is not None:
            angle = np.clip(angle, -SMALL, SMALL)
        after = _at_once(along, variances, angle) or _at_once(along, variances, 0.5 * angle)
        after = after or _by_rounds(along, variances)
        turn, along = after
        axes = axes @ turn
        variances = variances_of(_diagonals(along), counts)
        if not gain > NEGLIGIBLE * float(np.sum(counts)) * len(axes):
            break
    return turned(axes, variances)


def _at_once(along: FloatArray, variances: FloatArray, angle: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Turn by the angles (D, D) of all planes; give the rotation and the scatter after it, None if that is no gain."""
    if not np.max(np.abs(angle)) <= SMALL * (1.0 + 1e-9):
        return None
    skew, eye = np.tan(0.5 * angle), np.eye(len(angle))
    turn = np.asarray(np.linalg.solve(eye + skew, eye - skew), np.float64)  # Cayley's map of planar angles
    after = turn.T @ along @ turn
    before, now = (float(np.sum(_diagonals(seen) / variances)) for seen in (along, after))
    return (turn, after) if now <= before * (1.0 + np.finfo(np.float64).eps) else None


def _by_rounds(along: FloatArray, variances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Turn in every plane once, disjoint planes together; give the rotation and the scatter after it."""
    whole = np.eye(along.shape[-1])
    for first, second in planes(len(whole)):
        angle = _angles(along, variances)[0][first, second]
        turn = np.eye(len(whole))
        turn[first, first] = turn[second, second] = np.cos(angle)
        turn[second, first] = np.sin(angle)
        turn[first, second] = -np.sin(angle)
        along = turn.T @ along @ turn
        whole = whole @ turn
    return whole, along


@lru_cache(maxsize=64)
def planes(n_features: int) -> tuple[tuple[IntArray, IntArray], ...]:
    """Give every pair of axes once, in rounds of disjoint pairs: a round-robin tournament.

    Examples
    --------
    >>> [list(zip(first.tolist(), second.tolist())) for first, second in planes(3)]
    [[(1, 2)], [(0, 2)], [(0, 1)]]
    """
    players = list(range(n_features)) + [-1] * (n_features % 2)  # whoever meets -1 rests
    rounds = []
    for _ in range(len(players) - 1):
        half = len(players) // 2
        pairs = [sorted(pair) for pair in zip(players[:half], players[half:][::-1], strict=True)]
        pairs = sorted(pair for pair in pairs if pair[0] >= 0)
        if pairs:
            first, second = np.array(pairs, dtype=np.intp).T
            rounds.append((first, second))
        players = [players[0], players[-1], *players[1:-1]]
    return tuple(rounds)


def _angles(along: FloatArray, variances: FloatArray) -> tuple[FloatArray, float]:
    """Give the angle t (D, D) by which the first of each two axes is best turned to the second, and the sum of gains.

    In the plane of i and j, with M = sum_k (1/v_ki - 1/v_kj) W_k restricted to it, the sum over components is u^T M u
    plus a constant for the unit vector u = (cos t, sin t) that becomes the first axis: ``half cos 2t + cross sin 2t``
    plus another. The gains are those of turning in one plane alone.
    """
    precisions = 1.0 / variances  # (k, d)
    crossed = precisions.T @ _diagonals(along)  # (d, d), what one axis would cost with the precisions of the other
    right = np.diag(crossed)
    half = 0.5 * (right[:, None] + right - crossed - crossed.T)
    mixed = np.einsum("ki,kij->ij", precisions, along)
    cross = mixed - mixed.T
    radius = np.hypot(half, cross)
    # half + radius, without cancellation where half is negative: where the axes are almost right
    gain = np.where(half < 0.0, cross**2 / np.maximum(radius - half, np.finfo(np.float64).tiny), half + radius)
    size = right[:, None] + right + crossed + crossed.T
    angle = np.where(radius > ALIKE * size, 0.5 * np.arctan2(-cross, -half), 0.0)
    return angle, 0.5 * float(np.sum(np.where(angle != 0.0, gain, 0.0)))


def _first_axes(
    scatter: FloatArray, counts: FloatArray, variances_of: Callable[[FloatArray, FloatArray], FloatArray]
) -> FloatArray:
    """Give the best of several guesses: the axes of each component, and those of all together."""
    pooled = np.sum(scatter, axis=0)
    sizes = np.maximum(np.einsum("kii->k", scatter), np.finfo(np.float64).tiny)
    alike = np.sum(scatter / sizes[:, None, None], axis=0)
    _, guesses = eigh(np.concatenate([scatter, pooled[None], alike[None]]))
    best, lowest = guesses[-2], np.inf
    for axes in guesses:
        variances = variances_of(_diagonals(axes.T @ scatter @ axes), counts)
        height = float(counts @ np.sum(np.log(variances), axis=1))
        if height < lowest:
            best, lowest = axes, height
    return best


def _axes_of(covariances: FloatArray) -> FloatArray:
    """Recover common axes from the covariances that have them."""
    sizes = np.einsum("kii->k", covariances)
    shares = np.linspace(1.0, 2.0, len(sizes)) / sizes  # unequal, so that components do not cancel
    return eigh(np.tensordot(shares, covariances, axes=1)[None])[1][0]


def _diagonals(matrices: FloatArray) -> FloatArray:
    return np.maximum(np.einsum("kii->ki", matrices), 0.0)
