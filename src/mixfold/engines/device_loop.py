"""Whole steps of EM on the device of the rows: nothing travels between them, and the host waits once, at the end.

The M step of `Penalized` for covariances that are free in their structure, in array expressions: statistics, prior,
Cholesky factor, its inverse, potentials, log prior. The same formulas as in covariance/ and native/maximize.cpp.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import array_api_compat
import numpy as np

from mixfold.engines.abstract import DeviceEngine
from mixfold.engines.array import to_numpy
from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.em_loop import EMLoop, MStep
from mixfold.outcome import Outcome
from mixfold.potentials import Potentials
from mixfold.prior import Prior
from mixfold.rows import Rows
from mixfold.statistics import FEWEST, SufficientStatistics
from mixfold.structures import Structure
from mixfold.sums import places
from mixfold.typing import Array, FloatArray

ROUNDINGS = 8.0 * float(np.finfo(np.float64).eps)
"""What a computed covariance may be wrong by, as in mixfold.covariance.triangular."""
TINY = float(np.finfo(np.float64).tiny)
"""Rows that a component is divided by at least."""


class _Mixture(NamedTuple):
    """Parameters, and what is computed of them before the rows are looked at: arrays of float64 on the device."""

    weights: Array
    means: Array
    covariances: Array
    whitener: Array
    offset: Array
    squares: Array
    log_prior: Array


def is_on_accelerator(values: Array) -> bool:
    """Tell whether rows are on a device that has float64 and is no processor.

    Parameters
    ----------
    values : array of any library

    Returns
    -------
    is_on_accelerator : bool

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.device_loop import is_on_accelerator
    >>> is_on_accelerator(np.zeros((3, 2)))
    False
    """
    if array_api_compat.is_torch_array(values):
        return bool(values.device.type == "cuda" and not values.requires_grad)
    return bool(array_api_compat.is_cupy_array(values))


def em_loop(
    engine: DeviceEngine,
    rows: Rows,
    start: tuple[FloatArray, FloatArray, FloatArray],
    asked: MStep,
    n_steps: int,
) -> EMLoop:
    """Make EM steps where the rows are, from a start on the host, and bring home where they led.

    Parameters
    ----------
    engine : DeviceEngine
    rows : Rows
        Complete ones.
    start : tuple of ndarray
        Weights (K,), means (K, D) and covariances of the structure.
    asked : MStep
        Of covariances that are free in their structure: full, pooled, diagonal or spherical.
    n_steps : int
        M steps; there is one fold more.

    Returns
    -------
    loop : EMLoop
        Without any fold if a covariance on the way was not positive definite: nobody looked when it was not.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, MStep
    >>> from mixfold.engines.device_loop import em_loop
    >>> from mixfold.prior import Prior
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL
    >>> rows = Rows(np.array([[0.0], [1.0], [8.0], [9.0]]))
    >>> start = np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[1.0], [1.0]])
    >>> em_loop(ArrayEngine(), rows, start, MStep(DIAGONAL, Prior.from_ridge(1e-6)), 3).means.round(2).ravel()
    array([0.5, 8.5])
    """
    home, (k, d) = start[1], start[1].shape
    structure, step = asked.structure, _Step(rows.values, asked.structure, asked.prior, k, d)
    xp, kept = step.xp, places(k, d, structure.shape(k, d))

    def fold(mixture: _Mixture) -> SufficientStatistics:
        potentials = Potentials(mixture.offset, mixture.means, step.shaped(mixture.whitener), structure)
        return engine.sums_there(rows, potentials, structure)

    with np.errstate(all="ignore"):  # what is no number is told by the trace
        now, trace = step.mixture(*(step.there(part) for part in start)), []
        for at in range(n_steps + 1):
            sums = fold(now)
            trace += [step.number(sums.log_likelihood), now.log_prior]
            if at < n_steps:
                now = step.maximized(sums, now)
        parts = [step.number(getattr(sums, place.name)) for place in kept] + list(now[:3]) + trace
        flat = to_numpy(xp.concat([xp.reshape(part, (-1,)) for part in parts]))  # the one journey
    n_sums = kept[-1].at.stop
    row, *parameters, ends = np.split(flat, n_sums + np.cumsum([0, *(part.size for part in start)]))
    said = ends.reshape(-1, 2)
    if not np.isfinite(said).all():
        said = said[:0]
    weights, means, covariances = (part.reshape(like.shape) for part, like in zip(parameters, start, strict=True))
    return EMLoop(
        weights,
        means,
        covariances,
        ChunkSums(home, structure, row[None], np.zeros(1, np.uint64)),
        0,
        rows.n,
        said[:, 0],
        said[:, 1],
        Outcome.ITERATION_LIMIT if len(said) else Outcome.COLLAPSED,
    )


class _Step:
    """The M step and what follows of it, in arrays of one library on one device.

    Covariances and whiteners are (K, D, D), (1, D, D) of all components, (K, D) or (K, 1).
    """

    def __init__(self, values: Array, structure: Structure, prior: Prior, n_components: int, n_features: int) -> None:
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

    def shaped(self, array: Array) -> Array:
        """Give it as the structure has it."""
        return self.xp.reshape(array, self.structure.shape(self.k, self.d))

    def mixture(self, weights: Array, means: Array, covariances: Array) -> _Mixture:
        """Whiten parameters, and compute what a score and the objective have beside the rows."""
        xp, stacked = self.xp, self.stacked(covariances)
        if self.structure.is_matrix:
            whitener = inverse_factors(stacked, xp)
            halves = xp.sum(xp.log(xp.linalg.diagonal(whitener)), axis=-1)
        else:
            whitener = 1.0 / xp.sqrt(stacked)
            halves = self.dimensions * xp.sum(xp.log(whitener), axis=-1)  # log|G|, (K,) or (1,)
        offset = xp.log(weights) + (halves - 0.5 * self.d * math.log(2.0 * math.pi))
        if self.is_jittered:
            offset = offset - 0.5 * self.mean_squares(whitener, self.jitter)
        if not self.is_density:  # zero, or no number if a determinant is none
            return _Mixture(weights, means, stacked, whitener, offset, halves, xp.sum(0.0 * halves))
        squares = self.mean_squares(whitener, self.scale)
        each = self.pseudo_rows * halves - 0.5 * squares
        if self.likeness:
            each = each - 0.5 * self.likeness * self.d * xp.log(squares / self.d)
        return _Mixture(weights, means, stacked, whitener, offset, squares, self.shared * xp.sum(each))

    def mean_squares(self, whitener: Array, covariance: Array) -> Array:
        """Give tr(C G^T G), (K,) or (1,)."""
        xp = self.xp
        if self.structure.is_matrix:
            colored = whitener @ covariance if covariance.ndim == 2 else whitener * covariance
            return xp.sum(colored * whitener, axis=(-2, -1))
        return self.dimensions * xp.sum(covariance * whitener * whitener, axis=-1)

    def maximized(self, sums: SufficientStatistics, before: _Mixture) -> _Mixture:
        """Take the M step from sums around the means before it (Bishop 2006, eqs. 9.24 to 9.27, with the prior)."""
        xp, count, shift = self.xp, sums.count, sums.shift
        total, one = xp.sum(count), (slice(None),) + (None,) * (before.covariances.ndim - 1)  # a number for each
        move = shift / xp.clip(count, min=TINY)[:, None]
        rows = total[None] if self.structure.is_shared else count
        if self.is_spread:
            rows = xp.clip(rows, min=FEWEST)
        scatter = self.stacked(sums.scatter) - self.outer(shift, move)
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
        return self.mixture(count / total, before.means + move, covariances)

    def outer(self, shift: Array, move: Array) -> Array:
        """Give what the scatter around the means is less."""
        xp = self.xp
        if self.structure.is_shared:
            return (xp.matrix_transpose(shift) @ move)[None, :, :]
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
    >>> from mixfold.engines.device_loop import inverse_factors
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
    >>> from mixfold.engines.device_loop import inverse_of_lower
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
