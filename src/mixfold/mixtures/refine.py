"""A mixture of few components made as near as it can be to one of many: the least integrated squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize, nnls

from mixfold.mixtures.distance import log_inner_product
from mixfold.mixtures.overlap import log_overlaps, same_features
from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

NUMBERS_AT_ONCE = 1 << 21
"""Of the matrices that are inverted together: memory."""
LEAST_CURVATURE = 1e-14
"""Of the quadratic form of weights, relative to the largest: components that are the same share their weight."""
TOLERANCE = 1e-10
"""Relative gains and slopes below which a refinement ends."""


def refined(few: Mixture, many: Mixture, max_iter: int = 200) -> Mixture:
    """Move the components of one mixture so that its integrated squared error from another is least.

    A descent in weights, means and covariances together (Williams & Maybeck 2006, section III), by L-BFGS with the
    exact gradient, from where the mixture is: what it finds is a local optimum, and never farther than it was.

    Parameters
    ----------
    few : Mixture
        Where it begins, as from `reduced`.
    many : Mixture
        What it is to be like.
    max_iter : int, default=200

    Returns
    -------
    mixture : Mixture
        Of as many components, of the full family.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import integrated_squared_error, reduced, refined
    >>> many = Mixture([0.3, 0.3, 0.4], [[0.0], [2.0], [9.0]], [1.0, 1.0, 1.0], "spherical")
    >>> few = reduced(many, 2).mixture
    >>> nearer = refined(few, many)
    >>> integrated_squared_error(nearer, many) < integrated_squared_error(few, many)
    True
    """
    same_features(few, many)
    start = _Start(few, many)
    found = minimize(
        start.error,
        np.concatenate([np.log(np.maximum(few.weights, np.finfo(float).tiny)), np.zeros(start.n_moves)]),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_iter, "ftol": TOLERANCE, "gtol": TOLERANCE},
    )
    weights, means, factors = start.parameters(found.x)
    return type(few)(weights, means, factors @ np.swapaxes(factors, 1, 2), "full", few.feature_names)


def best_weights(few: Mixture, many: Mixture) -> FloatArray:
    """Give the weights with which the components of one mixture have the least integrated squared error from another.

    A convex quadratic program on the simplex, which is solved exactly: the nearest point to the other density among all
    mixtures of these components.

    Parameters
    ----------
    few : Mixture
        Whose means and covariances stay.
    many : Mixture

    Returns
    -------
    weights : ndarray of shape (n_components of few,)
        Some of them may be zero.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import best_weights
    >>> few, many = (Mixture(w, [[0.0], [9.0]], [1.0, 1.0], "spherical") for w in ([0.5, 0.5], [0.25, 0.75]))
    >>> best_weights(few, many).round(9)
    array([0.25, 0.75])
    """
    own, cross = log_overlaps(few, few), log_overlaps(few, many)
    other = log_inner_product(many, many)
    top = max(float(np.max(own)), other)
    met = many.weights > 0.0
    between = np.exp(cross[:, met] - top) @ many.weights[met]
    # Inner products of what each component has and the other density has not.
    gram = np.exp(own - top) - between[:, None] - between + np.exp(other - top)
    values, vectors = np.linalg.eigh(gram)
    root = np.sqrt(np.maximum(values, LEAST_CURVATURE * values[-1]))[:, None] * vectors.T
    # Of t w, with w on the simplex: t^2 w' gram w + (t - 1)^2, which for any t is least where w' gram w is.
    scale = np.sqrt(np.mean(np.sum(root**2, axis=0))) or 1.0
    counts = nnls(np.vstack([root / scale, np.ones(len(gram))]), np.append(np.zeros(len(gram)), 1.0))[0]
    return np.asarray(counts / np.sum(counts))


class _Start:
    """Where a refinement begins; moves are in units of each component's own covariance."""

    def __init__(self, few: Mixture, many: Mixture) -> None:
        self.means, self.factors = few.means, np.linalg.cholesky(few.component_covariances)
        self.many = many.weights, many.means, many.component_covariances
        self.scale = log_inner_product(many, many)
        self.lower = np.tril_indices(few.n_features)

    @property
    def n_moves(self) -> int:
        k, d = self.means.shape
        return k * (d + len(self.lower[0]))

    def parameters(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give weights, means and Cholesky factors."""
        k, d = self.means.shape
        logs = x[:k] - np.max(x[:k])
        weights = np.exp(logs) / np.sum(np.exp(logs))
        means = self.means + (self.factors @ x[k : k + k * d].reshape(k, d, 1))[..., 0]
        return weights, means, self.factors @ self._turns(x)

    def _turns(self, x: FloatArray) -> FloatArray:
        k, d = self.means.shape
        turns = np.zeros((k, d, d))
        turns[:, *self.lower] = x[k + k * d :].reshape(k, -1)
        at = np.arange(d)
        turns[:, at, at] = np.exp(turns[:, at, at])
        return turns

    def error(self, x: FloatArray) -> tuple[float, FloatArray]:
        """Give the integrated squared error less what is constant, in units of the other's square, and its gradient."""
        k, d = self.means.shape
        weights, means, factors = self.parameters(x)
        covariances = factors @ np.swapaxes(factors, 1, 2)
        met = [np.concatenate(pair) for pair in zip((weights, means, covariances), self.many, strict=True)]
        met[0][k:] *= -1.0  # what the other has is wanted
        by_weight, of_means, of_covariances = np.empty(k), np.empty((k, d)), np.empty((k, d, d))
        cross = np.empty(k)
        step = max(1, NUMBERS_AT_ONCE // (len(met[0]) * d * d))
        for first in range(0, k, step):
            span = slice(first, first + step)
            values, pulls, inverses = self._pairs(means[span], covariances[span], met[1], met[2])
            shares = met[0] * values  # (step, k + n)
            by_weight[span] = np.sum(shares, axis=1)
            cross[span] = np.sum(shares[:, k:], axis=1)
            of_means[span] = -np.einsum("st,sti->si", shares, pulls)
            outer = np.swapaxes(shares[..., None] * pulls, 1, 2) @ pulls
            of_covariances[span] = 0.5 * (outer - np.einsum("st,stij->sij", shares, inverses))
        value = float(weights @ (by_weight + cross))
        of_logs = 2.0 * weights * (by_weight - weights @ by_weight)
        doubled = 2.0 * weights[:, None, None] * of_covariances
        turned = np.swapaxes(self.factors, 1, 2) @ (2.0 * doubled @ factors)
        at = np.arange(d)
        turned[:, at, at] *= self._turns(x)[:, at, at]
        moved = (np.swapaxes(self.factors, 1, 2) @ (2.0 * weights[:, None] * of_means)[..., None])[..., 0]
        return value, np.concatenate([of_logs, moved.ravel(), turned[:, *self.lower].ravel()])

    def _pairs(
        self, means: FloatArray, covariances: FloatArray, others: FloatArray, spreads: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give the integral of each product of two Gaussians, the inverse of their covariance, and its pull."""
        sums = covariances[:, None] + spreads
        inverses: FloatArray = np.asarray(np.linalg.inv(sums), dtype=np.float64)
        steps = means[:, None] - others
        pulls = (inverses @ steps[..., None])[..., 0]
        squares = np.sum(steps * pulls, axis=-1)
        halves = 0.5 * np.linalg.slogdet(sums)[1]
        d = means.shape[-1]
        return np.exp(-0.5 * squares - halves - 0.5 * d * np.log(2.0 * np.pi) - self.scale), pulls, inverses
