"""pomegranate."""

from __future__ import annotations

from typing import Any

import torch
from pomegranate.distributions import Normal
from pomegranate.gmm import GeneralMixtureModel

from benchmarks.contestants.abstract import refuse_temporaries
from benchmarks.workloads import Workload
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

torch.set_num_threads(1)


class Pomegranate:
    """Its `summarize` and `from_summaries`, which are what `fit` repeats."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None:
        refuse_temporaries(workload, 1)
        self.rows = torch.from_numpy(rows)
        normals = [
            Normal(
                torch.tensor(mean, dtype=self.rows.dtype),
                torch.tensor(covariance, dtype=self.rows.dtype),
                covariance_type=workload.covariance_type,
                check_data=False,
            )
            for mean, covariance in zip(start.means, start.covariances, strict=True)
        ]
        priors = torch.tensor(start.weights, dtype=self.rows.dtype)
        self.model: Any = GeneralMixtureModel(normals, priors=priors, check_data=False)

    @torch.no_grad()
    def iterate(self, steps: int) -> None:
        for _ in range(steps):
            self.total = self.model.summarize(self.rows)
            self.model.from_summaries()

    def log_likelihood(self) -> float:
        return float(self.total)

    @torch.no_grad()
    def score_samples(self) -> Any:
        return self.model.log_probability(self.rows).numpy()

    @torch.no_grad()
    def predict_proba(self) -> Any:
        return self.model.predict_proba(self.rows).numpy()
