"""This library: its engines, its threads, and the loop in C++ that small problems run in."""

from __future__ import annotations

from typing import Any

from benchmarks.contestants.abstract import RIDGE
from benchmarks.workloads import Workload
from mixfold.covariance import Prior
from mixfold.engines import ArrayEngine, Engine, MStep, NativeEngine
from mixfold.engines.native import expectation_maximization
from mixfold.executors import Executor, LocalExecutor
from mixfold.fold import Fold
from mixfold.models import Penalized
from mixfold.parameters import Parameters
from mixfold.rows import Rows
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray


class Mixfold:
    """Folds by an engine with the M step of the family; in the calling thread, unless another executor is given."""

    engine: Engine = NativeEngine()
    share_skipped: float = float("nan")

    def __init__(
        self, workload: Workload, rows: FloatArray, start: Parameters, executor: Executor | None = None
    ) -> None:
        self.family = workload.family
        self.parameters = start
        self.rows = rows
        self.fold = Fold(ArraySource(rows), self.engine, executor or LocalExecutor())

    def iterate(self, steps: int) -> None:
        for _ in range(steps):
            statistics = self.fold.statistics(self.parameters.potentials(self.family), self.family.structure)
            self.parameters = Penalized(self.family, Prior.from_ridge(RIDGE)).maximize(statistics)
            self.last, self.share_skipped = statistics.log_likelihood, statistics.share_skipped

    def log_likelihood(self) -> float:
        return self.last

    def score_samples(self) -> Any:
        return self.fold.log_density(self.parameters.potentials(self.family))

    def predict_proba(self) -> Any:
        return self.fold.responsibilities(self.parameters.potentials(self.family))


class Arrays(Mixfold):
    """The reference engine, in NumPy."""

    engine: Engine = ArrayEngine()


class EMLoop(Mixfold):
    """The whole loop in C++."""

    def iterate(self, steps: int) -> None:
        start = self.parameters
        (ended,) = expectation_maximization(
            Rows(self.rows),
            [(start.weights, start.means, start.covariances)],
            MStep(self.family.structure, Prior.from_ridge(RIDGE)),
            max_steps=steps,
        )
        self.parameters = Parameters(ended.weights, ended.means, ended.covariances)
        # There is one fold more than M steps, which is the first of the next call: the last counted is the one before.
        self.last, self.share_skipped = float(ended.log_likelihood[-2]), ended.statistics.share_skipped
