"""``python -m benchmarks.scale``: larger than memory, and on other executors; prints ratios and peak memory."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.measure import peak_since_start
from benchmarks.workloads import Workload
from mixfold.engines import engine_for
from mixfold.executors import DaskExecutor, Executor, SerialExecutor, SparkExecutor, ThreadsExecutor
from mixfold.fold import Fold
from mixfold.sources import ArraySource, ArrowSource, NpySource, Source, source_for

PROBLEM = Workload(2**18, 16, 16, "full")
"""The rows that files repeat: 32 MiB, D = 16, K = 16."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("what", choices=("npy", "parquet", "dask", "spark"))
    parser.add_argument("--gib", type=float, default=1.0, help="size of the rows as float64")
    parser.add_argument("--limit-mib", type=int, default=0, help="limit on the private memory of the process")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where files are made")
    options = parser.parse_args()
    if options.limit_mib:
        resource.setrlimit(resource.RLIMIT_DATA, (options.limit_mib << 20,) * 2)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        repeats = max(1, round(options.gib * 2**30 / (8 * PROBLEM.n_rows * PROBLEM.n_features)))
        {"npy": out_of_core, "parquet": out_of_core, "dask": on_dask, "spark": on_spark}[options.what](
            Path(folder), options.what, repeats, options.rounds
        )


def out_of_core(folder: Path, what: str, repeats: int, rounds: int) -> None:
    """Compare a pass over a file with passes over its rows in memory, row by row."""
    rows, _ = PROBLEM.problem()
    source: Source
    if what == "npy":
        write_npy(folder / "rows.npy", rows, repeats)
        source = NpySource(folder / "rows.npy")
    else:
        write_parquet(folder, rows, repeats)
        source = ArrowSource(folder)
    with SerialExecutor() as near:
        peak_since_start(reset=True)
        memory, file = interleaved([(ArraySource(rows), near), (source, near)], rounds)
        peak = peak_since_start()
    ratio = (file / source.n_rows) / (memory / len(rows))
    print(f"{what}: {source.n_rows} rows, {8 * source.n_rows * 16 / 2**30:.1f} GiB, one thread")
    print(
        f"seconds an iteration {file:.2f}; time a row {ratio:.2f}x that of rows in memory; peak {peak / 2**20:.0f} MiB"
    )


def on_dask(folder: Path, what: str, repeats: int, rounds: int) -> None:
    """Compare two workers of one thread with two threads in one process, on the same file."""
    import distributed  # noqa: PLC0415

    del what
    rows, _ = PROBLEM.problem()
    write_npy(folder / "rows.npy", rows, repeats)
    source = NpySource(folder / "rows.npy")
    in_memory = ArraySource(np.tile(rows, (repeats, 1)))
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
        DaskExecutor(client) as dask,
        ThreadsExecutor(2) as threads,
    ):
        ours, theirs = interleaved([(in_memory, threads), (source, dask)], rounds)
    print(f"{source.n_rows} rows: two threads {ours:.3f} s, Dask {theirs:.3f} s an iteration: {theirs / ours:.2f}x")


def on_spark(folder: Path, what: str, repeats: int, rounds: int) -> None:
    """Compare an iteration on Spark local[2] with one of MLlib's GaussianMixture on the same frame."""
    from pyspark.ml.clustering import GaussianMixture as Rival  # noqa: PLC0415
    from pyspark.ml.feature import VectorAssembler  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    del what
    rows, _ = PROBLEM.problem()
    write_parquet(folder, rows, repeats)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    frame = session.read.parquet(str(folder)).cache()
    source = source_for(frame)
    assert source is not None
    vectors = VectorAssembler(inputCols=frame.columns, outputCol="features").transform(frame).select("features").cache()
    vectors.count()
    with SparkExecutor() as spark:
        ours = interleaved([(source, spark)], rounds)[0]
    few, more = (timed(lambda n=n: Rival(k=16, maxIter=n, tol=0.0, seed=0).fit(vectors)) for n in (1, 1 + rounds))
    theirs = (more - few) / rounds
    print(f"{source.n_rows} rows: mixfold {ours:.2f} s, MLlib {theirs:.2f} s an iteration: {theirs / ours:.1f}x")
    session.stop()


def interleaved(places: list[tuple[Any, Executor]], rounds: int) -> list[float]:
    """Give the median seconds of a fold in each place."""
    potentials = PROBLEM.problem()[1].potentials(PROBLEM.family)
    folds = [Fold(source, engine_for(source.first), executor) for source, executor in places]
    samples: list[list[float]] = [[] for _ in folds]
    for _ in range(rounds + 1):
        for fold, times in zip(folds, samples, strict=True):
            times.append(timed(lambda fold=fold: fold.statistics(potentials, PROBLEM.family.structure)))
    return [median(times[1:]) for times in samples]  # the first brings data into place


def timed(function: Callable[[], Any]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def write_npy(path: Path, rows: np.ndarray[Any, Any], repeats: int) -> None:
    with path.open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (repeats * len(rows), rows.shape[1])}
        np.lib.format.write_array_header_1_0(file, header)
        for _ in range(repeats):
            rows.tofile(file)


def write_parquet(folder: Path, rows: np.ndarray[Any, Any], repeats: int) -> None:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    table = pa.table({f"x{position}": column for position, column in enumerate(rows.T.copy())})
    for number in range(repeats):
        parquet.write_table(table, folder / f"{number:05d}.parquet", use_dictionary=False)


if __name__ == "__main__":
    main()
