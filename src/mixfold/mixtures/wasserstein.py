"""The mixture Wasserstein distance: optimal transport between the components of two mixtures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mixfold.engines.transport import cheapest_plan, nuclear_norms
from mixfold.errors import InputError
from mixfold.mixtures.overlap import same_features
from mixfold.typing import FloatArray
from mixfold.validation import array_of_shape

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture


MOST_STARTS = 8
"""Mixtures from which the way to a barycenter begins: the nearest to all others."""


@dataclass(frozen=True, slots=True)
class Transport:
    """How the components of one mixture go to those of another at the least cost (Delon & Desolneux 2020).

    Attributes
    ----------
    source, target : Mixture
    plan : ndarray of shape (n_components of source, n_components of target)
        The weight that goes from each to each: rows sum to the weights of `source`, columns to those of `target`. But
        for ties, at most as many are positive as there are components in both, less one.
    distance : float
        ``MW2``, in the units of the data: at least the 2-Wasserstein distance of the densities, and a distance.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import transport
    >>> one = Mixture([0.5, 0.5], [[0.0], [10.0]], [1.0, 1.0], "spherical")
    >>> moved = transport(one, Mixture([0.5, 0.5], [[13.0], [3.0]], [1.0, 1.0], "spherical"))
    >>> moved.plan
    array([[0. , 0.5],
           [0.5, 0. ]])
    >>> round(moved.distance, 9)
    3.0
    >>> moved.between(0.5).means.ravel()
    array([ 1.5, 11.5])
    """

    source: Mixture
    target: Mixture
    plan: FloatArray
    distance: float

    def map(self, rows: npt.ArrayLike) -> FloatArray:
        """Give where rows of the source go on average (Delon & Desolneux 2020, eq. 6.2).

        Parameters
        ----------
        rows : array-like of shape (n_rows, n_features)

        Returns
        -------
        moved : ndarray of shape (n_rows, n_features)
        """
        checked = array_of_shape(rows, (len(np.asarray(rows)), self.source.n_features), "rows", "(n_rows, n_features)")
        shares = np.asarray(self.source.responsibilities(checked))
        moved = np.zeros_like(checked)
        for k, m, weight in self._moves():
            matrix = self._matrix(k, m)
            arrived = self.target.means[m] + (checked - self.source.means[k]) @ matrix
            moved += (weight / self.source.weights[k]) * shares[:, k, None] * arrived
        return moved

    def between(self, share: float) -> Mixture:
        """Give the mixture at a share of the way, a geodesic of the distance (Delon & Desolneux 2020, eq. 4.9).

        Parameters
        ----------
        share : float
            0 gives the source, 1 the target.

        Returns
        -------
        mixture : Mixture
            Of the full family, with one component for each positive entry of the plan.

        Raises
        ------
        InputError
            If `share` is not from 0 to 1.
        """
        if not 0.0 <= share <= 1.0:
            message = f"`share` must be from 0, the source, to 1, the target, got {share!r}."
            raise InputError(message)
        covariances = self.source.component_covariances
        weights, means, between = [], [], []
        for k, m, weight in self._moves():
            mover = (1.0 - share) * np.eye(self.source.n_features) + share * self._matrix(k, m)
            weights.append(weight)
            means.append((1.0 - share) * self.source.means[k] + share * self.target.means[m])
            between.append(mover @ covariances[k] @ mover)
        together = np.array(between)
        symmetric = (together + np.swapaxes(together, 1, 2)) / 2.0
        total = np.array(weights) / np.sum(weights)
        return type(self.source)(total, np.array(means), symmetric, "full", self.source.feature_names)

    def _moves(self) -> list[tuple[int, int, float]]:
        return [(int(k), int(m), float(self.plan[k, m])) for k, m in np.argwhere(self.plan > 0.0)]

    def _matrix(self, k: int, m: int) -> FloatArray:
        """Give the symmetric matrix that moves one Gaussian to another: ``S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2``."""
        root, inverse = _roots(self.source.component_covariances[k])
        return inverse @ _roots(root @ self.target.component_covariances[m] @ root)[0] @ inverse


def transport(one: Mixture, other: Mixture) -> Transport:
    """Give the plan, and the distance MW2, that move one mixture to another at the least mean squared length.

    Parameters
    ----------
    one, other : Mixture
        Of as many features.

    Returns
    -------
    transport : Transport

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import transport
    >>> one = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.0], [0.0, 1.0]]])
    >>> round(transport(one, Mixture([1.0], [[3.0, 4.0]], [[[4.0, 0.0], [0.0, 1.0]]])).distance**2, 9)
    26.0
    """
    same_features(one, other)
    costs = squared_wasserstein(one, other)
    plan = cheapest_plan(costs, one.weights, other.weights)
    return Transport(one, other, plan, float(np.sqrt(max(np.sum(plan * costs), 0.0))))


def squared_wasserstein(one: Mixture, other: Mixture) -> FloatArray:
    """Give the squared 2-Wasserstein distance from each component of a mixture to each of another.

    ``|m_k - m_l|^2 + tr(S_k + S_l - 2 (S_k^1/2 S_l S_k^1/2)^1/2)`` (Gelbrich 1990; Delon & Desolneux 2020, eq. 2.4).

    Parameters
    ----------
    one, other : Mixture
        Of as many features.

    Returns
    -------
    squares : ndarray of shape (n_components of one, n_components of other)
        In squared units of the data.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import squared_wasserstein
    >>> one = Mixture([1.0], [[0.0]], [1.0], "spherical")
    >>> squared_wasserstein(one, Mixture([0.5, 0.5], [[0.0], [2.0]], [1.0, 9.0], "spherical"))
    array([[0., 8.]])
    """
    same_features(one, other)
    covariances, others = one.component_covariances, other.component_covariances
    steps = np.sum((one.means[:, None] - other.means) ** 2, axis=-1)
    traces = np.trace(covariances, axis1=1, axis2=2)[:, None] + np.trace(others, axis1=1, axis2=2)
    # The singular values of the product of both Cholesky factors are the eigenvalues of the root.
    factors = (np.linalg.cholesky(each).astype(np.float64, copy=False) for each in (covariances, others))
    roots = nuclear_norms(*factors)
    return steps + np.maximum(traces - 2.0 * roots, 0.0)


def barycenter(
    mixtures: Sequence[Mixture],
    shares: npt.ArrayLike | None = None,
    n_components: int | None = None,
    max_iter: int = 100,
) -> Mixture:
    """Give a mixture in the middle of several: one that has a small mean squared MW2 from all.

    From each of them, or from the eight that are nearest to the others, plans to all alternate with the barycenters of
    what its components go to (Alvarez-Esteban et al. 2016 for Gaussians; Cuturi & Doucet 2014 for the alternation),
    until the mean squared distance no longer falls; the best end counts. It is a local optimum.

    Parameters
    ----------
    mixtures : sequence of Mixture
        Of as many features.
    shares : array-like of shape (n_mixtures,), optional
        How much each counts; equal by default.
    n_components : int, optional
        Of those mixtures, which the start is taken from; by default any.
    max_iter : int, default=100
        Most alternations from each.

    Returns
    -------
    mixture : Mixture
        Of the full family, with the weights of the one that it began at.

    Raises
    ------
    InputError
        If there is no mixture, shares are no distribution, or none has `n_components`.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import barycenter
    >>> ends = [Mixture([1.0], [[at]], [scale], "spherical") for at, scale in ((0.0, 1.0), (4.0, 9.0))]
    >>> middle = barycenter(ends)
    >>> middle.means.round(6), middle.covariances.round(6)
    (array([[2.]]), array([[[4.]]]))
    """
    parts = list(mixtures)
    starts = [each for each in parts if n_components is None or each.n_components == n_components]
    if not starts:
        message = (
            f"`mixtures` must have at least one mixture (of {n_components or 'any number of'} components), got none."
        )
        raise InputError(message)
    given = np.full(len(parts), 1.0 / len(parts)) if shares is None else shares
    counts = array_of_shape(given, (len(parts),), "shares", "(n_mixtures,)")
    if np.any(counts < 0.0) or not np.isclose(np.sum(counts), 1.0):
        message = f"`shares` must be at least zero and sum to one, got {counts}."
        raise InputError(message)

    def cost(middle: Mixture) -> tuple[float, list[Transport]]:
        moves = [transport(middle, each) for each in parts]
        return float(counts @ [move.distance**2 for move in moves]), moves

    def descended(value: float, moves: list[Transport]) -> tuple[float, Mixture]:
        for _ in range(max_iter):
            following, following_moves = cost(_middle(moves, counts))
            if not following < value * (1.0 - 1e-12):
                break
            value, moves = following, following_moves
        return value, moves[0].source

    nearest = sorted((cost(each) for each in starts), key=lambda found: found[0])[:MOST_STARTS]
    return min((descended(*found) for found in nearest), key=lambda found: found[0])[1]


def _middle(moves: list[Transport], counts: FloatArray) -> Mixture:
    """Move each component to the middle of what it goes to: one step of the fixed point of its covariance."""
    start = moves[0].source
    means, movers = np.zeros_like(start.means), np.zeros((start.n_components, start.n_features, start.n_features))
    for move, count in zip(moves, counts, strict=True):
        for k, m, weight in move._moves():  # noqa: SLF001
            part = count * weight / start.weights[k]
            means[k] += part * move.target.means[m]
            movers[k] += part * move._matrix(k, m)  # noqa: SLF001
    idle = start.weights == 0.0
    means[idle], movers[idle] = start.means[idle], np.eye(start.n_features)
    covariances = movers @ start.component_covariances @ movers
    return type(start)(
        start.weights, means, (covariances + np.swapaxes(covariances, 1, 2)) / 2.0, "full", start.feature_names
    )


def _roots(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the symmetric root of a positive definite matrix, and the inverse of it."""
    values, vectors = np.linalg.eigh(matrix)
    roots = np.sqrt(np.maximum(values, np.finfo(float).tiny))
    return (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T
