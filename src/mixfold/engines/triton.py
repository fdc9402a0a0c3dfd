"""The engine for PyTorch tensors on a GPU: two kernels in Triton, which read the rows and little else.

In plain array expressions (array.py) a pass writes and reads arrays of size (n, K, D) about ten times, and a GPU waits
for its memory. Triton comes with PyTorch where that has CUDA. Without it, and for gradients, factors and wide rows, the
array engine computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, reduce
from importlib.util import find_spec
from typing import Any, ClassVar, final

import array_api_compat
import numpy as np
import numpy.typing as npt

from mixfold.engines.abstract import Assignment
from mixfold.engines.array import ArrayEngine, to_numpy
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structure import Structure
from mixfold.typing import Array, FloatArray

MOST_FEATURES = 64
"""Above, a component's matrix does not fit into the registers of a program beside its scatter."""
OLDEST = (8, 0)
"""Compute capability from which GPUs have the tensor cores that float32 is multiplied on."""
SCORE_BYTES = 1 << 28
"""Of the scores (n, K) of a block of rows."""
PROGRAMS = 16
"""Programs that sum rows, for each processor of the GPU."""
GROUP_ROWS = 1024
"""Rows whose sums are made in the rows' own type."""

_ARRAYS = ArrayEngine()


@final
@dataclass(frozen=True, slots=True)
class TritonEngine:
    """float32 and float64 tensors of PyTorch on a GPU that Triton compiles for.

    float32 rows are multiplied on tensor cores in three parts (tf32x3), which is as exact as float32 arithmetic; their
    sums are float64.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import TritonEngine
    >>> TritonEngine().name, TritonEngine().accepts(np.zeros((3, 2)))
    ('triton', False)
    """

    name: ClassVar[str] = "triton"

    @property
    def wholesale(self) -> None:
        """Nothing: chunks on a GPU are large."""

    def accepts(self, rows: Array) -> bool:
        """Real floating tensors of PyTorch on a GPU, without gradients, if Triton is there."""
        if not array_api_compat.is_torch_array(rows) or rows.device.type != "cuda" or rows.requires_grad:
            return False
        return _ARRAYS.accepts(rows) and _compiles_for(rows.device)

    def statistics(
        self,
        rows: Array,
        weights: Array | None,
        potentials: Potentials,
        structure: Structure,
        assignment: Assignment = Assignment.SOFT,
        guesses: npt.NDArray[np.int32] | None = None,  # noqa: ARG002  (it computes all pairs)
    ) -> SufficientStatistics:
        """Give the expected statistics of the rows under the potentials."""
        if structure.rank or not _is_computed(potentials):
            return _ARRAYS.statistics(rows, weights, potentials, structure, assignment)
        here, hard = _Here(rows, potentials.center, potentials), assignment is Assignment.HARD

        def parts(block: slice) -> list[Array]:
            scores, log_density, labels = here.scores(block, hard=hard, keep=not hard)
            weight = None if weights is None else weights[block]
            kind = "labels" if hard else "scores"
            sums = here.sums(block, weight, structure, kind, scores, log_density, labels)
            density = log_density if weight is None else log_density * weight
            return [*sums, density.double().sum()]

        return here.statistics(parts, structure, weights)

    def moments(
        self, rows: Array, weights: Array | None, responsibilities: Array, center: FloatArray, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics of the rows under given responsibilities, around `center`."""
        if structure.rank or center.shape[1] > MOST_FEATURES:
            return _ARRAYS.moments(rows, weights, responsibilities, center, structure)
        here = _Here(rows, center)
        shares = here.here(responsibilities)

        def parts(block: slice) -> list[Array]:
            weight = None if weights is None else weights[block]
            return [*here.sums(block, weight, structure, "given", shares[block].T), here.torch.zeros(())]

        return here.statistics(parts, structure, weights)

    def log_density(self, rows: Array, potentials: Potentials) -> Array:
        """Log of the summed exponentials of the scores, (n,)."""
        if not _is_computed(potentials):
            return _ARRAYS.log_density(rows, potentials)
        return _Here(rows, potentials.center, potentials).scores(slice(None), hard=False, keep=False)[1]

    def responsibilities(self, rows: Array, potentials: Potentials) -> Array:
        """Softmax of the scores over components, (n, K)."""
        if not _is_computed(potentials):
            return _ARRAYS.responsibilities(rows, potentials)
        here = _Here(rows, potentials.center, potentials)
        scores = here.torch.empty((len(rows), potentials.n_components), dtype=rows.dtype, device=rows.device)
        _, log_density, _ = here.scores(slice(None), hard=False, keep=True, out=scores.T)
        scores -= log_density[:, None]
        return here.torch.exp_(scores)

    def labels(self, rows: Array, potentials: Potentials) -> Array:
        """Index of the highest score, (n,), the first among equals."""
        if not _is_computed(potentials):
            return _ARRAYS.labels(rows, potentials)
        return _Here(rows, potentials.center, potentials).scores(slice(None), hard=True, keep=False)[2]


@cache
def _compiles_for(device: Any) -> bool:
    import torch  # noqa: PLC0415  (optional extra)

    is_nvidia = torch.version.cuda is not None  # AMD's are "cuda" too
    return is_nvidia and find_spec("triton") is not None and torch.cuda.get_device_capability(device) >= OLDEST


def _is_computed(potentials: Potentials) -> bool:
    return not potentials.structure.rank and potentials.n_features <= MOST_FEATURES


class _Here:
    """Rows on their device, and centers and whiteners beside them."""

    def __init__(self, rows: Array, center: FloatArray, potentials: Potentials | None = None) -> None:
        import torch  # noqa: PLC0415  (optional extra)

        from mixfold.engines import triton_kernels  # noqa: PLC0415  (needs Triton)

        self.torch, self.kernels, self.rows, self.host_center = torch, triton_kernels, rows, center
        self.center = self.here(center)
        self.rest = self.here(center - to_numpy(self.center))
        self.n_padded = max(16, 1 << (center.shape[1] - 1).bit_length())
        self.precision = "tf32x3" if rows.dtype == torch.float32 else "ieee"
        if potentials is not None:
            self.offset, whitener = self.here(potentials.offset), self.here(potentials.whitener)
            self.is_dense = potentials.structure in (Structure.FULL, Structure.POOLED)
            k, d = center.shape
            if potentials.structure is Structure.SPHERICAL:
                whitener = whitener[:, None]
            # One matrix or number for all is the same memory read again.
            self.whitener = whitener.expand((k, d, d) if self.is_dense else (k, d))

    def here(self, values: Array) -> Array:
        """Bring values to the type and device of the rows."""
        return self.torch.as_tensor(values, dtype=self.rows.dtype, device=self.rows.device)

    def blocks(self) -> list[slice]:
        """Cut the rows so that their scores fit into `SCORE_BYTES`."""
        size = max(GROUP_ROWS, SCORE_BYTES // (len(self.center) * self.rows.element_size()))
        return [slice(start, start + size) for start in range(0, max(len(self.rows), 1), size)]

    def scores(self, block: slice, *, hard: bool, keep: bool, out: Array | None = None) -> tuple[Array, Array, Array]:
        """Give scores (K, n), if they are kept, with the log density and, if hard, the label of every row."""
        torch, rows, (k, d) = self.torch, self.rows[block], self.center.shape
        n = len(rows)
        room = {"dtype": rows.dtype, "device": rows.device}
        scores = torch.empty((k, n if keep else 0), **room) if out is None else out
        log_density = torch.empty(n, **room)
        labels = torch.empty(n if hard else 0, dtype=torch.int64, device=rows.device)
        largest = torch.finfo(rows.dtype).max
        whitener = self.whitener
        strides = whitener.stride() if self.is_dense else (*whitener.stride(), 0)
        n_tile = 64
        score_rows = self.kernels.score_rows[(max(1, -(-n // n_tile)),)]
        with torch.cuda.device_of(rows):
            score_rows(
                rows, *rows.stride(), self.center, self.rest, whitener, *strides, self.offset,
                scores, scores.stride(1), scores.stride(0), log_density, labels, n, d, k, largest / 4, -largest,
                N_TILE=n_tile, D_PADDED=self.n_padded, DENSE=self.is_dense, HARD=hard, KEEP=keep,
                PRECISION=self.precision, num_warps=self.n_padded // 16, enable_fp_fusion=True,
            )  # fmt: skip
        return scores, log_density, labels

    def sums(
        self,
        block: slice,
        weights: Array | None,
        structure: Structure,
        kind: str,
        shares: Array,
        log_density: Array | None = None,
        labels: Array | None = None,
    ) -> list[Array]:
        """Give count, shift and scatter of a block of rows, float64, on the device."""
        torch, rows, (k, d) = self.torch, self.rows[block], self.center.shape
        is_dense = structure in (Structure.FULL, Structure.POOLED)
        # As measured: what a program holds of rows and sums has to fit into its registers.
        n_warps = self.n_padded // 16 if is_dense else 1
        n_tile = 32 if self.n_padded * rows.element_size() > (256 if is_dense else 64) else 64
        group = GROUP_ROWS // n_tile
        n_groups = max(1, -(-len(rows) // GROUP_ROWS))
        n_spans = max(1, min(n_groups, PROGRAMS * _n_processors(rows.device) // k))
        n_span = -(-n_groups // n_spans) * GROUP_ROWS
        n_spans = -(-n_groups * GROUP_ROWS // n_span)
        room = {"dtype": torch.float64, "device": rows.device}
        count, shift = torch.empty((n_spans, k), **room), torch.empty((n_spans, k, d), **room)
        scatter = torch.empty((n_spans, k, d, d) if is_dense else (n_spans, k, d), **room)
        nothing = rows  # a pointer that is not followed
        sum_rows = self.kernels.sum_rows[(n_spans * k,)]
        with torch.cuda.device_of(rows):
            sum_rows(
                rows, *rows.stride(), self.center, self.rest, shares, shares.stride(1), shares.stride(0),
                nothing if log_density is None else log_density, nothing if labels is None else labels,
                nothing if weights is None else self.here(weights).contiguous(),
                count, shift, scatter, len(rows), d, k, n_span,
                N_TILE=n_tile, D_PADDED=self.n_padded, DENSE=is_dense, SHARES=kind, WEIGHTED=weights is not None,
                GROUP=group, PRECISION=self.precision, num_warps=n_warps, enable_fp_fusion=True,
            )  # fmt: skip
        scatter = scatter.sum((0, 1) if structure is Structure.POOLED else 0)
        return [count.sum(0), shift.sum(0), scatter.sum(-1) if structure is Structure.SPHERICAL else scatter]

    def statistics(
        self, parts: Callable[[slice], list[Array]], structure: Structure, weights: Array | None
    ) -> SufficientStatistics:
        """Add up count, shift, scatter and log-likelihood of all blocks, and bring them to the host."""
        total = reduce(lambda one, other: [a + b for a, b in zip(one, other, strict=True)], map(parts, self.blocks()))
        count, shift, scatter, log_likelihood = (to_numpy(part) for part in total)
        n = len(self.rows)
        weight = float(n) if weights is None else float(weights.double().sum())
        return SufficientStatistics(
            self.host_center, count, shift, scatter, structure, float(log_likelihood), n, weight
        )


@cache
def _n_processors(device: Any) -> int:
    import torch  # noqa: PLC0415  (optional extra)

    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 4
