"""gmmx, on JAX, which takes float32 only."""

from __future__ import annotations

import os
from typing import Any

# Read when JAX starts: one thread, as everybody.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import jax
import numpy as np
from gmmx import EMFitter, GaussianMixtureModelJax

from benchmarks.contestants.abstract import RIDGE, refuse_temporaries
from benchmarks.workloads import Workload
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

FITTER = EMFitter(reg_covar=RIDGE)


@jax.jit
def _step(rows: Any, model: Any) -> tuple[Any, Any]:
    mean, log_responsibilities = FITTER.e_step(rows, model)
    return mean, FITTER.m_step(rows, model, log_responsibilities)


class GMMX:
    """Its E and M steps, compiled together as its own loop compiles them."""

    dtype = "float32"

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None:
        refuse_temporaries(workload, workload.n_features)
        rows = rows.astype(self.dtype, copy=False)
        self.rows = jax.numpy.asarray(rows)
        self.model = GaussianMixtureModelJax.from_squeezed(
            means=start.means.astype(rows.dtype),
            covariances=start.covariances.astype(rows.dtype),
            weights=start.weights.astype(rows.dtype),
            covariance_type=workload.covariance_type,
        )

    def iterate(self, steps: int) -> None:
        for _ in range(steps):
            self.mean, self.model = _step(self.rows, self.model)
        jax.block_until_ready(self.model)

    def log_likelihood(self) -> float:
        return float(self.mean) * len(self.rows)

    def score_samples(self) -> Any:
        return np.asarray(self.model.score_samples(self.rows)).reshape(-1)

    def predict_proba(self) -> Any:
        return np.asarray(self.model.predict_proba(self.rows)).reshape(len(self.rows), -1)
