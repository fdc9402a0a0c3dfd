"""How hard a search tries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixfold.covariance import FAMILIES, Prior
from mixfold.engines import engine_for
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from mixfold.search import Effort
from mixfold.sources import ArraySource


def test_costly_steps_leave_less_effort() -> None:
    def effort(n_rows: int, family: str, times: int = 1) -> Effort:
        rows = np.zeros((n_rows, 10))
        with LocalExecutor() as executor:
            fold = Fold(ArraySource(rows), engine_for(rows), executor)
            return Effort.usual(Problem(fold, Penalized(FAMILIES[family], Prior.from_ridge(0.0))), 10, times)

    cheap, costly = effort(100, "full"), effort(100_000, "full")
    assert cheap.n_random > 2 * costly.n_random
    assert cheap.patience > 5 * costly.patience
    assert effort(100, "full", 3) == replace(cheap, n_turns=3)
    assert effort(2000, "VVE").n_random < effort(2000, "full").n_random  # its M step is an iteration
