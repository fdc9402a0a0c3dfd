"""``python -m benchmarks.gpu``: EM on a GPU, rows there, against rivals on it and our own threads.

Parts, of which ``--part`` chooses some: *checks* of what must hold before anything is timed, EM *iterations* (everybody
interleaved; medians), whole *fits*, *searches* by how much of them is made on the GPU, *ways* to launch kernels, each
of which compiles for some seconds (``--only`` names a workload), and the same fits on our *threads*, which take
longest. torchgmm and tgmm take part in iterations where they are installed.
``--device cpu --small`` runs all of it on a few rows of the processor, so that it is known to work.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.contestants import RIDGE, Contestant, Mixfold, Unsuitable
from benchmarks.gpu_ways import compared, searched, timed
from benchmarks.measure import AGREEMENT, CHECKED_STEPS
from benchmarks.workloads import Workload
from mixfold import GaussianMixture
from mixfold.covariance import Prior
from mixfold.engines import ArrayEngine, Engine, engine_for
from mixfold.executors import LocalExecutor
from mixfold.fitting import em_steps
from mixfold.fold import Fold
from mixfold.models import Penalized, Point, Problem
from mixfold.parameters import Parameters
from mixfold.sources import ArraySource
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
FITS = ((1_000_000, 16, 16), (1_000_000, 16, 128), (1_000_000, 64, 64), (10_000_000, 8, 32))
"""Rows, features and components."""
PARTS = ("checks", "iterations", "fits", "searches", "ways", "threads")
WAYS_FOR = {(128, "full"), (64, "full"), (64, "diag"), (16, "full")}
"""Features and covariances of the workloads on which ways are compared."""
STARTS = ("auto", "kmeans", "k-means++")
RIVALS = {"torchgmm": ("torchgmm", "TorchGMM"), "tgmm": ("tgmm", "TGMM")}
STEPS = 8
"""Iterations that are timed together: as many as a fit makes between two looks."""
SMALL_ROWS, SMALL_COMPONENTS, SMALL_FEATURES = 400, 4, 8


class InSteps:
    """This library as fits ask it: several steps at a time."""

    def __init__(
        self,
        workload: Workload,
        rows: FloatArray,
        start: Parameters,
        device: str,
        choose: Callable[[Any], Engine] = engine_for,
    ) -> None:
        tensor = torch.from_numpy(rows).to(device)
        fold = Fold(ArraySource(tensor), choose(tensor), LocalExecutor())
        self.problem = Problem(fold, Penalized(workload.family, Prior.from_ridge(RIDGE)))
        self.point = Point.at(self.problem, start)

    def iterate(self, steps: int) -> None:
        made = em_steps(self.problem, self.point, steps)
        self.last = [self.point.log_likelihood, *made.log_likelihoods][-2]
        self.point = made.point

    def log_likelihood(self) -> float:
        return self.last * self.point.statistics.weight


class WithJourneys(Mixfold):
    """The M step on the host, from which potentials travel and to which statistics come, at each step."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters, device: str) -> None:
        tensor = torch.from_numpy(rows).to(device)
        self.engine = engine_for(tensor)
        super().__init__(workload, tensor, start)


def contestants(executor: LocalExecutor, device: str) -> dict[str, Callable[..., Any]]:
    """Name those that are here, ours first."""
    named: dict[str, Callable[..., Any]] = {
        "mixfold": partial(InSteps, device=device),
        "mixfold, M step on the host": partial(WithJourneys, device=device),
        "mixfold in PyTorch": partial(InSteps, device=device, choose=lambda _: ArrayEngine()),
        f"mixfold on {executor.n_threads} threads": lambda *problem: Mixfold(*problem, executor),
    }
    for name, (file, contestant) in RIVALS.items():
        if find_spec(name) is not None:
            named[name] = partial(getattr(import_module(f"benchmarks.contestants.{file}"), contestant), device=device)
    return named


def compare(workload: Workload, dtype: str, rounds: int, executor: LocalExecutor, device: str) -> dict[str, str]:
    """Give milliseconds of everybody who finds what we find, with the ratio to ours; for others the reason."""
    rows, start = workload.problem(dtype)
    running: dict[str, Contestant] = {}
    said: dict[str, str] = {}
    reference = None
    for name, make in contestants(executor, device).items():
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
            samples[name].append(timed(partial(contestant.iterate, STEPS))[0] / STEPS)
    ours = median(samples["mixfold"])
    said |= {name: f"{1e3 * median(times):.4g} ms ({median(times) / ours:.3g}x)" for name, times in samples.items()}
    return said


def check(workload: Workload, device: str) -> str:
    """Say whether repeated steps have the same bits, and how far sums of float32 rows are from those of float64."""
    rows, start = workload.problem("float32")

    def steps(dtype: str) -> tuple[Point, Point]:
        one = InSteps(workload, rows.astype(dtype), start, device)
        begun = one.point
        one.iterate(STEPS)
        return begun, one.point

    (begun, first), (_, again), (exact, double) = steps("float32"), steps("float32"), steps("float64")
    arrays = [[*point.parameters.arrays.values(), *point.statistics.arrays.values()] for point in (first, again)]
    same = all(np.array_equal(one, other) for one, other in zip(*arrays, strict=True))
    sums, expected = begun.statistics, exact.statistics
    scatter = np.max(np.abs(sums.scatter - expected.scatter)) / np.max(np.abs(expected.scatter))
    likelihood = abs(sums.log_likelihood / expected.log_likelihood - 1.0)
    objective = first.objective - double.objective
    return (
        f"bits of repeated steps {'the same' if same else 'DIFFER'}; float32 sums off by {scatter:.1e} (scatter), "
        f"{likelihood:.1e} (log-likelihood); after {STEPS} steps objectives by {objective:+.1e}"
    )


