"""The M step of `Penalized` for covariances that are free in their structure, in array expressions, of several starts.

Statistics, prior, Cholesky factor, its inverse, potentials, log prior: the same formulas as in covariance/ and
native/maximize.cpp. Components of all starts lie side by side: (S K, ...), and what is of a start is (S, ...).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import array_api_compat
import numpy as np

from mixfold.engines.abstract import DeviceEngine
from mixfold.engines.array import to_numpy
from mixfold.engines.em_loop import MStep
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.statistics import FEWEST, SufficientStatistics
from mixfold.structures import FULL
from mixfold.sums import places
from mixfold.typing import Array, FloatArray

ROUNDINGS = 8.0 * float(np.finfo(np.float64).eps)
"""What a computed covariance may be wrong by, as in mixfold.covariance.triangular."""
TINY = float(np.finfo(np.float64).tiny)
"""Rows that a component is divided by at least."""


class DeviceMixture(NamedTuple):
    """Parameters of all starts, and what is computed of them before the rows are looked at: float64 on the device.

    Examples
    --------
    >>> from mixfold.engines.device_step import DeviceMixture
    >>> DeviceMixture._fields
    ('weights', 'means', 'covariances', 'whitener', 'offset', 'squares', 'log_prior')
    """

    weights: Array
    means: Array
    covariances: Array
    whitener: Array
    offset: Array
    squares: Array
    log_prior: Array


class DeviceState(NamedTuple):
    """Where the starts of a batch are: parameters, and what the rows say under them.

    Examples
    --------
    >>> from mixfold.engines.device_step import DeviceState
    >>> DeviceState._fields
    ('mixture', 'sums')
    """

    mixture: DeviceMixture
    sums: SufficientStatistics

    @property
    def told(self) -> tuple[Any, Array]:
        """Log-likelihood and log prior of each start."""
        return self.sums.log_likelihood, self.mixture.log_prior

    def chosen(self, those: Sequence[int], step: DeviceStep) -> DeviceState:
        """Give some of the starts."""
        n_starts = step.n_starts(self.mixture)
        if len(those) == n_starts:
            return self
        index = step.xp.asarray(list(those), device=step.device)

        def of(array: Array) -> Array:
            by_start = step.xp.reshape(array, (n_starts, array.shape[0] // n_starts, *array.shape[1:]))
            return step.xp.reshape(step.xp.take(by_start, index, axis=0), (-1, *array.shape[1:]))

        mixture = DeviceMixture(*map(of, self.mixture))
        names = ("count", "shift", "scatter", "log_likelihood", "log_best_share")
        found: dict[str, Any] = {name: of(getattr(self.sums, name)) for name in names}
        return DeviceState(mixture, replace(self.sums, center=mixture.means, **found))


class DeviceStep:
    """The M step and what follows of it, in arrays of one library on one device.

    Covariances and whiteners are (S K, D, D), (S, D, D) of all components of a start, (S K, D) or (S K, 1).

    Parameters
    ----------
    values : array of shape (n, n_features)
        The rows.
    asked : MStep
    n_components : int
        K, of each start.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import MStep
    >>> from mixfold.engines.device_step import DeviceStep
    >>> from mixfold.prior import Prior
    >>> from mixfold.structures import DIAGONAL
    >>> step = DeviceStep(np.zeros((3, 1)), MStep(DIAGONAL, Prior.from_ridge(0.0)), 1)
    >>> step.mixture(np.ones(1), np.zeros((1, 1)), np.full((1, 1), 4.0)).whitener
    array([[0.5]])
    """

    def __init__(self, values: Array, asked: MStep, n_components: int) -> None:
        structure, prior, n_features = asked.structure, asked.prior, int(values.shape[1])
        self.xp = array_api_compat.array_namespace(values)
        self.device = array_api_compat.device(values)
        self.structure, self.k, self.d, self.is_density = structure, n_components, n_features, prior.is_density
        self.pseudo_rows, self.likeness = float(prior.count + prior.likeness), float(prior.likeness)
        # Of a trace that is the variance of as many features, and of a pooled scatter that of as many components.
        self.dimensions = 1.0 if structure.has_shape else float(n_features)
        self.shared = float(n_components) if structure.is_shared else 1.0
        spread = prior.spread(structure, n_features)
        self.is_spread, self.is_jittered = bool(np.any(spread)), bool(np.any(prior.jitter))
        self.spread = self.there(self.dimensions * spread)
        self.scale, self.pseudo_scatter = (self.there(by * prior.scale) for by in (1.0, self.dimensions * self.shared))
        self.above_rounding = self.there(1.0 + ROUNDINGS * n_features * np.eye(n_features))
        self.jitter = self.there(structure.reduced(prior.jitter, n_features))

    def there(self, values: FloatArray) -> Array:
        """Bring an array from the host."""
        array = self.xp.asarray(np.ascontiguousarray(values), dtype=self.xp.float64, device=self.device)
        return array if values.ndim else self.xp.reshape(array, ())

    def number(self, value: Any) -> Array:
        """Give a sum, which may be a number of Python, as an array."""
        if isinstance(value, (int, float)):
            return self.xp.full((), float(value), dtype=self.xp.float64, device=self.device)
        return self.xp.astype(value, self.xp.float64)

    def stacked(self, array: Array) -> Array:
        """Give an array of the structure's shape as this class has it."""
        if self.structure.is_matrix:
            return self.xp.reshape(array, (-1, self.d, self.d))
        return array if self.structure.has_shape else self.xp.reshape(array, (-1, 1))

    def by_start(self, array: Array) -> Array:
        """Put the components of each start into a row of their own, (S, ...)."""
        return self.xp.reshape(array, (array.shape[0] // self.k, self.k, *array.shape[1:]))

    def of_each(self, array: Array, n_starts: int) -> Array:
        """Repeat what all components of a start share for each of them, (S K, ...); others have their own."""
        if not self.structure.is_shared or n_starts == 1:
            return array
        return self.xp.repeat(array, self.k, axis=0)

    def n_starts(self, mixture: DeviceMixture) -> int:
        """Count the starts of a batch."""
        return int(mixture.means.shape[0]) // self.k

    def begun(self, starts: Sequence[tuple[FloatArray, FloatArray, FloatArray]]) -> DeviceMixture:
        """Bring weights, means and covariances of starts from the host."""
        weights, means, covariances = zip(*starts, strict=True)
        stacked = np.stack(covariances) if self.structure.is_shared else np.concatenate(covariances)
        return self.mixture(*map(self.there, (np.concatenate(weights), np.concatenate(means), stacked)))

    def folded(self, engine: DeviceEngine, rows: Rows, mixture: DeviceMixture) -> DeviceState:
        """Look at the rows under the parameters of all starts."""
        potentials, n_starts = self.potentials(mixture), self.n_starts(mixture)
        return DeviceState(mixture, engine.sums_there(rows, potentials, potentials.structure, n_starts))

    def packed(self, state: DeviceState) -> FloatArray:
        """Bring home a row for each start, (S, ...): its sums as the table has them, and its parameters."""
        return to_numpy(self._packed(state))

    def _packed(self, state: DeviceState) -> Array:
        n_starts, (mixture, sums) = self.n_starts(state.mixture), state

        def of_starts(value: Any) -> Array:
            value = self.number(value)
            if value.ndim == 0:
                return self.xp.broadcast_to(value, (n_starts, 1))
            return self.xp.reshape(value, (n_starts, -1))

        kept = places(self.k, self.d, self.structure.shape(self.k, self.d))
        values = [self.scatter(sums) if one.name == "scatter" else getattr(sums, one.name) for one in kept]
        return self.xp.concat([of_starts(value) for value in (*values, *mixture[:3])], axis=1)

    def home(
        self, told: Sequence[tuple[Any, Array]], state: DeviceState, *, with_state: bool
    ) -> tuple[FloatArray, float, FloatArray | None]:
        """Bring home what was told of the starts, (S, n, 2), the weight of the rows, and where they are."""
        n_starts = self.n_starts(state.mixture)
        parts = [self.xp.reshape(self.number(one), (-1,)) for pair in told for one in pair]
        parts.append(self.xp.reshape(self.number(state.sums.weight), (-1,)))
        if with_state:
            parts.append(self.xp.reshape(self._packed(state), (-1,)))
        flat, end = to_numpy(self.xp.concat(parts)), 2 * len(told) * n_starts
        lately = np.moveaxis(flat[:end].reshape(len(told), 2, n_starts), 2, 0)
        return lately, float(flat[end]), flat[end + 1 :].reshape(n_starts, -1) if with_state else None

    def potentials(self, mixture: DeviceMixture) -> Potentials:
        """Give them as engines take them; several starts with a covariance each, as full ones of each component."""
        n_starts = self.n_starts(mixture)
        if self.structure.is_shared and n_starts > 1:
            return Potentials(mixture.offset, mixture.means, self.of_each(mixture.whitener, n_starts), FULL)
        whitener = self.xp.reshape(mixture.whitener, self.structure.shape(n_starts * self.k, self.d))
        return Potentials(mixture.offset, mixture.means, whitener, self.structure)

    def scatter(self, sums: SufficientStatistics) -> Array:
        """Give the scatter as this class has it: one for each start where components share a covariance."""
        if self.structure.is_shared and sums.structure.is_matrix and not sums.structure.is_shared:
            return self.xp.sum(self.by_start(sums.scatter), axis=1)
        return self.stacked(sums.scatter)

    def mixture(self, weights: Array, means: Array, covariances: Array) -> DeviceMixture:
        """Whiten parameters, and compute what a score and the objective have beside the rows."""
        xp, stacked = self.xp, self.stacked(covariances)
        if self.structure.is_matrix:
            whitener = inverse_factors(stacked, xp)
            halves = xp.sum(xp.log(xp.linalg.diagonal(whitener)), axis=-1)
        else:
            whitener = 1.0 / xp.sqrt(stacked)
            halves = self.dimensions * xp.sum(xp.log(whitener), axis=-1)  # log|G|, (K,) or (1,)
        n_starts = means.shape[0] // self.k
        beside_weights = halves - 0.5 * self.d * math.log(2.0 * math.pi)
        offset = xp.log(weights) + self.of_each(beside_weights, n_starts)
        if self.is_jittered:
            offset = offset - self.of_each(0.5 * self.mean_squares(whitener, self.jitter), n_starts)
        if not self.is_density:  # zero, or no number if a determinant is none
            none = xp.sum(xp.reshape(0.0 * halves, (n_starts, -1)), axis=1)
            return DeviceMixture(weights, means, stacked, whitener, offset, halves, none)
        squares = self.mean_squares(whitener, self.scale)
        each = self.pseudo_rows * halves - 0.5 * squares
        if self.likeness:
            each = each - 0.5 * self.likeness * self.d * xp.log(squares / self.d)
        log_prior = self.shared * xp.sum(xp.reshape(each, (n_starts, -1)), axis=1)
        return DeviceMixture(weights, means, stacked, whitener, offset, squares, log_prior)

    def mean_squares(self, whitener: Array, covariance: Array) -> Array:
        """Give tr(C G^T G), (K,) or (1,)."""
        xp = self.xp
        if self.structure.is_matrix:
            colored = whitener @ covariance if covariance.ndim == 2 else whitener * covariance
            return xp.sum(colored * whitener, axis=(-2, -1))
        return self.dimensions * xp.sum(covariance * whitener * whitener, axis=-1)

    def maximized(self, sums: SufficientStatistics, before: DeviceMixture) -> DeviceMixture:
        """Take the M step from sums around the means before it (Bishop 2006, eqs. 9.24 to 9.27, with the prior)."""
        xp, count, shift = self.xp, sums.count, sums.shift
        one = (slice(None),) + (None,) * (before.covariances.ndim - 1)  # a number for each
        total = xp.sum(self.by_start(count), axis=1)  # (S,)
        move = shift / xp.clip(count, min=TINY)[:, None]
        rows = total if self.structure.is_shared else count
        if self.is_spread:
            rows = xp.clip(rows, min=FEWEST)
        scatter = self.scatter(sums) - self.outer(shift, move)
        if not self.structure.is_matrix:  # rounding can leave a variance a hair below zero where a feature is constant
            scatter = xp.clip(scatter, min=0.0)
        if self.is_spread:
            scatter = scatter + rows[one] * self.spread
        if self.is_density:
            alike = 1.0 + self.likeness * self.d / before.squares[one] if self.likeness else 1.0
            scatter = scatter + alike * self.pseudo_scatter
        divisor = self.dimensions * xp.clip(rows + self.shared * self.pseudo_rows, min=TINY)
        covariances = scatter / divisor[one]
        if self.structure.is_matrix and self.is_density:
            covariances = covariances * self.above_rounding
        weights = xp.reshape(self.by_start(count) / total[:, None], (-1,))
        return self.mixture(weights, before.means + move, covariances)

    def outer(self, shift: Array, move: Array) -> Array:
        """Give what the scatter around the means is less."""
        xp = self.xp
        if self.structure.is_shared:
            return xp.matrix_transpose(self.by_start(shift)) @ self.by_start(move)
        if self.structure.is_matrix:
            return shift[:, :, None] * move[:, None, :]
        return shift * move if self.structure.has_shape else xp.sum(shift * move, axis=1, keepdims=True)


def inverse_factors(matrices: Array, xp: Any) -> Array:
    """Give the inverses of lower Cholesky factors, NaN of a matrix that has none; in PyTorch without waiting for them.

    Parameters
    ----------
    matrices : array of shape (n, n_features, n_features)
    xp : namespace

    Returns
    -------
    inverses : array of shape (n, n_features, n_features)
        Lower-triangular G with ``G^T G = matrices^-1``.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.device_step import inverse_factors
    >>> inverse_factors(np.array([[[4.0]], [[-1.0]]]), np).ravel()
    array([0.5, nan])
    """
    if array_api_compat.is_torch_array(matrices):
        factors, failed = xp.linalg.cholesky_ex(matrices)
        eye = xp.eye(matrices.shape[-1], dtype=matrices.dtype, device=matrices.device)
        inverses = xp.linalg.solve_triangular(factors, eye.expand_as(factors), upper=False)
        return xp.where((failed == 0)[:, None, None], inverses, math.nan)
    factors = xp.stack([_factor(matrices[at, :, :], xp) for at in range(matrices.shape[0])])
    return inverse_of_lower(factors, xp)


def _factor(matrix: Array, xp: Any) -> Array:
    try:
        return xp.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return xp.full_like(matrix, math.nan)


def inverse_of_lower(factors: Array, xp: Any) -> Array:
    """Invert lower-triangular matrices (..., D, D) by products alone: blocks on the diagonal, each time twice as large.

    Of X, the inverses of the blocks on the diagonal, and B, what joins every second to the one before it, the inverses
    of the joined blocks are X - X B X (Higham 2002, section 14.3).

    Parameters
    ----------
    factors : array of shape (..., n_features, n_features)
    xp : namespace

    Returns
    -------
    inverses : array of shape (..., n_features, n_features)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.device_step import inverse_of_lower
    >>> inverse_of_lower(np.array([[2.0, 0.0], [1.0, 4.0]]), np)
    array([[ 0.5  ,  0.   ],
           [-0.125,  0.25 ]])
    """
    d, device = factors.shape[-1], array_api_compat.device(factors)
    index, zeros = xp.arange(d, device=device), xp.zeros_like(factors)
    on_diagonal = index[:, None] == index[None, :]
    inverses = xp.where(on_diagonal, 1.0 / xp.where(on_diagonal, factors, xp.ones_like(factors)), zeros)
    size = 1
    while size < d:
        block = index // size
        joins = (block[:, None] == block[None, :] + 1) & (block[:, None] % 2 == 1)
        inverses = inverses - inverses @ xp.where(joins, factors, zeros) @ inverses
        size *= 2
    return inverses
