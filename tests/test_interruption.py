"""Ctrl-C ends what would take minutes, whatever is under way: a process of its own, and a real signal."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from mixfold.engines.kernels import NATIVE_AVAILABLE

ENOUGH = 60
"""Seconds within which an interrupted process must have ended; uninterrupted ones would take several times that."""

# One row that is there once, and counts as a hundred million.
LONG_PREDICTION = """
import numpy as np
from mixfold.engines import NativeEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.sources import ArraySource
from mixfold.structures import FULL

k, d = 200, 32
random = np.random.default_rng(0)
potentials = Potentials(np.zeros(k), random.normal(size=(k, d)), np.stack([np.eye(d)] * k), FULL)
rows = np.broadcast_to(random.normal(size=d), (100_000_000, d))
with LocalExecutor({n_threads}) as executor:
    print("begun", flush=True)
    Fold(ArraySource(rows), NativeEngine(), executor).log_density(potentials)
"""

LONG_LOOPS = """
import numpy as np
from mixfold.engines import MStep, NativeEngine
from mixfold.executors import LocalExecutor
from mixfold.fold.loops import em_loops
from mixfold.prior import Prior
from mixfold.sources import ArraySource
from mixfold.structures import FULL

k, d = 20, 16
random = np.random.default_rng(0)
source = ArraySource(random.normal(size=(16_000, d)))
start = np.full(k, 1 / k), random.normal(size=(k, d)), np.stack([np.eye(d)] * k)
with LocalExecutor({n_threads}) as executor:
    print("begun", flush=True)
    em_loops(NativeEngine(), executor, source, [start, start], MStep(FULL, Prior.from_ridge(1e-6)), 1_000_000)
"""

LONG_LIST_OF_MERGES = """
import numpy as np
from mixfold.engines.split_merge import merge_losses

k, d = 3000, 60
mixture = np.full(k, 1 / k), np.zeros((k, d)), np.stack([np.eye(d)] * k)
print("begun", flush=True)
merge_losses(*mixture)
"""

LONG_CHOICE = """
import numpy as np
from mixfold import AutoGaussianMixture

random = np.random.default_rng(0)
X = random.normal(size=(40_000, 12)) + random.integers(0, 30, size=(40_000, 1)) * random.normal(size=12)


def begun(cell, best):
    print("begun", flush=True)


AutoGaussianMixture(range(3, 60), n_jobs=2, random_state=0, callback=begun).fit(X)
"""

LONG_GROUPS = """
import threading
import numpy as np
from mixfold import fit_many

X = np.random.default_rng(0).normal(size=(80_000, 8))
threading.Timer(2.0, print, ["begun"], {"flush": True}).start()
fit_many(X, offsets=[0, 40_000, 80_000], n_components=20, tol=0.0, max_iter=1_000_000, random_state=0, n_jobs=2)
"""


def interrupted(code: str) -> subprocess.CompletedProcess[str]:
    """Run a program, and interrupt it once it says that it has begun."""
    command = [sys.executable, "-u", "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=ENOUGH)
        finally:
            process.kill()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("n_threads", [pytest.param(1, marks=pytest.mark.nightly), 2])
def test_a_long_prediction_ends_when_it_is_interrupted(n_threads: int) -> None:
    ended = interrupted(LONG_PREDICTION.format(n_threads=n_threads))
    assert ended.returncode == -signal.SIGINT
    assert ended.stderr.endswith("KeyboardInterrupt\n")


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("code", [LONG_LOOPS.format(n_threads=n) for n in (1, 2)] + [LONG_LIST_OF_MERGES])
def test_a_single_call_ends_when_it_is_interrupted(code: str) -> None:
    ended = interrupted(code)
    assert ended.returncode == -signal.SIGINT
    assert ended.stderr.endswith("KeyboardInterrupt\n")


def test_a_choice_in_threads_ends_when_it_is_interrupted_and_leaves_no_thread_to_die() -> None:
    ended = interrupted(LONG_CHOICE)
    assert ended.returncode == -signal.SIGINT  # a thread that outlives the interpreter would abort it
    assert ended.stderr.endswith("KeyboardInterrupt\n")


def test_fits_of_large_groups_in_threads_end_when_they_are_interrupted() -> None:
    ended = interrupted(LONG_GROUPS)
    assert ended.returncode == -signal.SIGINT
    assert ended.stderr.endswith("KeyboardInterrupt\n")
