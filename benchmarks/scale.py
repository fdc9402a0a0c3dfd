"""``python -m benchmarks.scale``: larger than memory, and on other executors; prints ratios and peak memory."""

from __future__ import annotations

import argparse
import mmap
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.measure import peak_since_start
from benchmarks.workloads import Workload
from mixfold import GaussianMixture, Mixture
from mixfold.engines import engine_for
from mixfold.executors import DaskExecutor, Executor, LocalExecutor, SparkExecutor
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.rows import Rows, Source
from mixfold.sources import ArraySource, ArrowSource, BlocksSource, NpySource, source_for
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray

PROBLEM = Workload(2**18, 16, 16, "full")
"""The rows that everything repeats: 32 MiB, D = 16, K = 16."""
CHEAP = Workload(2**14, 16, 3, "diag")
"""Rows among the zeros of one very large array."""
NORESERVE = 0x4000
"""Linux's MAP_NORESERVE, which Python has from 3.13 on."""
SECONDS = 3.0
"""For which passes on Spark are made in a round."""
STEPS = 3
"""Iterations of MLlib that a round times: a fit of so many more than one, less a fit of one."""
SHARE = 0.05
"""Of the longest pass of a round, how long everybody's passes are made again, so that samples are alike."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("what", choices=("npy", "parquet", "blocks", "array", "dask", "spark"))
    parser.add_argument("--gib", type=float, default=1.0, help="size of the rows as float64")
    parser.add_argument("--limit-mib", type=int, default=0, help="limit on the private memory of the process")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where files are made, and stay for the next time")
    options = parser.parse_args()
    if options.limit_mib:
        resource.setrlimit(resource.RLIMIT_DATA, (options.limit_mib << 20,) * 2)
    repeats = max(1, round(options.gib * 2**30 / (8 * PROBLEM.n_rows * PROBLEM.n_features)))
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
    with nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory() as folder:
        {"array": in_one_array, "dask": on_dask, "spark": on_spark}.get(options.what, out_of_core)(
            Path(folder), options.what, repeats, options.rounds
        )


@dataclass(slots=True)
class Passes:
    """Passes over the same data under the same potentials.

    Attributes
    ----------
    fold : Fold
    potentials : Potentials
    samples : list of (float, float, float)
        Seconds of a pass by the clock, of the processor, and of the processor in the calling thread.
    sums : SufficientStatistics
        Of the last pass.
    """

    fold: Fold
    potentials: Potentials
    samples: list[tuple[float, ...]] = field(default_factory=list)
    sums: SufficientStatistics | None = None

    def sample(self, least: float) -> None:
        """Make passes until so many seconds are over."""
        clocks = time.perf_counter, time.process_time, time.thread_time
        began, n = [clock() for clock in clocks], 0
        while n == 0 or time.perf_counter() - began[0] < least:
            self.sums = self.fold.statistics(self.potentials, PROBLEM.family.structure)
            n += 1
        self.samples.append(tuple((clock() - then) / n for clock, then in zip(clocks, began, strict=True)))

    @property
    def seconds(self) -> float:
        return median(wall for wall, *_ in self.samples)

    @property
    def a_row(self) -> np.ndarray[Any, Any]:
        """Seconds of a row by the clock, of the processor, and of the processor in the calling thread."""
        return np.median(self.samples, axis=0) / self.fold.source.n_rows


def interleaved(places: list[tuple[Any, Executor]], rounds: int, *, first: bool = False) -> list[Passes]:
    """Take turns; what the first pass costs more (it brings data into place) counts only if asked for."""
    potentials = PROBLEM.problem()[1].potentials(PROBLEM.family)
    everybody = [Passes(Fold(source, engine_for(source.first), executor), potentials) for source, executor in places]
    least = 0.0
    for _ in range(rounds + (not first)):
        for passes in (*everybody, everybody[0]):  # the first one before and after the others
            passes.sample(least)
            least = max(least, SHARE * passes.samples[-1][0])
    for passes, n in zip(everybody, (2, *[1] * len(everybody)), strict=False):
        passes.samples = passes.samples[0 if first else n :]
    return everybody


def out_of_core(folder: Path, what: str, repeats: int, rounds: int) -> None:
    """Compare a pass over rows that are not in memory with passes over rows that are, row by row."""
    rows, _ = PROBLEM.problem()
    openers: dict[str, Callable[[], Source]] = {
        "npy": lambda: NpySource(written_npy(folder, rows, repeats)),
        "parquet": lambda: ArrowSource(written_parquet(folder, rows, repeats)),
        "blocks": lambda: BlocksSource(Again(rows, repeats)),
    }
    source = openers[what]()
    with LocalExecutor() as near:
        peak_since_start(reset=True)
        memory, outside = interleaved([(ArraySource(rows), near), (source, near)], rounds, first=True)
        peak = peak_since_start()
    wall, processor, alone = outside.a_row / memory.a_row
    gib = 8 * source.n_rows * source.n_features / 2**30
    print(f"{what}: {source.n_rows} rows, {gib:.1f} GiB, {source.n_rows * source.n_features} values, one thread")
    print(
        f"seconds an iteration {outside.seconds:.2f} ({gib / outside.seconds:.2f} GiB/s); time a row {wall:.2f}x that "
        f"of rows in memory, processor time {processor:.2f}x, {alone:.2f}x without the threads that read; "
        f"peak {peak / 2**20:.0f} MiB"
    )
    print(f"sums are {repeats} times those of the rows in memory: {compared(outside.sums, memory.sums, repeats)}")


def in_one_array(folder: Path, what: str, repeats: int, rounds: int) -> None:
    """Ask questions of one array whose numbers 32 bits cannot count: zeros, but for some rows in three places.

    Zeros that nobody wrote take no memory.
    """
    del folder, what, rounds
    rows, mixture = CHEAP.problem()
    engine, potentials, structure = engine_for(rows), mixture.potentials(CHEAP.family), CHEAP.family.structure
    n_rows = repeats * PROBLEM.n_rows
    zeros, n_zeros = np.zeros_like(rows), n_rows - 3 * len(rows)
    shares = np.array([0.125, 0.25, 0.625])
    for order in ("C", "F"):
        array = unwritten(n_rows * CHEAP.n_features).reshape((n_rows, CHEAP.n_features), order=order)
        for start in (0, n_rows // 2 + 77, n_rows - len(rows)):
            array[start : start + len(rows)] = rows

        def expectation(X: FloatArray) -> SufficientStatistics:
            return engine.statistics(Rows(X), potentials, structure)

        def moments(X: FloatArray) -> SufficientStatistics:
            given = np.broadcast_to(shares, (len(X), len(shares)))
            return engine.moments(Rows(X), given, potentials.center, structure)

        def together(X: FloatArray) -> SufficientStatistics:
            with LocalExecutor(2) as executor:
                return Fold(ArraySource(X), engine, executor).statistics(potentials, structure)

        # One call for so many equal rows rounds always the same way; a tree of chunks does not.
        for ask, allowed in ((expectation, 1e-7), (moments, 1e-7), (together, 1e-12)):
            expected = ask(rows).scaled(3.0) + ask(zeros).scaled(n_zeros / len(zeros))
            difference = largest_difference(ask(array), expected)
            print(f"{ask.__name__} of {array.size} values, order {order}: as that of the parts, to {difference:.1g}")
            refuse_if(difference > allowed, f"{ask.__name__}: sums differ by {difference:.2g}")
        half = array[n_rows // 2 - 77 :]
        for score in (engine.log_density, engine.labels):
            said, of_zero = score(half, potentials), score(zeros[:1], potentials)
            right = np.array_equal(said[-len(rows) :], score(rows, potentials))
            right &= np.array_equal(said[154 : 154 + len(rows)], score(rows, potentials))
            right &= bool(np.all(said[:154] == of_zero) and np.all(said[154 + len(rows) : -len(rows)] == of_zero))
            refuse_if(not right, f"{score.__name__}: other answers than those of the rows alone")
            print(f"{score.__name__} of {half.size} values, order {order}: as those of the parts")


def unwritten(n: int) -> FloatArray:
    """Give zeros, of which each page is in memory once it is written to; more of them than there is memory."""
    pages = mmap.mmap(-1, 8 * n, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE)
    pages.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(pages, np.float64)


def refuse_if(wrong: bool, message: str) -> None:
    if wrong:
        raise RuntimeError(message)


def largest_difference(one: SufficientStatistics, other: SufficientStatistics) -> float:
    """Give how much sums differ, relative to the largest of each kind; moments have no log-likelihood."""
    names = ("count", "shift", "scatter", "log_likelihood")
    pairs = [(np.asarray(getattr(one, name)), np.asarray(getattr(other, name))) for name in names]
    return max(float(np.max(np.abs(a - b))) / (float(np.max(np.abs(b))) or 1.0) for a, b in pairs)


def compared(total: SufficientStatistics | None, once: SufficientStatistics | None, repeats: int) -> str:
    """Say how sums of rows that come again and again differ from those of the rows: a power of two is exact.

    Raises
    ------
    RuntimeError
        If they differ by more than rounding, or rows were lost.
    """
    assert total is not None
    assert once is not None
    difference = largest_difference(total, once.scaled(float(repeats)))
    if total.n_rows != repeats * once.n_rows or difference > 1e-12:
        message = f"{total.n_rows} rows for {repeats} times {once.n_rows}, and sums that differ by {difference:.2g}"
        raise RuntimeError(message)
    return "to the bit" if difference == 0.0 else f"to {difference:.1g}"


@dataclass(frozen=True, slots=True)
class Again:
    """The same rows, again and again."""

    rows: np.ndarray[Any, Any]
    repeats: int

    def __iter__(self) -> Iterator[np.ndarray[Any, Any]]:
        return (self.rows for _ in range(self.repeats))


def on_dask(folder: Path, what: str, repeats: int, rounds: int) -> None:
    """Compare two workers of one thread with two threads in one process, on the same file."""
    import distributed  # noqa: PLC0415

    del what
    rows, _ = PROBLEM.problem()
    source = NpySource(written_npy(folder, rows, repeats))
    in_memory = ArraySource(np.tile(rows, (repeats, 1)))
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
        DaskExecutor(client) as dask,
        LocalExecutor(2) as threads,
    ):
        near, far = interleaved([(in_memory, threads), (source, dask)], rounds)
    ratio = far.seconds / near.seconds
    print(
        f"{source.n_rows} rows: two threads {near.seconds:.3f} s, Dask {far.seconds:.3f} s an iteration: {ratio:.2f}x"
    )


def on_spark(folder: Path, what: str, repeats: int, rounds: int) -> None:
    """Compare an iteration on Spark local[2] with one of MLlib's on the same frame, and where both end."""
    from pyspark.ml.clustering import GaussianMixture as Rival  # noqa: PLC0415
    from pyspark.ml.feature import VectorAssembler  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    del what
    rows, _ = PROBLEM.problem()
    written_parquet(folder, rows, repeats)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").config("spark.log.level", "ERROR")
    session = builder.config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false").getOrCreate()
    frame = session.read.parquet(str(folder)).cache()
    source = source_for(frame)
    assert source is not None
    vectors = VectorAssembler(inputCols=frame.columns, outputCol="features").transform(frame).select("features").cache()
    vectors.count()

    def climbed(n_steps: int) -> tuple[float, Any]:
        began = time.perf_counter()
        rival = Rival(k=16, maxIter=n_steps, tol=0.0, seed=0).fit(vectors)
        return time.perf_counter() - began, rival

    potentials = PROBLEM.problem()[1].potentials(PROBLEM.family)
    rival, theirs = climbed(1)[1], []
    with SparkExecutor() as spark:
        passes = Passes(Fold(source, engine_for(source.first), spark), potentials)
        passes.sample(0.0)  # Spark keeps the rows
        passes.samples.clear()
        for _ in range(rounds):
            passes.sample(SECONDS)
            few, (many, rival) = climbed(1)[0], climbed(1 + STEPS)
            theirs.append((many - few) / STEPS)
    ours, its = passes.seconds, median(theirs)
    print(f"{source.n_rows} rows: mixfold {ours:.2f} s, MLlib {its:.2f} s an iteration: {its / ours:.1f}x")
    model = GaussianMixture(16, max_iter=1 + STEPS, tol=0.0, random_state=0).fit(frame)
    parts = [(one.mean.toArray(), one.cov.toArray()) for one in rival.gaussians]
    found = Mixture(np.array(rival.weights), *(np.array(part) for part in zip(*parts, strict=True)))
    here, there = (float(np.mean(mixture.log_density(rows))) for mixture in (model.mixture_, found))
    print(f"log-likelihood of a row after {1 + STEPS} iterations: mixfold {here:.6f}, MLlib {there:.6f}")
    session.stop()


def written_npy(folder: Path, rows: np.ndarray[Any, Any], repeats: int) -> Path:
    """Write the rows so many times, unless that was done before."""
    path = folder / "rows.npy"
    if not path.exists():
        with path.open("wb") as file:
            header = {"descr": "<f8", "fortran_order": False, "shape": (repeats * len(rows), rows.shape[1])}
            np.lib.format.write_array_header_1_0(file, header)
            for _ in range(repeats):
                rows.tofile(file)
    return path


def written_parquet(folder: Path, rows: np.ndarray[Any, Any], repeats: int) -> Path:
    """Write the rows to so many files, those that are not there."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    table = pa.table({f"x{position}": column for position, column in enumerate(rows.T.copy())})
    for number in range(repeats):
        path = folder / f"{number:05d}.parquet"
        if not path.exists():
            parquet.write_table(table, path, use_dictionary=False)
    return folder


if __name__ == "__main__":
    main()
