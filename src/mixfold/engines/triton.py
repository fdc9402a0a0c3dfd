"""The engine for PyTorch tensors on a GPU: two kernels in Triton, which read the rows and little else.

In plain array expressions (array.py) a pass writes and reads arrays of size (n, K, D) about ten times, and a GPU waits
for its memory. Triton comes with PyTorch where that has CUDA. Without it, and for gradients, factors and wide rows, the
array engine computes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, reduce
from importlib.util import find_spec
from typing import Any, ClassVar, Self, final

import array_api_compat
import numpy as np

from mixfold.engines.abstract import Assignment
from mixfold.engines.array import ArrayEngine, to_numpy
from mixfold.engines.known import KnownRows
from mixfold.engines.launch import Launch, lacks_of, n_processors
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL, Structure
from mixfold.sums import SUMS
from mixfold.typing import Array, FloatArray

COMPUTED = (FULL, POOLED, DIAGONAL, SPHERICAL)
"""The structures that have kernels."""
SCORE_BYTES = 1 << 28
"""Of the scores (n, K) of a block of rows."""
FUSED = False
"""Whether exp(a - b) may become 2^(c a - round(c b)), which is not one where a = b is a far row's large score."""

USUAL = Launch()
"""As measured on an H200."""

_ARRAYS = ArrayEngine()


