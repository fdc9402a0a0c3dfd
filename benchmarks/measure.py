"""Everybody interleaved: one round is a sample of the floor and one run of each contestant.

With one thread, processor time is what is measured: other programs on the machine do not count, other than by the
caches and the memory that they take. Two threads are measured by the clock on the wall, against one thread by the same.
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

from benchmarks.contestants import Contestant, Mixfold, ScikitLearn, Unsuitable, contestants
from benchmarks.floor import Floor
from benchmarks.workloads import Workload
from mixfold.executors import LocalExecutor
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

AGREEMENT = {"float64": 1e-6, "float32": 1e-4}
"""Relative difference above which there is nothing to compare, by the type that a contestant computes in."""
CHECKED_STEPS = 2
LEAST_SECONDS = 0.1
"""A run is as many iterations as take this long, so that the clock and the calls do not count."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What is known of a workload: median seconds of one iteration (or one scoring of all rows), and the floor.

    Attributes
    ----------
    seconds : dict
        Of each contestant that ran, ours first.
    reasons : dict
        Of each contestant that did not: why.
    floor : float
        Seconds that the arithmetic needs on this core.
    copy : float
        Seconds that reading the rows once takes, by the core's copy rate.
    two_threads : float
        How many times as fast two threads are; NaN where it is not asked.
    single : float
        How many times as fast float32 is; NaN where it is not asked.
    machine : str
    share_skipped : float
        Of the evaluations of components, those that pruning saved; NaN in scoring.
    """

    workload: Workload
    seconds: dict[str, float]
    reasons: dict[str, str]
    floor: float
    copy: float
    two_threads: float
    single: float
    machine: str
    share_skipped: float


class Runner:
    """One contestant on one workload, and the samples of its time."""

    def __init__(
        self, contestant: Contestant, task: str, clock: Callable[[], float] = time.process_time, known: float = 0.0
    ) -> None:
        self.contestant, self.task, self.clock = contestant, task, clock
        self.samples: list[float] = []
        self.repeats = 1
        if known < 10.0 * LEAST_SECONDS:  # seconds of an iteration; of longer ones no first run is needed
            self.run()  # what is compiled or allocated once does not count
            self.repeats = max(1, int(LEAST_SECONDS / max(self.run(), 1e-9)))

    def run(self) -> float:
        """Give the seconds of one iteration."""
        began = self.clock()
        if self.task == "fit":
            self.contestant.iterate(self.repeats)
        else:
            for _ in range(self.repeats):
                getattr(self.contestant, self.task)()
        return (self.clock() - began) / self.repeats

    def sample(self) -> None:
        """Take one more."""
        self.samples.append(self.run())

    @property
    def seconds(self) -> float:
        return median(self.samples)


def answer(contestant: Contestant, task: str) -> float:
    """Give what all contestants must agree on: a log-likelihood, or how many rows the first component has."""
    if task == "fit":
        contestant.iterate(CHECKED_STEPS)
        return contestant.log_likelihood()
    result = np.asarray(getattr(contestant, task)(), dtype=float)
    return float(result.sum() if result.ndim == 1 else result[:, 0].sum())


def time_workload(workload: Workload, rounds: int, dtype: str = "float64", seconds: float = float("inf")) -> Timing:
    """Check who agrees with us, then time them, until all took so many seconds of the processor, one round at least.

    Raises
    ------
    RuntimeError
        If we do not agree with ourselves: with float32, or with scikit-learn.
    """
    deadline = time.process_time() + seconds
    rows, start = workload.problem(dtype)
    reasons: dict[str, str] = {}
    running: dict[str, Runner] = {}
    reference = None
    for name, make in contestants(workload).items():
        try:
            began = time.process_time()
            found = answer(make(workload, rows, start), workload.task)
            known = (time.process_time() - began) / (CHECKED_STEPS if workload.task == "fit" else 1)
            reference = found if reference is None else reference
            agreement = AGREEMENT[getattr(make, "dtype", dtype)]
            if not abs(found - reference) <= agreement * abs(reference):
                reasons[name] = f"found {found!r}, mixfold {reference!r}"
                continue
            running[name] = Runner(make(workload, rows, start), workload.task, known=known)
        except Unsuitable as reason:
            reasons[name] = str(reason)
    if "scikit-learn" in reasons:
        raise RuntimeError(f"{workload.name}: scikit-learn {reasons['scikit-learn']}")  # noqa: TRY003, EM102
    floor = Floor(dtype)
    ratios = Ratios(workload, rows, start, dtype)
    for done in range(rounds):
        if done and time.process_time() > deadline:
            break
        floor.measure()
        for runner in running.values():
            runner.sample()
        ratios.sample()
    return Timing(
        workload,
        {name: runner.seconds for name, runner in running.items()},
        reasons,
        floor.seconds(workload),
        floor.copy_seconds(workload),
        ratios.two_threads,
        ratios.single,
        str(floor),
        getattr(running["mixfold"].contestant, "share_skipped", float("nan")),
    )


class Ratios:
    """Ours against ours: two threads against one, and float32 against float64, where there are rows enough."""

    least_rows = 20_000

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters, dtype: str) -> None:
        self.pairs: list[tuple[Runner, Runner]] = []
        self.executor = LocalExecutor(2)
        if workload.n_rows < self.least_rows or dtype != "float64":
            return
        task, single = workload.task, rows.astype("float32")
        whole, half = (answer(Mixfold(workload, values, start), task) for values in (rows, single))
        if abs(half - whole) > 1e-5 * abs(whole):
            raise RuntimeError(f"{workload.name}: float32 found {half!r}, float64 {whole!r}")  # noqa: TRY003, EM102
        one = [Runner(Mixfold(workload, rows, start), task, clock) for clock in (time.perf_counter, time.process_time)]
        with self.executor:
            two = Runner(Mixfold(workload, rows, start, self.executor), task, time.perf_counter)
        self.pairs = [(one[0], two), (one[1], Runner(Mixfold(workload, single, start), task))]

    def sample(self) -> None:
        with self.executor:
            for pair in self.pairs:
                for runner in pair:
                    runner.sample()

    @property
    def two_threads(self) -> float:
        return self._ratio(0)

    @property
    def single(self) -> float:
        return self._ratio(1)

    def _ratio(self, pair: int) -> float:
        """Give the median of the ratios of neighboring samples, in which a change of the machine's speed cancels."""
        if not self.pairs:
            return float("nan")
        slow, fast = self.pairs[pair]
        return median(a / b for a, b in zip(slow.samples, fast.samples, strict=True))


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
    before = peak_since_start(reset=True)
    contestant.iterate(2)
    sender.send(peak_since_start() - before)


def peak_since_start(*, reset: bool = False) -> float:
    """Give the peak resident memory in bytes (Linux); a child inherits its parent's peak unless it is reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024.0 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
