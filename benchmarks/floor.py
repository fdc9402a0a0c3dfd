"""What one core of this machine can do, measured beside the contestants because it changes from minute to minute."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from benchmarks.workloads import Workload
from mixfold.engines import kernels


@dataclass
class Floor:
    """The rate of matrix products, and the times of a vectorized exponential and of a copied byte."""

    dtype: str = "float64"
    flops: list[float] = field(default_factory=list)
    exponential: list[float] = field(default_factory=list)
    byte: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        self._matrix = rng.random((768, 768)).astype(self.dtype)
        self._values = (-30.0 * rng.random(4096)).astype(self.dtype)
        self._result = np.empty_like(self._values)
        self._many = np.zeros(1 << 22, self.dtype)
        self._copy = np.empty_like(self._many)

    def measure(self) -> None:
        """Take one sample of each."""
        began = time.thread_time()
        self._matrix @ self._matrix
        self.flops.append(2.0 * 768**3 / (time.thread_time() - began))
        exponential = kernels.compiled.exponential
        began = time.thread_time()
        for _ in range(100):
            exponential(self._values, self._result)
        self.exponential.append((time.thread_time() - began) / (100 * len(self._values)))
        began = time.thread_time()
        np.copyto(self._copy, self._many)
        self.byte.append((time.thread_time() - began) / self._many.nbytes)

    def seconds(self, workload: Workload) -> float:
        """Give flops over the rate of products, plus N K exponentials; at least the time to read the rows once."""
        pairs = workload.n_rows * workload.n_components
        arithmetic = workload.flops / median(self.flops) + pairs * median(self.exponential)
        return max(arithmetic, self.copy_seconds(workload))

    def copy_seconds(self, workload: Workload) -> float:
        """Give the time to copy as many bytes as an iteration must read and a scoring must write."""
        numbers = workload.n_rows * (workload.n_features + workload.n_results)
        return numbers * np.dtype(self.dtype).itemsize * median(self.byte)

    def __str__(self) -> str:
        return (
            f"matrix products {median(self.flops) / 1e9:.1f} GFLOP/s, exponential {median(self.exponential) * 1e9:.2f} "
            f"ns, copy {1e-9 / median(self.byte):.1f} GB/s"
        )