@final
@dataclass(frozen=True, slots=True)
class TritonEngine:
    """float32 and float64 tensors of PyTorch on a GPU that Triton compiles for.

    float32 rows are multiplied on tensor cores in three parts (tf32x3), which is as exact as float32 arithmetic; their
    sums are float64.

    Attributes
    ----------
    launch : Launch

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import TritonEngine
    >>> TritonEngine().name, TritonEngine().accepts(np.zeros((3, 2)))
    ('triton', False)
    """

    name: ClassVar[str] = "triton"
    launch: Launch = USUAL

    @property
    def batch(self) -> None:
        """Nothing: chunks on a GPU are large."""

    @property
    def device(self) -> Self:
        """Itself."""
        return self

    def accepts(self, values: Array) -> bool:
        """Real floating tensors of PyTorch on a GPU, without gradients, if Triton is there."""
        if not array_api_compat.is_torch_array(values) or values.device.type != "cuda" or values.requires_grad:
            return False
        return _ARRAYS.accepts(values) and _compiles_for(values.device)

    def statistics(
        self,
        rows: Rows,
        potentials: Potentials,
        structure: Structure,
        assignment: Assignment = Assignment.SOFT,
        known: KnownRows | None = None,  # noqa: ARG002  (it computes all pairs)
    ) -> SufficientStatistics:
        """Give the expected statistics of the rows under the potentials."""
        if structure not in COMPUTED or not self._computes(potentials):
            return _ARRAYS.statistics(rows, potentials, structure, assignment)
        here = self._here(rows.values, potentials.center, potentials)
        return here.statistics(here.expected(rows.weights, structure, assignment), structure, rows.weights)

    def sums_there(
        self, rows: Rows, potentials: Potentials, structure: Structure, n_starts: int = 1
    ) -> SufficientStatistics:
        """Give the statistics of complete rows, where potentials and sums are float64 arrays beside the rows."""
        if not self._computes(potentials):
            return _ARRAYS.sums_there(rows, potentials, structure, n_starts)
        here = self._here(rows.values, potentials.center, potentials, n_starts)
        return here.sums_there(here.expected(rows.weights, structure, Assignment.SOFT), structure, rows.weights)

    def moments(
        self, rows: Rows, responsibilities: Array, center: FloatArray, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics of the rows under given responsibilities, around `center`."""
        if structure not in COMPUTED or center.shape[1] > self.launch.most_features:
            return _ARRAYS.moments(rows, responsibilities, center, structure)
        here, weights = self._here(rows.values, center), rows.weights
        shares = here.here(responsibilities)

        def parts(block: slice) -> list[Array]:
            weight = None if weights is None else weights[block]
            return [*here.sums(block, weight, structure, shares[block].T), *here.center.new_zeros(2)]

        return here.statistics(parts, structure, weights)

    def log_density(self, values: Array, potentials: Potentials) -> Array:
        """Log of the summed exponentials of the scores, (n,)."""
        if not self._computes(potentials):
            return _ARRAYS.log_density(values, potentials)
        return self._here(values, potentials.center, potentials).scores(slice(None), hard=False, keep=False).log_density

    def responsibilities(self, values: Array, potentials: Potentials) -> Array:
        """Softmax of the scores over components, (n, K)."""
        if not self._computes(potentials):
            return _ARRAYS.responsibilities(values, potentials)
        here = self._here(values, potentials.center, potentials)
        scores = here.torch.empty((len(values), potentials.n_components), dtype=values.dtype, device=values.device)
        scored = here.scores(slice(None), hard=False, keep=True, out=scores.T)
        return scores.sub_(scored.best[:, None]).exp_().div_(scored.total[:, None])

    def scores(self, values: Array, potentials: Potentials) -> Array:
        """Scores of the components, (n, K)."""
        if not self._computes(potentials):
            return _ARRAYS.scores(values, potentials)
        here = self._here(values, potentials.center, potentials)
        scores = here.torch.empty((len(values), potentials.n_components), dtype=values.dtype, device=values.device)
        here.scores(slice(None), hard=False, keep=True, out=scores.T)
        return scores

    def labels(self, values: Array, potentials: Potentials) -> Array:
        """Index of the highest score, (n,), the first among equals; -1 where the background's is higher."""
        if not self._computes(potentials):
            return _ARRAYS.labels(values, potentials)
        return self._here(values, potentials.center, potentials).scores(slice(None), hard=True, keep=False).labels

    def _computes(self, potentials: Potentials) -> bool:
        return potentials.structure in COMPUTED and potentials.n_features <= self.launch.most_features

    def _here(self, rows: Array, *of: Any) -> _Here:
        return _Here(self.launch, rows, *of)


@cache
def _compiles_for(device: Any) -> bool:
    import torch  # noqa: PLC0415  (optional extra)

    if torch.version.cuda is None:  # AMD's devices are "cuda" too
        return False
    lacks = lacks_of(torch.cuda.get_device_capability(device), has_triton=find_spec("triton") is not None)
    if lacks:
        _warn_of_arrays(device, lacks)
    return not lacks and _launches(device)


def _warn_of_arrays(device: Any, reason: str) -> None:
    message = f"Triton cannot compute on {device}, so that PyTorch does, several times slower: {reason}"
    warnings.warn(message, RuntimeWarning, stacklevel=2)


def _launches(device: Any) -> bool:
    """Try a kernel: Triton compiles with the C compiler of the machine, which may have none."""
    import torch  # noqa: PLC0415  (optional extra)

    try:
        rows, one = torch.zeros((1, 1), device=device), np.zeros((1, 1))
        here = _Here(USUAL, rows, one, Potentials.nearest(one))
        here.scores(slice(None), hard=True, keep=False)
    except Exception as error:  # noqa: BLE001  (whatever a compiler says, the array engine computes)
        advice = "Install a C compiler and Python's headers, or the Triton that belongs to this PyTorch."
        _warn_of_arrays(device, f"{error!r}. {advice}")
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Scored:
    """What is known of a block of rows: scores (K, n), if they were kept, and of every row the best and the rest.

    Attributes
    ----------
    scores : tensor of shape (n_components, n), or none of them
    best : tensor of shape (n,)
    total : tensor of shape (n,)
        Sum over components of exp(score - best), or one.
    labels : tensor of shape (n,), or none of them
        The component of the best score, if that takes the whole row; -1 where it is the background's.
    scales : tensor of shape (n_components, n) or None
        How many times a share counts in shift and scatter; with degrees of freedom.
    """

    scores: Array
    best: Array
    total: Array
    labels: Array
    scales: Array | None

    @property
    def log_density(self) -> Array:
        return self.best + self.total.log()


class _Here:
    """Rows on their device, and centers and whiteners beside them."""

    def __init__(
        self, launch: Launch, rows: Array, center: FloatArray, potentials: Potentials | None = None, n_starts: int = 1
    ) -> None:
        import torch  # noqa: PLC0415  (optional extra)

        from mixfold.engines import triton_kernels  # noqa: PLC0415  (needs Triton)

        self.torch, self.kernels, self.rows, self.given_center = torch, triton_kernels, rows, center
        self.launch, self.n_starts, self.n_each = launch, n_starts, len(center) // n_starts
        brought = [center]
        if potentials is not None:
            brought += [potentials.offset, potentials.whitener]
            brought += [] if potentials.degrees is None else [potentials.degrees]
        self.center, self.rest, *parts = self.brought(brought) if isinstance(center, np.ndarray) else self.near(brought)
        self.n_padded = max(16, 1 << (center.shape[1] - 1).bit_length())
        self.precision = launch.precision if rows.dtype == torch.float32 else "ieee"
        if potentials is not None:
            self.offset, whitener = parts[:2]
            self.degrees = parts[2] if potentials.degrees is not None else None
            self.background = potentials.background if potentials.has_background else None
            self.is_dense = potentials.structure.is_matrix
            k, d = center.shape
            if potentials.structure == SPHERICAL:
                whitener = whitener[:, None]
            # One matrix or number for all is the same memory read again.
            self.whitener = whitener.expand((k, d, d) if self.is_dense else (k, d))

    def brought(self, arrays: list[FloatArray]) -> list[Array]:
        """Bring arrays from the host, and after the first what its type could not hold of it."""
        dtype = np.float32 if self.rows.dtype == self.torch.float32 else np.float64
        arrays = [arrays[0], arrays[0] - arrays[0].astype(dtype), *arrays[1:]]
        # One transfer for all: each takes longer than what it brings.
        packed = self.here(np.concatenate([part.ravel() for part in arrays], dtype=dtype))
        parts = packed.split([part.size for part in arrays])
        return [part.reshape(like.shape) for part, like in zip(parts, arrays, strict=True)]

    def near(self, arrays: list[Array]) -> list[Array]:
        """Give the same of arrays that are on the device."""
        center = self.here(arrays[0])
        return [center, self.here(arrays[0] - center.double()), *(self.here(part).contiguous() for part in arrays[1:])]

    def here(self, values: Array) -> Array:
        """Bring values to the type and device of the rows."""
        return self.torch.as_tensor(values, dtype=self.rows.dtype, device=self.rows.device)

    def blocks(self) -> list[slice]:
        """Cut the rows so that their scores fit into `SCORE_BYTES`."""
        size = max(self.launch.group_rows, SCORE_BYTES // (len(self.center) * self.rows.element_size()))
        return [slice(start, start + size) for start in range(0, max(len(self.rows), 1), size)]

    def scores(
        self, block: slice, *, hard: bool, keep: bool, out: Array | None = None, for_sums: bool = False
    ) -> _Scored:
        """Score a block of rows; `keep` all scores, or only what is said of every row."""
        torch, rows, (k, d) = self.torch, self.rows[block], self.center.shape
        n = len(rows)
        room = {"dtype": rows.dtype, "device": rows.device}
        scores = torch.empty((k, n if keep else 0), **room) if out is None else out
        best, total = torch.empty((2, n) if self.n_starts == 1 else (2, self.n_starts, n), **room)
        labels = torch.empty(self.n_starts * n if hard else 0, dtype=torch.int64, device=rows.device)
        scales = torch.empty((k, n), **room) if for_sums and self.degrees is not None else None
        whitener = self.whitener
        strides = whitener.stride() if self.is_dense else (*whitener.stride(), 0)
        n_tile, n_warps = self.launch.of_scores(self.n_padded)
        score_rows = self.kernels.score_rows[(max(1, -(-n // n_tile)), self.n_starts)]
        with torch.cuda.device_of(rows):
            score_rows(
                rows, *rows.stride(), self.center, self.rest, whitener, *strides, self.offset,
                scores, scores.stride(1), scores.stride(0), best, total, labels,
                rows if self.degrees is None else self.degrees, rows if scales is None else scales, n, d, self.n_each,
                N_TILE=n_tile, D_PADDED=self.n_padded, DENSE=self.is_dense, HARD=hard, KEEP=keep,
                DEGREES=self.degrees is not None, SCALED=scales is not None,
                PRECISION=self.precision, LARGEST=torch.finfo(rows.dtype).max,
                num_warps=n_warps, num_stages=self.launch.stages, enable_fp_fusion=FUSED,
            )  # fmt: skip
        if self.background is None:
            return _Scored(scores, best, total, labels, scales)
        higher = best.clamp(min=self.background)
        if hard:
            labels = torch.where(best < self.background, -1, labels)
        else:
            total = total * (best - higher).exp() + (self.background - higher).exp()
        return _Scored(scores, higher, total, labels, scales)

    def sums(self, block: slice, weights: Array | None, structure: Structure, shares: Array | _Scored) -> list[Array]:
        """Give the sums of a block of rows under shares, (K, n) or of scores: float64, on the device.

        Count, shift and scatter; with degrees of freedom mass and log mass, too.
        """
        torch, rows, (k, d) = self.torch, self.rows[block], self.center.shape
        is_dense = structure.is_matrix
        launch, size = self.launch, self.launch.group_rows
        n_tile, n_warps = launch.of_sums(self.n_padded, rows.element_size(), is_matrix=is_dense)
        n_groups = max(1, -(-len(rows) // size))
        n_spans = max(1, min(n_groups, launch.programs * n_processors(rows.device) // k))
        n_span = -(-n_groups // n_spans) * size
        n_spans = -(-n_groups * size // n_span)
        room = {"dtype": torch.float64, "device": rows.device}
        count, shift = torch.empty((n_spans, k), **room), torch.empty((n_spans, k, d), **room)
        scatter = torch.empty((n_spans, k, d, d) if is_dense else (n_spans, k, d), **room)
        kind, nothing = "given", rows  # a pointer that is not followed
        best = total = labels = nothing
        scales = shares.scales if isinstance(shares, _Scored) else None
        masses = torch.empty((2, n_spans if scales is not None else 0, k), **room)
        if isinstance(shares, _Scored):
            kind = "labels" if len(shares.labels) else "scores"
            shares, best, total, labels = shares.scores, shares.best, shares.total, shares.labels
        sum_rows = self.kernels.sum_rows[(n_spans * k,)]
        with torch.cuda.device_of(rows):
            sum_rows(
                rows, *rows.stride(), self.center, self.rest, shares, shares.stride(1), shares.stride(0),
                best, total, labels, nothing if weights is None else self.here(weights).contiguous(),
                nothing if scales is None else scales,
                count, shift, scatter, masses[0], masses[-1], len(rows), d, k, self.n_each, n_span,
                N_TILE=n_tile, D_PADDED=self.n_padded, DENSE=is_dense, SHARES=kind, WEIGHTED=weights is not None,
                DEGREES=scales is not None, GROUP=size // n_tile, PRECISION=self.precision, SKIPS=launch.skips,
                LATE=launch.is_late and not is_dense,
                num_warps=n_warps, num_stages=launch.stages, enable_fp_fusion=FUSED,
            )  # fmt: skip
        scatter = scatter.sum((0, 1) if structure == POOLED else 0)
        if is_dense:
            scatter = (scatter + scatter.mT) / 2  # the two halves were rounded apart
        sums = [count.sum(0), shift.sum(0), scatter.sum(-1) if structure == SPHERICAL else scatter]
        return sums if scales is None else [*sums, *masses.sum(1)]

    def expected(
        self, weights: Array | None, structure: Structure, assignment: Assignment
    ) -> Callable[[slice], list[Array]]:
        """Give what makes the sums of a block, its log-likelihood and its best shares, of rows under their scores."""
        hard = assignment is Assignment.HARD

        def parts(block: slice) -> list[Array]:
            scored = self.scores(block, hard=hard, keep=not hard, for_sums=True)
            weight = None if weights is None else weights[block]
            of_rows = [scored.log_density, -scored.total.log()]
            numbers = [(one if weight is None else one * weight).double().sum(-1) for one in of_rows]
            return [*self.sums(block, weight, structure, scored), *numbers]

        return parts

    def sums_there(
        self, parts: Callable[[slice], list[Array]], structure: Structure, weights: Array | None
    ) -> SufficientStatistics:
        """Add up the parts of all blocks, on the device."""
        total = reduce(lambda one, other: [a + b for a, b in zip(one, other, strict=True)], map(parts, self.blocks()))
        count, shift, scatter, *masses, log_likelihood, log_best_share = (part.double() for part in total)
        n, (k, d) = len(self.rows), self.given_center.shape
        mass, log_mass = masses or (None, None)
        return SufficientStatistics(
            center=self.given_center,
            count=count,
            shift=shift,
            scatter=scatter.reshape(structure.shape(k, d)),
            structure=structure,
            log_likelihood=log_likelihood,
            n_rows=n,
            weight=float(n) if weights is None else weights.double().sum(),
            log_best_share=log_best_share,
            mass=mass,
            log_mass=log_mass,
        )

    def statistics(
        self, parts: Callable[[slice], list[Array]], structure: Structure, weights: Array | None
    ) -> SufficientStatistics:
        """Bring them to the host, in one transfer."""
        there = self.sums_there(parts, structure, weights)
        kept = [one.name for one in SUMS if self.torch.is_tensor(getattr(there, one.name))]
        tensors = [getattr(there, name) for name in kept]
        flat = to_numpy(self.torch.cat([tensor.ravel() for tensor in tensors]))
        ends = np.cumsum([tensor.numel() for tensor in tensors])[:-1]
        home = [part.reshape(tensor.shape) for part, tensor in zip(np.split(flat, ends), tensors, strict=True)]
        sums: dict[str, Any] = {name: part if part.ndim else float(part) for name, part in zip(kept, home, strict=True)}
        return replace(there, **sums)