def rows_of(n_rows: int, n_features: int, n_components: int) -> FloatArray:
    """Give float32 rows of normal clusters that overlap."""
    random = np.random.default_rng([n_rows, n_features, n_components])
    centers = random.normal(size=(n_components, n_features)) * 2.0
    labels = random.integers(n_components, size=n_rows)
    rows = random.standard_normal((n_rows, n_features), dtype=np.float32)
    for component, center in enumerate(centers):
        factor = random.normal(size=(n_features, n_features)) / np.sqrt(n_features) + 0.5 * np.eye(n_features)
        own = labels == component
        rows[own] = rows[own] @ factor.T.astype(np.float32) + center.astype(np.float32)
    return rows


def fit(rows: Any, n_components: int, start: str, threads: LocalExecutor | None = None) -> str:
    """Say what a whole fit costs, and where it ends."""
    model = GaussianMixture(n_components, init_params=start, random_state=0, executor=threads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds, fitted = timed(lambda: model.fit(rows))
    return f"{seconds:.3g} s ({fitted.n_iter_} iterations, {fitted.lower_bound_:.5f} nats)"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of iterations")
    parser.add_argument("--fits", type=int, default=1, help="of each whole fit")
    parser.add_argument("--only", default="", help="run the workloads whose names contain this")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="few rows, features and components")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=["checks", "iterations", "fits", "threads"])
    options = parser.parse_args()
    workloads, fits = [one for one in WORKLOADS if options.only in one.name], list(FITS)
    if options.small:
        few = {"n_rows": SMALL_ROWS, "n_components": SMALL_COMPONENTS}
        workloads = [replace(one, n_features=min(one.n_features, SMALL_FEATURES), **few) for one in workloads]
        workloads = list(dict.fromkeys(workloads))
        fits = [(SMALL_ROWS, SMALL_FEATURES, SMALL_COMPONENTS)]
    card = torch.cuda.get_device_name() if options.device == "cuda" else options.device
    print(card, "PyTorch", torch.__version__, flush=True)
    with LocalExecutor(os.cpu_count() or 1) as executor:
        named = {
            "checks": lambda: checks(workloads, options.device),
            "iterations": lambda: iterations(workloads, options.rounds, executor, options.device),
            "fits": lambda: whole_fits(fits, options.fits, options.device),
            "searches": lambda: searches(fits, options.device),
            "ways": lambda: all_ways(workloads, options.rounds, options.device, every=options.small),
            "threads": lambda: on_threads(fits, executor),
        }
        for part in options.part:
            for line in named[part]():
                print(line, flush=True)


def checks(workloads: Sequence[Workload], device: str) -> Iterator[str]:
    """Yield what must hold before anything is timed."""
    for workload in workloads:
        yield f"{workload.name}: {check(workload, device)}"


def iterations(workloads: Sequence[Workload], rounds: int, executor: LocalExecutor, device: str) -> Iterator[str]:
    """Yield what an EM iteration takes everybody."""
    for workload in workloads:
        for dtype in ("float32", "float64"):
            said = compare(workload, dtype, rounds, executor, device)
            yield f"{workload.name}, {dtype}: " + ", ".join(f"{name} {what}" for name, what in said.items())
            torch.cuda.empty_cache()


def whole_fits(fits: Sequence[tuple[int, int, int]], n_times: int, device: str) -> Iterator[str]:
    """Yield what whole fits take, from each way to start; the first may compile."""
    for shape in fits:
        rows = torch.from_numpy(rows_of(*shape)).to(device)
        for start in STARTS * n_times:
            yield f"fit of {shape}, {start}: {fit(rows, shape[2], start)}"


def searches(fits: Sequence[tuple[int, int, int]], device: str) -> Iterator[str]:
    """Yield what searches take, by how much of them is made on the GPU."""
    for shape in fits:
        rows = torch.from_numpy(rows_of(*shape)).to(device)
        yield from (f"search of {shape}, made there {line}" for line in searched(rows, shape[2]))


def all_ways(workloads: Sequence[Workload], rounds: int, device: str, *, every: bool) -> Iterator[str]:
    """Yield what an EM iteration takes, by how kernels are launched."""
    for workload in workloads:
        if every or (workload.n_features, workload.covariance_type) in WAYS_FOR:
            yield from (f"{workload.name}, {line}" for line in compared(workload, "float32", STEPS, rounds, device))


def on_threads(fits: Sequence[tuple[int, int, int]], executor: LocalExecutor) -> Iterator[str]:
    """Yield what the same fits take on our threads."""
    for shape in fits:
        ended = fit(rows_of(*shape), shape[2], "auto", executor)
        yield f"fit of {shape}, auto, {executor.n_threads} threads: {ended}"


if __name__ == "__main__":
    main()
