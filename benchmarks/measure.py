"""Everybody interleaved: one round is a sample of the floor and one run of each contestant.

All run in the calling thread, and its processor time is what is measured: other programs on the machine do not count,
other than by the caches and the memory that they take.
"""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.contestants import Mixfold, ScikitLearn, contestants
from benchmarks.floor import Floor
from benchmarks.workloads import Workload

AGREEMENT = 1e-6
"""Relative difference of log-likelihoods above which there is nothing to compare."""
CHECKED_STEPS = 3
LEAST_SECONDS = 0.1
"""A run is as many iterations as take this long, so that the clock and the calls do not count."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Median seconds per iteration of each contestant, and the floor."""

    workload: Workload
    seconds: dict[str, float]
    floor: float
    machine: str
    share_skipped: float


def time_workload(workload: Workload, rounds: int, dtype: str = "float64") -> Timing:
    """Check that all agree, then time them.

    Raises
    ------
    RuntimeError
        If a contestant's log-likelihood after the same steps from the same start is not ours.
    """
    rows, start = workload.problem(dtype)
    running: dict[str, Any] = {}
    steps: dict[str, int] = {}
    reference = None
    for name, make in contestants(workload).items():
        contestant = make(workload, rows, start)
        began = time.thread_time()
        contestant.iterate(CHECKED_STEPS)
        each = (time.thread_time() - began) / CHECKED_STEPS
        found = contestant.log_likelihood()
        reference = found if reference is None else reference
        if not np.isclose(found, reference, rtol=AGREEMENT if dtype == "float64" else 1e-4):
            message = f"{workload.name}: {name} found the log-likelihood {found!r}, mixfold {reference!r}"
            raise RuntimeError(message)
        running[name], steps[name] = make(workload, rows, start), max(1, int(LEAST_SECONDS / each))
    floor = Floor(dtype)
    samples: dict[str, list[float]] = {name: [] for name in running}
    for _ in range(rounds):
        floor.measure()
        for name, contestant in running.items():
            began = time.thread_time()
            contestant.iterate(steps[name])
            samples[name].append((time.thread_time() - began) / steps[name])
    return Timing(
        workload,
        {name: median(times) for name, times in samples.items()},
        floor.seconds(workload),
        str(floor),
        running["mixfold"].share_skipped,
    )


def peak_memory(workload: Workload) -> dict[str, float]:
    """Give the bytes that an iteration takes above its rows, each contestant in a process of its own."""
    context = multiprocessing.get_context("spawn")
    peaks: dict[str, float] = {}
    for make in (Mixfold, ScikitLearn):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_peak, args=(make, workload, sender))
        process.start()
        peaks[make.__name__] = receiver.recv()
        process.join()
    return peaks


def _peak(make: Callable[..., Any], workload: Workload, sender: Any) -> None:
    small = Workload(200, workload.n_features, workload.n_components, workload.covariance_type)
    make(small, *small.problem()).iterate(2)  # imports and thread pools
    contestant = make(workload, *workload.problem())
    before = _peak_since_start(reset=True)
    contestant.iterate(2)
    sender.send(_peak_since_start() - before)


def _peak_since_start(*, reset: bool = False) -> float:
    """Give the peak resident memory in bytes (Linux); a child inherits its parent's peak unless it is reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024.0 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
