"""``python -m benchmarks``: print the table, one line a workload as it is done."""

from __future__ import annotations

import argparse

from threadpoolctl import threadpool_limits

from benchmarks.measure import peak_memory, time_workload
from benchmarks.workloads import MEMORY, TINY, WORKLOADS
from mixfold.engines import native


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds of which medians are taken")
    parser.add_argument("--only", default="", help="run the workloads whose names contain this")
    parser.add_argument("--tiny", action="store_true", help="run the smallest workload only")
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    options = parser.parse_args()
    print(
        f"instruction set {native.instruction_set()}, one thread, {options.dtype}, medians of {options.rounds} rounds"
    )
    print("N, D, K | floor, ms | mixfold, ms | of the floor | skipped | rivals, ms (times mixfold) | machine")
    chosen = (TINY,) if options.tiny else [workload for workload in WORKLOADS if options.only in workload.name]
    with threadpool_limits(1):
        for workload in chosen:
            timing = time_workload(workload, options.rounds, options.dtype)
            ours = timing.seconds.pop("mixfold")
            rivals = ", ".join(
                f"{name} {1e3 * seconds:.4g} ({seconds / ours:.3g}x)" for name, seconds in timing.seconds.items()
            )
            print(
                f"{workload.name} | {1e3 * timing.floor:.4g} | {1e3 * ours:.4g} | {timing.floor / ours:.0%} | "
                f"{timing.share_skipped:.0%} | "
                f"{rivals} | {timing.machine}",
                flush=True,
            )
        if not options.tiny and options.only in MEMORY.name:
            peaks = ", ".join(f"{name} {peak / 2**20:.1f} MiB" for name, peak in peak_memory(MEMORY).items())
            print(f"{MEMORY.name}: memory above the rows: {peaks}")


if __name__ == "__main__":
    main()
