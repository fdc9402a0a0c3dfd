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
    task: str = "fit"
    """"fit" is an iteration of EM; "score_samples" and "predict_proba" score all rows under the start."""

    @property
    def name(self) -> str:
        apart = ", separated" if self.separated else ""
        task = "" if self.task == "fit" else f", {self.task}"
        return f"{self.n_rows}, {self.n_features}, {self.n_components} {self.covariance_type}{apart}{task}"

    @property
    def family(self) -> CovarianceFamily:
        return FAMILIES[self.covariance_type]()

    @property
    def flops(self) -> float:
        """Floating-point operations of an iteration, 2 N K D (D + 1) for full, 8 N K D for diag; of scoring, half."""
        pairs, d = self.n_rows * self.n_components, self.n_features
        iteration = 2.0 * pairs * d * (d + 1) if self.covariance_type == "full" else 8.0 * pairs * d
        return iteration if self.task == "fit" else iteration / 2.0

    @property
    def n_results(self) -> int:
        """Numbers that are written for each row."""
        return {"fit": 0, "score_samples": 1, "predict_proba": self.n_components}[self.task]

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
    Workload(100_000, 2, 8, "full", task="score_samples"),
    Workload(100_000, 8, 16, "full", task="score_samples"),
    Workload(100_000, 8, 16, "full", task="predict_proba"),
    Workload(100_000, 32, 64, "full", task="score_samples"),
    Workload(100_000, 32, 64, "full", task="predict_proba"),
    Workload(100_000, 8, 16, "diag", task="score_samples"),
    Workload(100_000, 8, 16, "diag", task="predict_proba"),
)

MEMORY = Workload(1_000_000, 2, 10, "full")
