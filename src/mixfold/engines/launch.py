"""How kernels for GPUs are launched: sizes and ways of which a card may like one or the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

OLDEST = (8, 0)
"""Compute capability from which GPUs have the tensor cores that float32 is multiplied on."""
Precision: TypeAlias = Literal["tf32", "tf32x3", "ieee", "bf16x3", "bf16x6"]


@dataclass(frozen=True, slots=True)
class Launch:
    """How kernels are launched; results differ by rounding, and with `precision` "tf32" and "bf16x3" by much of it.

    Attributes
    ----------
    precision : str
        How float32 is multiplied: on tensor cores in one product of a shorter type ("tf32"), in several whose sum is
        nearly as exact as float32 ("tf32x3", "bf16x6"), or as float32 ("ieee"). float64 is multiplied as it is.
    score_tile : int
        Rows that a program scores.
    score_warps : int
        Warps that do, or, if zero, one for 16 features.
    sum_tile : int
        Rows that are summed at a time; zero is 64, and 32 where the sums leave few registers.
    sum_warps : int
        Warps that sum; zero is one for 16 features of a matrix, and one without.
    stages : int
        Tiles that are on their way from memory at a time.
    programs : int
        Programs that sum rows, for each processor of the GPU.
    group_rows : int
        Rows whose sums are made in the rows' own type.
    skips : bool
        Whether tiles of which a component has no share are left out: to the same bits.
    most_features : int
        Above, a component's matrix does not fit into the registers of a program beside its scatter, and the array
        engine computes; 128 may, with 16 warps.
    is_late : bool
        Whether sums without a matrix are kept row by row of a tile, and added over these at the end of a group.

    Examples
    --------
    >>> from mixfold.engines.launch import Launch
    >>> Launch(score_tile=128).precision
    'tf32x3'
    """

    precision: Precision = "tf32x3"
    score_tile: int = 64
    score_warps: int = 0
    sum_tile: int = 0
    sum_warps: int = 0
    stages: int = 3
    programs: int = 16
    group_rows: int = 1024
    most_features: int = 64
    skips: bool = False
    is_late: bool = False

    def of_scores(self, n_padded: int) -> tuple[int, int]:
        """Give rows and warps of a program that scores."""
        return self.score_tile, self.score_warps or n_padded // 16

    def of_sums(self, n_padded: int, itemsize: int, *, is_matrix: bool) -> tuple[int, int]:
        """Give rows and warps of a program that sums: what it holds of them has to fit into its registers."""
        # As measured on an H200.
        n_rows = 32 if n_padded * itemsize > (256 if is_matrix else 64) else 64
        return self.sum_tile or n_rows, self.sum_warps or (n_padded // 16 if is_matrix else 1)


def lacks_of(capability: tuple[int, int], *, has_triton: bool) -> str:
    """Say what kernels would need that is not there, and what to do; nothing if they have all.

    Examples
    --------
    >>> from mixfold.engines.launch import lacks_of
    >>> lacks_of((9, 0), has_triton=True)
    ''
    """
    if capability < OLDEST:
        return f"its compute capability is {capability}, below {OLDEST}. Use a card from the A100 or the RTX 30 on."
    return "" if has_triton else "it is not installed. Install the Triton that belongs to this PyTorch."


@cache
def n_processors(device: Any) -> int:
    """Count the processors of a GPU; of an interpreter a few.

    Examples
    --------
    >>> import torch
    >>> from mixfold.engines.launch import n_processors
    >>> n_processors(torch.device("cpu"))
    4
    """
    import torch  # noqa: PLC0415  (optional extra)

    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 4
