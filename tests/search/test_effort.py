"""How hard a search tries."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import numpy as np

from mixfold.covariance import FAMILIES, Prior
from mixfold.engines import engine_for
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from mixfold.search import Effort, can_search, in_share_of_time
from mixfold.sources import ArraySource


def test_costly_steps_leave_less_effort() -> None:
    def effort(n_rows: int, family: str, times: int = 1, engine: str = "auto") -> Effort:
        rows = np.zeros((n_rows, 10))
        with LocalExecutor() as executor:
            fold = Fold(ArraySource(rows), engine_for(rows, engine), executor)
            return Effort.usual(Problem(fold, Penalized(FAMILIES[family], Prior.from_ridge(0.0))), 10, times)

    cheap, costly = effort(100, "full"), effort(100_000, "full")
    assert cheap.n_random > 2 * costly.n_random
    assert cheap.patience > 5 * costly.patience
    assert effort(100, "full", 3) == replace(cheap, n_turns=3)
    without = partial(effort, 2000, engine="array")
    assert without("VVE").n_random < without("full").n_random  # its M step is an iteration
    if NATIVE_AVAILABLE:  # within the engine
        assert effort(2000, "VVE") == effort(2000, "full")


def test_a_sample_tells_few_components_and_all_rows_any_number() -> None:
    full, diagonal = FAMILIES["full"], FAMILIES["diag"]
    few, many = ArraySource(np.zeros((16_384, 8))), ArraySource(np.zeros((16_385, 8)))
    assert can_search(few, full, 5000)
    assert not can_search(many, full, 5000)
    assert can_search(many, full, 200)
    assert can_search(many, diagonal, 256)
    assert not can_search(many, diagonal, 257)
    assert not can_search(many, full, 300)


def test_a_share_of_no_limit_is_none_and_of_time_a_part_of_what_is_left() -> None:
    fold = Fold.of_rows(np.zeros((3, 1)))
    assert in_share_of_time(fold, 0.1).deadline == np.inf
    now = time.perf_counter()
    limited = in_share_of_time(replace(fold, deadline=now + 1000.0), 0.25)
    assert now + 250.0 <= limited.deadline < now + 1000.0
    assert limited.source is fold.source
