"""Named problems: rows, and a start that everybody shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixfold.covariance import CovarianceFamily, Diag, Full
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

FAMILIES: dict[str, Callable[[], CovarianceFamily]] = {"full": Full, "diag": Diag}


@dataclass(frozen=True, slots=True)
class Workload:
    """N rows, D features and K components of a family.

    Overlapping components all have a share in every row, so that nothing can be skipped and the floor is the whole
    arithmetic; separated ones have a share in their own rows only.
    """

    n_rows: int
    n_features: int
    n_components: int
    covariance_type: str
    separated: bool = False

    @property
    def name(self) -> str:
        apart = ", separated" if self.separated else ""
        return f"{self.n_rows}, {self.n_features}, {self.n_components} {self.covariance_type}{apart}"

    @property
    def family(self) -> CovarianceFamily:
        return FAMILIES[self.covariance_type]()

    @property
    def flops(self) -> float:
        """Floating-point operations of an iteration: 2 N K D (D + 1) for full, 8 N K D for diag."""
        pairs, d = self.n_rows * self.n_components, self.n_features
        return 2.0 * pairs * d * (d + 1) if self.covariance_type == "full" else 8.0 * pairs * d

    def problem(self, dtype: str = "float64") -> tuple[FloatArray, Parameters]:
        """Give the rows and the start."""
        n, d, k = self.n_rows, self.n_features, self.n_components
        rng = np.random.default_rng([n, d, k])
        centers = rng.normal(size=(k, d)) * (4.0 if self.separated else 1.5 / np.sqrt(d))
        rows = rng.standard_normal((n, d))
        rows += centers[rng.integers(k, size=n)]
        means = centers + rng.normal(size=(k, d)) * 0.1 / np.sqrt(d)
        variance = 1.0 if self.separated else 4.0
        covariances = np.broadcast_to(variance * np.eye(d), (k, d, d)).copy()
        if self.covariance_type == "diag":
            covariances = np.full((k, d), variance)
        return rows.astype(dtype, copy=False), Parameters(np.full(k, 1.0 / k), means, covariances)


TINY = Workload(600, 2, 3, "full")

WORKLOADS = (
    TINY,
    Workload(100_000, 2, 8, "full"),
    Workload(100_000, 8, 16, "full"),
    Workload(200_000, 16, 32, "full"),
    Workload(100_000, 32, 64, "full"),
    Workload(50_000, 64, 64, "full"),
    Workload(20_000, 128, 32, "full"),
    Workload(5_000, 512, 8, "full"),
    Workload(100_000, 13, 256, "full", separated=True),
    Workload(100_000, 2, 8, "diag"),
    Workload(100_000, 8, 16, "diag"),
    Workload(200_000, 16, 32, "diag"),
    Workload(20_000, 128, 32, "diag"),
)

MEMORY = Workload(1_000_000, 2, 10, "full")
