"""``python -m benchmarks``: print the table, one line a workload as it is done."""

from __future__ import annotations

import argparse
import math
import os
import time

# Read when their libraries start, which is below: everybody has one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable

from threadpoolctl import threadpool_limits

from benchmarks.measure import Timing, peak_memory, time_workload
from benchmarks.workloads import MEMORY, TINY, WORKLOADS
from mixfold.engines import kernels


def times(ratio: float) -> str:
    return "" if math.isnan(ratio) else f"{ratio:.2f}x"


def ours(timing: Timing) -> float:
    return timing.seconds["mixfold"]


def rivals(timing: Timing) -> str:
    ran = [
        f"{name} {1e3 * seconds:.4g} ({seconds / ours(timing):.3g}x)"
        for name, seconds in timing.seconds.items()
        if name != "mixfold"
    ]
    return ", ".join(ran + [f"{name}: {reason}" for name, reason in timing.reasons.items()])


# One line a column.
COLUMNS: dict[str, Callable[[Timing], str]] = {
    "N, D, K": lambda timing: timing.workload.name,
    "floor, ms": lambda timing: f"{1e3 * timing.floor:.4g}",
    "mixfold, ms": lambda timing: f"{1e3 * ours(timing):.4g}",
    "of the floor": lambda timing: f"{timing.floor / ours(timing):.0%}",
    "skipped": lambda timing: "" if math.isnan(timing.share_skipped) else f"{timing.share_skipped:.0%}",
    "of the copy rate": lambda timing: f"{timing.copy / ours(timing):.0%}",
    "two threads": lambda timing: times(timing.two_threads),
    "float32": lambda timing: times(timing.single),
    "rivals, ms (times mixfold)": rivals,
    "machine": lambda timing: timing.machine,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds, at most, of which medians are taken")
    parser.add_argument("--seconds", type=float, default=150.0, help="of the processor, that all may take, about")
    parser.add_argument("--only", default="", help="run the workloads whose names contain this")
    parser.add_argument("--tiny", action="store_true", help="run the smallest workload only")
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    options = parser.parse_args()
    print(
        f"instruction set {kernels.instruction_set()}, one thread, {options.dtype}, medians of {options.rounds} rounds"
    )
    print(" | ".join(COLUMNS))
    chosen = (TINY,) if options.tiny else [workload for workload in WORKLOADS if options.only in workload.name]
    with threadpool_limits(1):
        deadline = time.process_time() + options.seconds
        for at, workload in enumerate(chosen):
            share = (deadline - time.process_time()) / (len(chosen) - at)
            timing = time_workload(workload, options.rounds, options.dtype, share)
            print(" | ".join(column(timing) for column in COLUMNS.values()), flush=True)
        if not options.tiny and options.only in MEMORY.name:
            peaks = ", ".join(f"{name} {peak / 2**20:.1f} MiB" for name, peak in peak_memory(MEMORY).items())
            print(f"{MEMORY.name}: memory above the rows: {peaks}")


if __name__ == "__main__":
    main()
