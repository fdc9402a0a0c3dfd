"""The contract of a contestant."""

from __future__ import annotations

from typing import Any, Protocol

from benchmarks.workloads import Workload
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

RIDGE = 1e-6
"""Added to the variances by those that can: it is far below what the log-likelihoods are compared to."""


class Unsuitable(Exception):  # noqa: N818 - not an error, but what stands in the table in place of a time
    """The contestant cannot run the workload, and why."""


class Contestant(Protocol):
    """One rival on one workload, at its start. Any method may raise `Unsuitable`."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None: ...

    def iterate(self, steps: int) -> None:
        """Take steps of E and M."""

    def log_likelihood(self) -> float:
        """Give the total log-likelihood at the parameters before the last M step."""

    def score_samples(self) -> Any:
        """Give the log density of every row, (n,)."""

    def predict_proba(self) -> Any:
        """Give the responsibilities of every row, (n, k)."""


MOST_GIBIBYTES = {"cpu": 2.0, "cuda": 48.0}
"""Of temporary arrays."""


def refuse_temporaries(workload: Workload, doubles_a_pair: int, device: str = "cpu") -> None:
    """Leave out a contestant that allocates this many numbers for each pair of row and component, if they are many."""
    gibibytes = 8 * workload.n_rows * workload.n_components * doubles_a_pair / 2**30
    if gibibytes > MOST_GIBIBYTES[device]:
        message = f"temporary arrays of {gibibytes:.0f} GiB"
        raise Unsuitable(message)
