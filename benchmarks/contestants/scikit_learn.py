"""scikit-learn."""

from __future__ import annotations

from typing import Any

from sklearn.mixture import GaussianMixture

from benchmarks.contestants.abstract import RIDGE
from benchmarks.workloads import Workload
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray


class ScikitLearn:
    """scikit-learn's own E and M steps, without the bookkeeping of `fit`."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None:
        self.rows = rows
        self.model: Any = GaussianMixture(
            workload.n_components, covariance_type=workload.covariance_type, reg_covar=RIDGE
        )
        whitener = workload.family.whiten(start.covariances)
        self.model.weights_, self.model.means_, self.model.covariances_ = start.weights, start.means, start.covariances
        self.model.precisions_cholesky_ = workload.family.precisions_cholesky(whitener)

    def iterate(self, steps: int) -> None:
        for _ in range(steps):
            self.mean, log_responsibilities = self.model._e_step(self.rows)  # noqa: SLF001
            self.model._m_step(self.rows, log_responsibilities)  # noqa: SLF001

    def log_likelihood(self) -> float:
        return float(self.mean) * len(self.rows)

    def score_samples(self) -> Any:
        return self.model.score_samples(self.rows)

    def predict_proba(self) -> Any:
        return self.model.predict_proba(self.rows)
