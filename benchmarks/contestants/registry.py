"""All contestants by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from benchmarks.contestants.abstract import Contestant
from benchmarks.contestants.ours import Arrays, EMLoop, Mixfold
from benchmarks.contestants.scikit_learn import ScikitLearn
from benchmarks.workloads import Workload

SMALL_ROWS = 4096
"""Up to here the native contestant runs the whole loop in C++."""

RIVALS = {
    "OpenCV": ("cv2", "opencv", "OpenCV"),
    "torchgmm": ("torchgmm", "torchgmm", "TorchGMM"),
    "tgmm": ("tgmm", "tgmm", "TGMM"),
    "pomegranate": ("pomegranate", "pomegranate", "Pomegranate"),
    "gmmx (float32)": ("gmmx", "gmmx", "GMMX"),
}
"""The package that must be installed, the file here, and its class."""


def contestants(workload: Workload) -> dict[str, Callable[..., Contestant]]:
    """Name those that may run on the workload, ours first."""
    named: dict[str, Callable[..., Contestant]] = {
        "mixfold": EMLoop if workload.n_rows <= SMALL_ROWS else Mixfold,
        "scikit-learn": ScikitLearn,
    }
    if workload.n_rows * workload.n_components * workload.n_features**2 <= 10**9:
        named["arrays"] = Arrays
    for name, (package, file, contestant) in RIVALS.items():
        if find_spec(package) is not None:
            named[name] = getattr(import_module(f"benchmarks.contestants.{file}"), contestant)
    return named
