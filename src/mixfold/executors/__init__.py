"""Executors: the *place* where chunks are computed, one file an executor.

`Executor` (abstract.py) is the contract: results come back in the order of the chunks, so sums have the same bits on
every executor. `LocalExecutor` (local.py) is the calling thread or a pool of threads, `DevicesExecutor` (devices.py)
the GPUs of this machine, `DaskExecutor` (dask.py) and `SparkExecutor` (spark.py) are clusters; registry.py picks one
for `n_jobs` and the source, and blas.py keeps BLAS to one thread inside them all. `side_by_side` runs whole fits in
threads.
"""

from mixfold.executors.abstract import Executor
from mixfold.executors.dask import DaskExecutor
from mixfold.executors.devices import DevicesExecutor
from mixfold.executors.local import LocalExecutor
from mixfold.executors.registry import EXECUTORS, executor_for, is_executor
from mixfold.executors.side_by_side import side_by_side
from mixfold.executors.spark import SparkExecutor

__all__ = [
    "EXECUTORS",
    "DaskExecutor",
    "DevicesExecutor",
    "Executor",
    "LocalExecutor",
    "SparkExecutor",
    "executor_for",
    "is_executor",
    "side_by_side",
]
