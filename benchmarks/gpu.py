"""``python -m benchmarks.gpu``: an EM iteration on a GPU, rows there, against rivals on it and our own threads.

Everybody interleaved; medians. torchgmm and tgmm take part where they are installed.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from typing import Any

import torch

from benchmarks.contestants import Contestant, Mixfold, Unsuitable
from benchmarks.measure import AGREEMENT, CHECKED_STEPS
from benchmarks.workloads import Workload
from mixfold.engines import ArrayEngine, Engine, engine_for
from mixfold.executors import LocalExecutor
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

WORKLOADS = (
    Workload(1_000_000, 2, 8, "full"),
    Workload(1_000_000, 16, 16, "full"),
    Workload(1_000_000, 16, 256, "full"),
    Workload(1_000_000, 64, 64, "full"),
    Workload(200_000, 128, 64, "full"),
    Workload(1_000_000, 16, 16, "diag"),
    Workload(1_000_000, 64, 64, "diag"),
)
RIVALS = {"torchgmm": ("torchgmm", "TorchGMM"), "tgmm": ("tgmm", "TGMM")}


class OnGPU(Mixfold):
    """This library, rows on the GPU, on the engine that it chooses."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None:
        tensor = torch.from_numpy(rows).to("cuda")
        self.engine: Engine = self.choose(tensor)
        super().__init__(workload, tensor, start)

    @staticmethod
    def choose(rows: Any) -> Engine:
        return engine_for(rows)


class ArraysOnGPU(OnGPU):
    """The reference engine, in expressions of PyTorch."""

    @staticmethod
    def choose(rows: Any) -> Engine:
        del rows
        return ArrayEngine()


def contestants(executor: LocalExecutor) -> dict[str, Callable[..., Contestant]]:
    """Name those that are here, ours first."""
    named: dict[str, Callable[..., Contestant]] = {
        "mixfold": OnGPU,
        "mixfold in PyTorch": ArraysOnGPU,
        f"mixfold on {executor.n_threads} threads": lambda *problem: Mixfold(*problem, executor),
    }
    for name, (file, contestant) in RIVALS.items():
        if find_spec(name) is not None:
            make = getattr(import_module(f"benchmarks.contestants.{file}"), contestant)
            named[name] = lambda *problem, make=make: make(*problem, device="cuda")
    return named


def seconds_of(contestant: Contestant) -> float:
    """Give the seconds of an iteration, the GPU's work included."""
    torch.cuda.synchronize()
    began = time.perf_counter()
    contestant.iterate(1)
    torch.cuda.synchronize()
    return time.perf_counter() - began


def compare(workload: Workload, dtype: str, rounds: int, executor: LocalExecutor) -> dict[str, str]:
    """Give milliseconds of everybody who finds what we find, with the ratio to ours; for others the reason."""
    rows, start = workload.problem(dtype)
    running: dict[str, Contestant] = {}
    said: dict[str, str] = {}
    reference = None
    for name, make in contestants(executor).items():
        try:
            contestant = make(workload, rows, start)
            contestant.iterate(CHECKED_STEPS)
            found = contestant.log_likelihood()
        except (Unsuitable, torch.cuda.OutOfMemoryError) as reason:
            said[name] = str(reason).split(".")[0]
            torch.cuda.empty_cache()
            continue
        reference = found if reference is None else reference
        if abs(found - reference) <= AGREEMENT[dtype] * abs(reference):
            running[name] = contestant
        else:
            said[name] = f"found {found!r}, mixfold {reference!r}"
    samples: dict[str, list[float]] = {name: [] for name in running}
    for _ in range(rounds):
        for name, contestant in running.items():
            samples[name].append(seconds_of(contestant))
    ours = median(samples["mixfold"])
    said |= {name: f"{1e3 * median(times):.4g} ms ({median(times) / ours:.3g}x)" for name, times in samples.items()}
    return said


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="run the workloads whose names contain this")
    options = parser.parse_args()
    print(torch.cuda.get_device_name(), "PyTorch", torch.__version__)
    with LocalExecutor(os.cpu_count() or 1) as executor:
        for workload in WORKLOADS:
            for dtype in ("float32", "float64") if options.only in workload.name else ():
                said = compare(workload, dtype, options.rounds, executor)
                print(f"{workload.name}, {dtype}: " + ", ".join(f"{name} {what}" for name, what in said.items()))
                torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
