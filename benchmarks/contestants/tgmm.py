"""tgmm."""

from __future__ import annotations

from typing import Any

import torch
from tgmm import GaussianMixture

from benchmarks.contestants.abstract import RIDGE, refuse_temporaries
from benchmarks.workloads import Workload
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

torch.set_num_threads(1)


class TGMM:
    """Its own E and M steps, without the bookkeeping of `fit`."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters, device: str = "cpu") -> None:
        refuse_temporaries(workload, workload.n_features, device)
        self.rows = torch.from_numpy(rows).to(device)
        self.model: Any = GaussianMixture(
            workload.n_components,
            workload.n_features,
            covariance_type=workload.covariance_type,
            reg_covar=RIDGE,
            init_weights=torch.from_numpy(start.weights).to(self.rows),
            init_means=torch.from_numpy(start.means).to(self.rows),
            init_covariances=torch.from_numpy(start.covariances).to(self.rows),
            device=device,
        )
        self.model.dtype = self.rows.dtype
        self.model._allocate_parameters(self.rows)  # noqa: SLF001

    @torch.no_grad()
    def iterate(self, steps: int) -> None:
        for _ in range(steps):
            responsibilities, self.densities = self.model._e_step(self.rows)  # noqa: SLF001
            self.model._m_step(self.rows, responsibilities)  # noqa: SLF001

    def log_likelihood(self) -> float:
        return float(self.densities.sum())

    @torch.no_grad()
    def score_samples(self) -> Any:
        return self.model._e_step(self.rows)[1].numpy(force=True)  # noqa: SLF001

    @torch.no_grad()
    def predict_proba(self) -> Any:
        return self.model._e_step(self.rows)[0].numpy(force=True)  # noqa: SLF001
