"""`OwnNoise`: rows each of which has noise of its own, and the sums that they are expected to have.

A row y = x + e, e ~ N(0, S_n), of some of the features is scored by N(m_k, V_k + S_n), and given y the row x has under
component k the mean m_k + b and the covariance C (Bovy, Hogg & Roweis 2011, eqs. 16 to 21),

    T = V_k + S_n = L L^T        W = L^-1 V_k        b = W^T L^-1 (y - m_k)        C = V_k - W^T W.

There is a factor L for each row and component. Rows of a block lie side by side, so that a step of the factorization of
small matrices is one operation on all of them. Of a feature that is missing, rows and columns of T are those of the
identity, and rows of V_k in W are zero: it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import final

import numpy as np

from mixfold.errors import CollapseError, InputError
from mixfold.observations.by_row import ByRow, log_sum, output_of_scores
from mixfold.observations.components import Components
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import FULL
from mixfold.typing import BoolArray, FloatArray

BLOCK_PAIRS = 1 << 13
"""Pairs of row and component that are computed side by side: as many as stay in the cache."""


@final
@dataclass(frozen=True, slots=True)
class OwnNoise(ByRow):
    """y = x + e where the noise e of each row is in its marks; of components that are allowed.

    Values may be missing, NaN.

    Attributes
    ----------
    allowed : ndarray of bool of shape (n_components,) or None
        Which components rows may be of: labels. None allows all.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold import Fold
    >>> from mixfold.observations import OwnNoise
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Marks
    >>> from mixfold.sources import ArraySource
    >>> from mixfold.structures import DIAGONAL
    >>> source = ArraySource(np.array([[2.0], [2.0]]), Marks(noise=np.array([[1.0], [3.0]])))
    >>> fold = Fold(source, ArrayEngine(), LocalExecutor(), (OwnNoise(),))
    >>> fold.statistics(Potentials.nearest(np.zeros((1, 1))), DIAGONAL).shift  # halves of one, a quarter of the other
    array([[1.5]])
    """

    allowed: BoolArray | None = None

    @property
    def has_own_noise(self) -> bool:
        """They have."""
        return True

    def scores(self, rows: Rows, components: Components) -> FloatArray:
        """Give the log densities of what was measured, (n, K)."""
        return _scores(rows.values, noise_of(rows), components)

    def shared(self, rows: Rows, components: Components, responsibilities: FloatArray) -> SufficientStatistics:
        """Give the sums that rows without their noise are expected to have."""
        return shared_of_noisy(rows.values, noise_of(rows), rows.weights_or_ones, components, responsibilities)

    def statistics(self, rows: Rows, components: Components, *, is_hard: bool = False) -> SufficientStatistics:
        """Give them under the components, whose factors are computed once for both verbs."""
        known = rows.values, noise_of(rows), rows.weights_or_ones
        return statistics_of_noisy(*known, components, self, is_hard=is_hard)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows side by side, under each component.

    Attributes
    ----------
    difference : list of D ndarrays of shape (n, n_components)
        y - m_k, zero where a value is missing.
    factor : list of D lists of ndarrays
        The lower triangle of L.
    observed : ndarray of bool of shape (n, n_features), or None
        None where no value is missing.
    components : Components
    """

    difference: list[FloatArray]
    factor: list[list[FloatArray]]
    observed: BoolArray | None
    components: Components

    @classmethod
    def of(cls, values: FloatArray, noise: FloatArray, components: Components) -> Block:
        """Factorize the covariances of rows.

        Raises
        ------
        CollapseError
            If one is not positive definite.
        """
        covariances, d = components.covariances, values.shape[1]
        lacks = np.isnan(values)
        observed = ~lacks if np.any(lacks) else None
        filled = values if observed is None else np.where(observed, values, 0.0)
        difference = [filled[:, [i]] - components.means[:, i] for i in range(d)]
        if observed is not None:
            difference = [np.where(observed[:, [i]], each, 0.0) for i, each in enumerate(difference)]
        factor: list[list[FloatArray]] = []
        for i in range(d):
            row: list[FloatArray] = []
            for j in range(i + 1):
                value = covariances[:, i, j] + _noise(noise, i, j)
                if observed is not None:
                    value = np.where(observed[:, [i]] & observed[:, [j]], value, float(i == j))
                value = np.broadcast_to(value, difference[0].shape)
                for m in range(j):
                    value = value - row[m] * (factor[j][m] if j < i else row[m])
                if i == j:
                    refuse_collapsed(float(np.min(value)))
                row.append(np.sqrt(value) if i == j else value / factor[j][j])
            factor.append(row)
        return cls(difference, factor, observed, components)

    @property
    def white(self) -> list[FloatArray]:
        """L^-1 (y - m_k)."""
        return self._solved(self.difference)

    def scores(self, white: list[FloatArray]) -> FloatArray:
        """Give the log densities of weighted components, (n, K)."""
        d = len(self.difference)
        n_observed = float(d) if self.observed is None else np.sum(self.observed, axis=1, keepdims=True)
        squares = sum(each * each for each in white)
        log_root = sum(np.log(self.factor[i][i]) for i in range(d))
        constant = self.components.log_weights - 0.5 * n_observed * np.log(2.0 * np.pi)
        return np.asarray(constant - log_root - 0.5 * squares)

    def statistics(
        self, shares: FloatArray, white: list[FloatArray], weights: FloatArray, log_density: FloatArray
    ) -> SufficientStatistics:
        """Give the sums that rows x are expected to have, shared as they are, (n, K)."""
        k, d = self.components.means.shape
        gains = []  # the columns of W
        for i in range(d):
            column = [np.broadcast_to(self.components.covariances[:, j, i], shares.shape) for j in range(d)]
            if self.observed is not None:
                column = [np.where(self.observed[:, [j]], each, 0.0) for j, each in enumerate(column)]
            gains.append(self._solved(column))
        weighted = shares * weights[:, None]
        count = np.sum(weighted, axis=0)
        steps = [sum(gain * each for gain, each in zip(gains[i], white, strict=True)) for i in range(d)]
        shift, scatter = np.zeros((k, d)), np.zeros((k, d, d))
        for i in range(d):
            held = weighted * steps[i]
            shift[:, i] = np.sum(held, axis=0)
            for j in range(i + 1):
                known = sum(a * b for a, b in zip(gains[i], gains[j], strict=True))
                rest = np.sum(held * steps[j] - weighted * known, axis=0)
                scatter[:, i, j] = scatter[:, j, i] = rest + count * self.components.covariances[:, i, j]
        total, weight = float(weights @ log_density), float(np.sum(weights))
        return SufficientStatistics(self.components.means, count, shift, scatter, FULL, total, len(weights), weight)

    def _solved(self, right: list[FloatArray]) -> list[FloatArray]:
        solved: list[FloatArray] = []
        for i, value in enumerate(right):
            for j in range(i):
                value = value - self.factor[i][j] * solved[j]  # noqa: PLW2901
            solved.append(value / self.factor[i][i])
        return solved


