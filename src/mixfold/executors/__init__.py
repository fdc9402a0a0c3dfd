"""Executors: the *place* where chunks are computed, one file an executor.

`Executor` (abstract.py) is the contract: results come back in the order of the chunks, so sums have the same bits on
every executor. `SerialExecutor` (serial.py) is the calling thread, `ThreadsExecutor` (threads.py) a pool; choice.py
picks one for `n_jobs`, and blas.py keeps BLAS to one thread inside both.
"""

from mixfold.executors.abstract import Executor
from mixfold.executors.choice import executor_for
from mixfold.executors.serial import SerialExecutor
from mixfold.executors.threads import ThreadsExecutor

__all__ = ["Executor", "SerialExecutor", "ThreadsExecutor", "executor_for"]
