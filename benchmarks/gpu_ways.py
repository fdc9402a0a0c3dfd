"""What is compared in one run on a GPU: ways to launch kernels, and how much of a search is made there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.contestants import RIDGE
from benchmarks.workloads import Workload
from mixfold.covariance import Prior, family_for
from mixfold.engines import ArrayEngine, Engine, TritonEngine, engine_for
from mixfold.engines.launch import Launch
from mixfold.executors import LocalExecutor
from mixfold.fitting import DataScale, em_steps
from mixfold.fold import Fold
from mixfold.fold.search_device import SearchDevice
from mixfold.models import Penalized, Point, Problem
from mixfold.search import Effort, Search
from mixfold.sources import ArraySource

LAUNCHES = {
    "as it is": Launch(),
    "scores by 32": Launch(score_tile=32),
    "scores by 128": Launch(score_tile=128),
    "scores by 128, 8 warps": Launch(score_tile=128, score_warps=8),
    "scores, 4 warps": Launch(score_warps=4),
    "sums by 32": Launch(sum_tile=32),
    "sums by 128": Launch(sum_tile=128),
    "sums by 128, 8 warps": Launch(sum_tile=128, sum_warps=8),
    "sums, 4 warps": Launch(sum_warps=4),
    "4 programs": Launch(programs=4),
    "64 programs": Launch(programs=64),
    "4 stages": Launch(stages=4),
    "2 stages": Launch(stages=2),
    "skips": Launch(skips=True),
    "late": Launch(is_late=True),
    "late, 4 warps": Launch(is_late=True, sum_warps=4),
    "late, by 32, 2 warps": Launch(is_late=True, sum_tile=32, sum_warps=2),
    "groups of 4096": Launch(group_rows=4096),
    "ieee": Launch("ieee"),
    "bf16x6": Launch("bf16x6"),
    "tf32 (not exact)": Launch("tf32"),
}
"""One thing is another than usual in each: what is found better is then put together by hand."""
WIDER = {
    "16 warps": Launch(most_features=128, score_warps=8, sum_warps=16, sum_tile=32),
    "8 warps": Launch(most_features=128, score_warps=8, sum_warps=8, sum_tile=32),
    "16 warps, 2 stages": Launch(most_features=128, score_warps=8, sum_warps=16, sum_tile=32, stages=2),
    "by 16": Launch(most_features=128, score_tile=32, score_warps=8, sum_warps=16, sum_tile=16),
}
"""For rows of 65 to 128 features, which the array engine computes as it is."""
LEAST_NUMBERS = {"never": 1 << 62, "from 2^30": 1 << 30, "from 2^27": 1 << 27, "from 2^24": 1 << 24, "always": 0}
"""Products of a step from which on EM steps of a search are made beside the processor."""


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Give the seconds of a call, the GPU's work included, and what it gave."""
    wait = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None
    wait()
    began = time.perf_counter()
    result = function()
    wait()
    return time.perf_counter() - began, result


def ways(workload: Workload) -> dict[str, Engine]:
    """Name the engines that are compared on a workload."""
    named: dict[str, Engine] = {"PyTorch": ArrayEngine()}
    if workload.covariance_type == "diag":
        named["PyTorch, squares multiplied out"] = ArrayEngine(wide_features=1)
    launches = LAUNCHES if workload.n_features <= Launch().most_features else WIDER
    named |= {f"Triton, {name}": TritonEngine(launch) for name, launch in launches.items()}
    return named


def compared(workload: Workload, dtype: str, steps: int, rounds: int, device: str) -> Iterator[str]:
    """Yield for each way the milliseconds of an EM step, the least of some rounds, and how far its sums are off."""
    rows, start = workload.problem("float32")
    exact = Fold.of_rows(torch.from_numpy(rows.astype(np.float64)).to(device))
    potentials = Penalized(workload.family, Prior.from_ridge(RIDGE)).potentials(start)
    structure = workload.family.structure
    expected = replace(exact, engine=ArrayEngine()).statistics(potentials, structure)
    del exact
    tensor = torch.from_numpy(rows.astype(dtype)).to(device)
    for name, engine in ways(workload).items():
        try:
            problem = Problem(
                Fold(ArraySource(tensor), engine, LocalExecutor()), Penalized(workload.family, Prior.from_ridge(RIDGE))
            )
            sums = problem.fold.statistics(potentials, structure)
            point = Point.at(problem, start)
            em_steps(problem, point, steps)  # which compiles
            least = min(timed(partial(em_steps, problem, point, steps))[0] for _ in range(rounds)) / steps
        except Exception as reason:  # noqa: BLE001  (what a card cannot do is told, and the next way is tried)
            yield f"{name}: {type(reason).__name__} {str(reason).splitlines()[0][:80] if str(reason) else ''}"
            continue
        off = np.max(np.abs(sums.scatter - expected.scatter)) / np.max(np.abs(expected.scatter))
        likelihood = abs(sums.log_likelihood / expected.log_likelihood - 1.0)
        yield f"{name}: {1e3 * least:.4g} ms, off by {off:.1e} (scatter), {likelihood:.1e} (log-likelihood)"


def searched(rows: Any, n_components: int) -> Iterator[str]:
    """Yield what a search of full covariances costs, by how much of it is made where the rows are."""
    first, family = rows[:1], family_for("full")
    fold = Fold(ArraySource(rows), engine_for(rows), LocalExecutor(os.cpu_count() or 1))
    device = fold.engine.device
    assert device is not None
    with fold.executor as executor:
        fold = replace(fold, executor=executor)
        scale = DataScale.of(fold)
        for name, least in LEAST_NUMBERS.items():
            search_device: Callable[[], SearchDevice] = partial(SearchDevice, device, first, least)
            problem = Problem(
                replace(fold, search_device=search_device()), Penalized(family, scale.prior(family, n_components))
            )
            effort = Effort.usual(problem, n_components)
            search = Search(problem, scale, n_components, np.random.RandomState(0), effort)
            seconds, _ = timed(search.best)
            assert search.end is not None
            yield f"{name}: {seconds:.3g} s ({len(search.runs)} starts, {search.end.objective:.5f} nats)"