def statistics_of_noisy(
    values: FloatArray,
    noise: FloatArray,
    weights: FloatArray,
    components: Components,
    observation: OwnNoise,
    *,
    is_hard: bool = False,
) -> SufficientStatistics:
    """Give the statistics that rows are expected to have, of which each was measured with noise of its own.

    Parameters
    ----------
    values : ndarray of shape (n, n_features)
        NaN where missing.
    noise : ndarray of shape (n, n_features) or (n, n_features, n_features)
        Variances or covariances.
    weights : ndarray of shape (n,)
    components : Components
    observation : OwnNoise
    is_hard : bool
        Whether each row belongs to the component of highest score.

    Returns
    -------
    statistics : SufficientStatistics
        With a full scatter.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations import Components, OwnNoise
    >>> from mixfold.observations.own_noise import statistics_of_noisy
    >>> from mixfold.potentials import Potentials
    >>> components = Components.of(Potentials.nearest(np.zeros((1, 1))))
    >>> statistics_of_noisy(np.array([[2.0]]), np.array([[1.0]]), np.ones(1), components, OwnNoise()).means
    array([[1.]])
    """
    parts = []
    components, potentials = observation.beside(components, np.isnan(values))
    for at, block in _blocks(values, noise, components):
        white = block.white
        scores, background = block.scores(white), potentials.background_of(np.isnan(values[at]))
        if is_hard:
            log_density = np.maximum(np.max(scores, axis=1), background)
            best = np.where(np.max(scores, axis=1) < background, -1, np.argmax(scores, axis=1))
            shares = (best[:, None] == np.arange(scores.shape[1])).astype(np.float64)
        else:
            log_density = log_sum(scores, background)
            shares = np.exp(scores - log_density[:, None])
        parts.append(block.statistics(shares, white, weights[at], log_density))
    return reduce(add, parts)


