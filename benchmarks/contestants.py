"""Who runs: each takes single iterations of EM from the same start, and tells the log-likelihood of the last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from sklearn.mixture import GaussianMixture

from benchmarks.workloads import Workload
from mixfold.covariance import Prior
from mixfold.engines import ArrayEngine, Engine, NativeEngine
from mixfold.engines.native import expectation_maximization
from mixfold.executors import SerialExecutor
from mixfold.fold import Fold
from mixfold.parameters import Parameters
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray

RIDGE = 1e-6
SMALL_ROWS = 4096
"""Up to here the native contestant runs the whole loop in C++."""


class Contestant(Protocol):
    """One rival on one workload, at its start."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None: ...

    def iterate(self, steps: int) -> None:
        """Take steps of E and M."""

    def log_likelihood(self) -> float:
        """Give the total log-likelihood at the parameters before the last M step."""


class Mixfold:
    """Folds by an engine, in the calling thread, with the M step of the family."""

    engine: Engine = NativeEngine()

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None:
        self.family = workload.family
        self.parameters = start
        self.fold = Fold(ArraySource(rows), self.engine, SerialExecutor())

    def iterate(self, steps: int) -> None:
        for _ in range(steps):
            statistics = self.fold.statistics(self.parameters.potentials(self.family), self.family.structure)
            self.parameters = Parameters.maximize(statistics, self.family, Prior.from_ridge(RIDGE))
            self.last, self.share_skipped = statistics.log_likelihood, statistics.share_skipped

    def log_likelihood(self) -> float:
        return self.last


class Arrays(Mixfold):
    """The reference engine, in NumPy."""

    engine: Engine = ArrayEngine()


class WholeLoop:
    """The whole loop in C++."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None:
        self.rows, self.parameters, self.structure = rows, start, workload.family.structure

    def iterate(self, steps: int) -> None:
        start = self.parameters
        ended = expectation_maximization(
            self.rows,
            None,
            (start.weights, start.means, start.covariances),
            self.structure,
            prior_scale=np.zeros(()),
            prior_count=0.0,
            ridge=RIDGE,
            max_steps=steps,
            tolerance=0.0,
        )
        self.parameters = Parameters(ended.weights, ended.means, ended.covariances)
        # There is one fold more than M steps, which is the first of the next call: the last counted is the one before.
        self.last, self.share_skipped = float(ended.log_likelihood[-2]), ended.statistics.share_skipped

    def log_likelihood(self) -> float:
        return self.last


class ScikitLearn:
    """scikit-learn's own E and M steps, without the bookkeeping of `fit`."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None:
        self.rows = rows
        self.model: Any = GaussianMixture(
            workload.n_components, covariance_type=workload.covariance_type, reg_covar=RIDGE
        )
        whitener = workload.family.whiten(start.covariances)
        self.model.weights_, self.model.means_ = start.weights, start.means
        self.model.precisions_cholesky_ = workload.family.precisions_cholesky(whitener)

    def iterate(self, steps: int) -> None:
        for _ in range(steps):
            self.mean, log_responsibilities = self.model._e_step(self.rows)  # noqa: SLF001
            self.model._m_step(self.rows, log_responsibilities)  # noqa: SLF001

    def log_likelihood(self) -> float:
        return float(self.mean) * len(self.rows)


def contestants(workload: Workload) -> dict[str, Callable[..., Contestant]]:
    """Name those that run on the workload, ours first."""
    named: dict[str, Callable[..., Contestant]] = {
        "mixfold": WholeLoop if workload.n_rows <= SMALL_ROWS else Mixfold,
        "scikit-learn": ScikitLearn,
    }
    if workload.n_rows * workload.n_components * workload.n_features**2 <= 10**9:
        named["arrays"] = Arrays
    return named
