"""The reference engine, in plain array expressions.

The same lines run on NumPy arrays, where they are the oracle that other engines are tested against, and on PyTorch
tensors on any device. Each function is the formula of `Potentials` and `SufficientStatistics` written out; the only
device is that a block of rows is small enough for its (K, n, D) differences to stay in cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, final

import array_api_compat
import numpy as np

from mixfold.engines.abstract import Assignment
from mixfold.engines.known import KnownRows
from mixfold.engines.squares import MULTIPLIED_OUT, Squares
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.segments import tree_sum
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.sums import Extent, kept
from mixfold.typing import Array, FloatArray
from mixfold.validation import on_host

BLOCK_ELEMENTS = 1 << 17
"""Elements of the (K, n, D) differences of one block on a CPU: 1 MiB of float64, about the size of a level-2 cache."""
DEVICE_BLOCK_ELEMENTS = 1 << 26
"""The same on an accelerator, which needs large blocks to be busy: 512 MiB of float64."""
WIDE_FEATURES = 128
"""From so many on, squares of diagonal covariances are multiplied out where nothing is lost (squares.py)."""
SUMMED_TOGETHER = 4096
"""Rows whose products are added up in the rows' own type, one group beside the other; groups are added in float64."""


@final
@dataclass(frozen=True, slots=True)
class ArrayEngine:
    """Array API standard: NumPy and PyTorch, CPU or GPU.

    Attributes
    ----------
    wide_features : int
        From how many on squares of diagonal covariances are multiplied out.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.potentials import Potentials
    >>> rows = np.array([[0.0], [1.0], [9.0]])
    >>> potentials = Potentials.nearest(np.array([[0.0], [9.0]]))
    >>> ArrayEngine().labels(rows, potentials)
    array([0, 0, 1])
    """

    name: ClassVar[str] = "array"
    wide_features: int = WIDE_FEATURES

    @property
    def batch(self) -> None:
        """Nothing: what a call costs is little of what its arithmetic does."""

    @property
    def device(self) -> Self:
        """Itself."""
        return self

    def accepts(self, values: Array) -> bool:
        """Any array of real floating numbers that follows the array API standard."""
        return bool(array_api_compat.is_array_api_obj(values)) and _dtype_name(values) in {"float32", "float64"}

    def statistics(
        self,
        rows: Rows,
        potentials: Potentials,
        structure: Structure,
        assignment: Assignment = Assignment.SOFT,
        known: KnownRows | None = None,  # noqa: ARG002  (it computes all pairs)
    ) -> SufficientStatistics:
        """Give the expected statistics of the rows under the potentials."""
        on_device = _Device(rows.values, potentials.center, potentials, potentials.basis(structure))
        self._multiply_out(on_device, structure)
        return on_device.total(_expected(on_device, rows, structure, assignment))

    def sums_there(
        self, rows: Rows, potentials: Potentials, structure: Structure, n_starts: int = 1
    ) -> SufficientStatistics:
        """Give the statistics of complete rows, where potentials and sums are float64 arrays beside the rows."""
        on_device = _Device(rows.values, potentials.center, potentials)
        self._multiply_out(on_device, structure)
        return tree_sum(_expected(on_device, rows, structure, Assignment.SOFT, n_starts))

    def moments(
        self, rows: Rows, responsibilities: Array, center: FloatArray, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics of the rows under given responsibilities, around `center`."""
        values, weights = rows.values, rows.weights
        on_device = _Device(values, center, basis=Potentials.nearest(center).basis(structure))

        def block(part: slice) -> SufficientStatistics:
            shares = on_device.xp.matrix_transpose(on_device.here(responsibilities[part, ...]))
            weight = None if weights is None else weights[part]
            return on_device.sums(on_device.difference(values[part, ...]), shares, weight, structure)

        return on_device.total(map(block, on_device.blocks(values)))

    def log_density(self, values: Array, potentials: Potentials) -> Array:
        """Log of the summed exponentials of the scores, (n,)."""

        def block(xp: Any, scores: Array) -> Array:
            best = xp.max(scores, axis=0)
            return best + xp.log(xp.sum(xp.exp(scores - best), axis=0))

        return self._per_block(values, potentials, block)

    def responsibilities(self, values: Array, potentials: Potentials) -> Array:
        """Softmax of the scores over components, (n, K)."""

        def block(xp: Any, scores: Array) -> Array:
            shares = xp.exp(scores - xp.max(scores, axis=0))
            shares = shares / xp.sum(shares, axis=0)
            return xp.matrix_transpose(shares[: potentials.n_components, :])

        return self._per_block(values, potentials, block)

    def scores(self, values: Array, potentials: Potentials) -> Array:
        """Scores of the components, (n, K)."""
        k = potentials.n_components
        return self._per_block(values, potentials, lambda xp, scores: xp.matrix_transpose(scores[:k, :]))

    def labels(self, values: Array, potentials: Potentials) -> Array:
        """Index of the highest score, (n,), the first among equals; -1 where the background's is higher."""

        def block(xp: Any, scores: Array) -> Array:
            index = xp.argmax(scores, axis=0)
            return xp.where(index < potentials.n_components, index, -1) if potentials.has_background else index

        return self._per_block(values, potentials, block)

    def _per_block(self, rows: Array, potentials: Potentials, function: Callable[[Any, Array], Array]) -> Array:
        on_device = _Device(rows, potentials.center, potentials)
        self._multiply_out(on_device, potentials.structure)
        parts = [
            function(on_device.xp, on_device.scores(on_device.distance(on_device.difference(rows[part, ...]))))
            for part in on_device.blocks(rows)
        ]
        return parts[0] if len(parts) == 1 else on_device.xp.concat(parts, axis=0)

    def _multiply_out(self, on_device: _Device, structure: Structure) -> None:
        if structure in MULTIPLIED_OUT and on_device.given_center.shape[1] >= self.wide_features:
            on_device.multiply_out()


def _expected(
    on_device: _Device, rows: Rows, structure: Structure, assignment: Assignment, n_starts: int = 1
) -> Iterator[SufficientStatistics]:
    """Give the expected statistics block by block; rows are shared out within the components of each start."""
    values, weights = rows.values, rows.weights

    def block(part: slice) -> SufficientStatistics:
        xp, difference = on_device.xp, on_device.difference(values[part, ...])  # (k, n, d)
        distance = on_device.distance(difference)  # (k, n)
        scores = on_device.scores(distance)  # (k, n), and the background's
        if n_starts > 1:
            scores = xp.reshape(scores, (n_starts, -1, scores.shape[1]))  # (s, k / s, n)
        best = xp.max(scores, axis=-2, keepdims=True)
        if assignment is Assignment.HARD:
            index = xp.arange(scores.shape[0], device=on_device.device)
            shares = xp.astype(xp.argmax(scores, axis=0)[None, :] == index[:, None], scores.dtype)
            log_density, log_best = best[..., 0, :], None
        else:
            shares = xp.exp(scores - best)
            total = xp.sum(shares, axis=-2, keepdims=True)
            shares = shares / total
            log_best = -xp.log(total)
            log_density = (best - log_best)[..., 0, :]
            log_best = log_best[..., 0, :]
        shares = xp.reshape(shares, (-1, shares.shape[-1]))
        weight = None if weights is None else weights[part]
        of_components = shares[: distance.shape[0], :]
        return on_device.sums(difference, of_components, weight, structure, log_density, log_best, distance)

    return map(block, on_device.blocks(values))


class _Device:
    """Centers, potentials and the basis of a scatter, brought to the library, dtype and device of the rows."""

    def __init__(
        self, rows: Array, center: FloatArray, potentials: Potentials | None = None, basis: FloatArray | None = None
    ) -> None:
        self.xp = array_api_compat.array_namespace(rows)
        self.device = array_api_compat.device(rows)
        self.dtype = rows.dtype
        # Sums are made in float64, which Apple's devices have not.
        self.wide = rows.dtype if str(self.device).startswith("mps") else self.xp.float64
        self.given_center = center
        # The centers in two parts, so that x - m is exact to the rows' own precision even when m needs more of it.
        self.center = self.here(center)[:, None, :]  # (k, 1, d)
        self.center_rest = self.rest_of(center)
        if potentials is not None:
            self.offset = self.here(potentials.offset)[:, None]  # (k, 1)
            self.structure = potentials.structure
            self.given_whitener, self.whitener = potentials.whitener, self.here(potentials.whitener)
            self.background = potentials.background if potentials.has_background else None
            self.degrees = None if potentials.degrees is None else self.here(potentials.degrees)[:, None]  # (k, 1)
        self.squares: Squares | None = None
        self.host_basis = basis
        self.basis = None if basis is None else self.here(basis)  # (k, d, r)

    def multiply_out(self) -> None:
        """Ask for squares that are multiplied out, where these potentials allow it."""
        if self.wide is self.xp.float64:
            centers, whitener = map(self.in_double, (self.given_center, self.given_whitener))
            self.squares = Squares.of(centers, whitener, self.structure, self.xp)

    def in_double(self, values: Array) -> Array:
        return self.xp.asarray(values, dtype=self.wide, device=self.device)

    def here(self, values: Array) -> Array:
        return self.xp.asarray(values, dtype=self.dtype, device=self.device)

    def rest_of(self, center: Array) -> Array | None:
        if isinstance(center, np.ndarray):
            rest = center - to_numpy(self.center[:, 0, :])
            return self.here(rest)[:, None, :] if np.any(rest) else None
        if self.dtype == center.dtype:
            return None
        return self.here(center - self.xp.astype(self.center[:, 0, :], center.dtype))[:, None, :]

    def blocks(self, rows: Array) -> Iterator[slice]:
        budget = BLOCK_ELEMENTS if str(self.device) == "cpu" else DEVICE_BLOCK_ELEMENTS
        k, d = self.given_center.shape
        size = max(16, budget // ((k * d if self.squares is None else k + d) or 1))
        size -= size % SUMMED_TOGETHER if size > SUMMED_TOGETHER else 0  # whole groups need no copy
        n = int(rows.shape[0])
        for start in range(0, max(n, 1), size):
            yield slice(start, min(start + size, n))

    def difference(self, rows: Array) -> Array:
        if self.squares is not None:
            return self.squares.difference(rows)  # (n, d)
        difference = rows[None, :, :] - self.center  # (k, n, d)
        if self.center_rest is not None:
            difference -= self.center_rest
        return difference

    def distance(self, difference: Array) -> Array:
        """Give the squared distances, (k, n)."""
        # A row so far away that its distance overflows is equally far from all: its score stays finite.
        ceiling = self.xp.finfo(self.dtype).max / 4
        with np.errstate(over="ignore", invalid="ignore"):
            if self.squares is not None:
                distance = self.xp.astype(self.squares.distance(difference), self.dtype)
            else:
                white = self.structure.whitened(difference, self.whitener, self.xp)
                distance = self.xp.vecdot(white, white) if self.structure.rank else self.xp.sum(white * white, axis=-1)
            return self.xp.where(distance < ceiling, distance, ceiling)

    def scores(self, distance: Array) -> Array:
        """Give the scores, (k, n), and after them the background's if there is one."""
        xp, n = self.xp, distance.shape[1]
        if self.degrees is None:
            scores = self.offset - 0.5 * distance
        else:
            d = self.given_center.shape[1]
            scores = self.offset - 0.5 * (self.degrees + d) * self.tail(distance)
        if self.background is None:
            return scores
        return xp.concat([scores, xp.full((1, n), self.background, dtype=self.dtype, device=self.device)], axis=0)

    def tail(self, distance: Array) -> Array:
        """Give log(1 + q / degrees), (k, n)."""
        ceiling = self.xp.finfo(self.dtype).max / 4
        with np.errstate(over="ignore"):
            ratio = distance / self.degrees
        return self.xp.log1p(self.xp.where(ratio < ceiling, ratio, ceiling))

    def sums(
        self,
        difference: Array,
        shares: Array,
        weight: Array | None,
        structure: Structure,
        log_density: Array | None = None,
        log_best: Array | None = None,
        distance: Array | None = None,
    ) -> SufficientStatistics:
        """Add up a block; without log density, log best share and distances where shares are given."""
        with np.errstate(over="ignore", invalid="ignore"):  # infinite sums are for the caller to judge
            xp, n = self.xp, int(shares.shape[1])
            if weight is not None:
                shares = shares * weight
            count, mass, log_mass = xp.sum(shares, axis=1, dtype=self.wide), None, None
            if distance is not None and self.degrees is not None:
                d = self.given_center.shape[1]
                log_scale = xp.log1p(d / self.degrees) - self.tail(distance)
                log_mass = xp.sum(shares * log_scale, axis=1, dtype=self.wide)
                shares = shares * ((self.degrees + d) / (self.degrees + distance))
                mass = xp.sum(shares, axis=1, dtype=self.wide)
            if self.basis is None:
                shift, scatter = self.moments(difference, shares, structure)
            else:
                shift, scatter = self.projected_moments(difference, shares, self.basis)
            return SufficientStatistics(
                self.given_center,
                count,
                shift,
                scatter,
                structure,
                self.weighted_sum(log_density, weight),
                n,
                float(n) if weight is None else xp.sum(weight, dtype=self.wide),
                basis=self.host_basis,
                log_best_share=self.weighted_sum(log_best, weight),
                mass=mass,
                log_mass=log_mass,
            )

    def weighted_sum(self, values: Array | None, weight: Array | None) -> Any:
        """Add up what is said of each row; nothing is zero."""
        if values is None:
            return 0.0
        return self.xp.sum(values if weight is None else values * weight, axis=-1, dtype=self.wide)

    def total(self, blocks: Iterator[SufficientStatistics]) -> SufficientStatistics:
        """Add up the sums of blocks in float64: on the device, which waits each time that it is asked, if it can."""
        if self.wide is self.xp.float64:
            return self.on_host(tree_sum(blocks))
        return tree_sum(map(self.on_host, blocks))

    def on_host(self, sums: SufficientStatistics) -> SufficientStatistics:
        """Bring sums from the device."""
        brought: dict[str, Any] = {}
        for one in kept(with_degrees=sums.mass is not None):
            value = getattr(sums, one.name)
            brought[one.name] = float(value) if one.extent is Extent.NUMBER else to_numpy(value)
        return replace(sums, **brought)

    def moments(self, difference: Array, shares: Array, structure: Structure) -> tuple[Array, Array]:
        if self.squares is not None:
            return self.squares.moments(difference, shares, structure)
        xp = self.xp
        weighted = shares[:, :, None] * difference  # (k, n, d)
        shift = xp.sum(weighted, axis=1, dtype=self.wide)
        return shift, structure.summed(weighted, difference, self.products, xp, self.wide)

    def projected_moments(self, difference: Array, shares: Array, basis: Array) -> tuple[Array, Array]:
        # Matrix products alone: the squares of the differences are all that is made of their size.
        xp, weights = self.xp, shares[:, :, None]  # (k, n, 1)
        products = self.products(difference, weights * (difference @ basis))  # (k, d, r)
        squares = difference * difference
        if np.max(np.abs(self.given_center)) > 0.5 * float(xp.finfo(self.dtype).max) ** 0.5:
            # From a center so far away squares are infinite, of which a share of zero is zero.
            squares = xp.where(weights > 0.0, squares, xp.zeros_like(squares))
        diagonal = self.products(squares, weights)  # (k, d, 1)
        return self.products(weights, difference)[:, 0, :], xp.concat([diagonal, products], axis=-1)

    def products(self, left: Array, right: Array) -> Array:
        """Sum the products left_n right_n^T over rows: (k, n, p) and (k, n, q) give (k, p, q)."""
        xp, (k, n, _) = self.xp, left.shape
        whole = n - n % SUMMED_TOGETHER
        total = xp.astype(xp.matrix_transpose(left[:, whole:, :]) @ right[:, whole:, :], self.wide)
        if whole:
            groups = [xp.reshape(part[:, :whole, :], (k, -1, SUMMED_TOGETHER, part.shape[2])) for part in (left, right)]
            total += xp.sum(xp.matrix_transpose(groups[0]) @ groups[1], axis=1, dtype=self.wide)
        return total


def _dtype_name(rows: Array) -> str:
    return str(rows.dtype).rpartition(".")[2]


def to_numpy(array: Array) -> FloatArray:
    """Bring an array of any library and device to NumPy float64 on the host.

    Parameters
    ----------
    array : array of any library

    Returns
    -------
    array : ndarray of float64

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import to_numpy
    >>> to_numpy(np.array([1, 2], dtype=np.int8)).dtype
    dtype('float64')
    """
    return np.asarray(on_host(array), dtype=np.float64)