def shared_of_noisy(
    values: FloatArray, noise: FloatArray, weights: FloatArray, components: Components, responsibilities: FloatArray
) -> SufficientStatistics:
    """Give the statistics that rows are expected to have under responsibilities (n, K) that are given.

    Parameters
    ----------
    values, noise, weights, components
        As `statistics_of_noisy` has them.
    responsibilities : ndarray of shape (n, n_components)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations import Components
    >>> from mixfold.observations.own_noise import shared_of_noisy
    >>> from mixfold.potentials import Potentials
    >>> components = Components.of(Potentials.nearest(np.zeros((1, 1))))
    >>> shared_of_noisy(np.array([[2.0]]), np.array([[1.0]]), np.ones(1), components, np.ones((1, 1))).means
    array([[1.]])
    """
    nothing = np.zeros(len(values))
    parts = (
        block.statistics(responsibilities[at], block.white, weights[at], nothing[at])
        for at, block in _blocks(values, noise, components)
    )
    return reduce(add, parts)


def output_of_noisy(
    name: str, values: FloatArray, noise: FloatArray, components: Components, observation: OwnNoise
) -> FloatArray:
    """Give what is said of rows with noise of their own: "log_density", "responsibilities", "scores" or "labels".

    Parameters
    ----------
    name : str
    values, noise, components, observation
        As `statistics_of_noisy` has them.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations import Components, OwnNoise
    >>> from mixfold.observations.own_noise import output_of_noisy
    >>> from mixfold.potentials import Potentials
    >>> components = Components.of(Potentials.nearest(np.zeros((1, 1))))
    >>> output_of_noisy("log_density", np.array([[2.0]]), np.array([[1.0]]), components, OwnNoise()).round(2)
    array([-1.35])
    """
    components, potentials = observation.beside(components, np.isnan(values))
    scores = _scores(values, noise, components)
    return output_of_scores(name, scores, potentials.background_of(np.isnan(values)))


def noise_of(rows: Rows) -> FloatArray:
    """Give the noise of rows, of their marks.

    Raises
    ------
    InputError
        If they have none.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations.own_noise import noise_of
    >>> from mixfold.rows import Marks, Rows
    >>> noise_of(Rows(np.ones((1, 1)), Marks(noise=np.array([[2.0]]))))
    array([[2.]])
    """
    if rows.marks.noise is None:
        message = "Rows seen with noise of their own must have it in their marks, got none. Give `Marks(noise=...)`."
        raise InputError(message)
    return rows.marks.noise


def refuse_collapsed(smallest: float) -> None:
    """Refuse a covariance of rows with noise whose factorization has a pivot that is not positive.

    Parameters
    ----------
    smallest : float
        The smallest of all.

    Raises
    ------
    CollapseError
        If it is not positive.

    Examples
    --------
    >>> from mixfold.observations.own_noise import refuse_collapsed
    >>> refuse_collapsed(0.5)
    """
    if not smallest > 0.0:
        message = (
            "The covariance of a row with noise must be positive definite, but a feature given those before has a "
            f"variance of {smallest:g}. Increase `reg_covar`, or leave it at 'auto'."
        )
        raise CollapseError(message)


def _scores(values: FloatArray, noise: FloatArray, components: Components) -> FloatArray:
    return np.concatenate([block.scores(block.white) for _, block in _blocks(values, noise, components)])


def _blocks(values: FloatArray, noise: FloatArray, components: Components) -> Iterator[tuple[slice, Block]]:
    n_at_once = max(1, BLOCK_PAIRS // len(components.means))
    for first in range(0, max(len(values), 1), n_at_once):
        at = slice(first, first + n_at_once)
        yield at, Block.of(values[at], noise[at], components)


def _noise(noise: FloatArray, i: int, j: int) -> FloatArray | float:
    if noise.ndim == 3:
        return noise[:, [i], [j]]
    return noise[:, [i]] if i == j else 0.0
