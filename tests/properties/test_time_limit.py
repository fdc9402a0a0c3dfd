"""`max_time` ends a fit within a tenth of it or a pass over the data, in every phase; by a clock that counts work."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture, StudentMixture
from mixfold.engines import EMLoop, NativeEngine
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.errors import SelectionWarning
from mixfold.statistics import SufficientStatistics
from tests.examples import blobs

pytestmark = [
    pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels"),
    pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning"),
]


class Clock:
    """Moves by the pairs of row and component that the kernels look at, in seconds of a million pairs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        statistics, loops = NativeEngine.statistics_of_chunks, NativeEngine.em_loops

        def timed_statistics(engine: Any, rows: Any, potentials: Any, *more: Any) -> None:
            self.now += 1e-6 * rows.n * potentials.n_components
            statistics(engine, rows, potentials, *more)

        def timed_loops(engine: Any, rows: Any, starts: Any, step: Any, n_steps: int, *more: Any) -> Any:
            first, goes_on = starts[0], isinstance(starts[0], EMLoop)
            begun = first.place if goes_on else first
            n_components = len(begun.count) if isinstance(begun, SufficientStatistics) else len(begun[0])
            self.now += 1e-6 * rows.n * n_components * len(starts) * (n_steps + (not goes_on))
            return loops(engine, rows, starts, step, n_steps, *more)

        monkeypatch.setattr(NativeEngine, "statistics_of_chunks", timed_statistics)
        monkeypatch.setattr(NativeEngine, "em_loops", timed_loops)
        steps = import_module("mixfold.fitting.em_steps")  # the package has a function of this name
        monkeypatch.setattr(steps, "IN_TIME_WORK", 1 << 19)  # a tenth of a second of this clock
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give a clock that stands still but for the kernels."""
    return Clock(monkeypatch)


@pytest.mark.parametrize("init_params", ["auto", "kmeans"])
@pytest.mark.parametrize("max_time", [4.0, 10.0, 40.0])
@pytest.mark.parametrize("n_rows", [3000, 20_000])
def test_a_fit_of_many_components_ends_in_time(init_params: str, max_time: float, n_rows: int, clock: Clock) -> None:
    rows = np.random.default_rng(0).normal(size=(n_rows, 2))
    model = GaussianMixture(60, init_params=init_params, random_state=0, max_time=max_time, tol=0.0).fit(rows)
    a_pass = 1e-6 * n_rows * 60
    assert clock.now < 1.1 * max_time + 2.0 * a_pass
    assert str(model.outcome_) == "time limit"


def test_time_enough_changes_no_bit() -> None:
    rows, _ = blobs(2000, 5, 2)
    free, limited = (GaussianMixture(5, random_state=0, max_time=limit).fit(rows) for limit in (None, 1e6))
    np.testing.assert_array_equal(free.means_, limited.means_)


def test_restarts_that_have_no_time_are_not_begun(clock: Clock) -> None:
    rows = np.random.default_rng(0).normal(size=(3000, 2))
    settings: dict[str, Any] = {"init_params": "kmeans", "n_init": 50, "random_state": 0, "tol": 0.0, "max_iter": 10**6}
    model = GaussianMixture(20, max_time=3.0, **settings).fit(rows)
    assert len(model.restarts_) < 50
    assert clock.now < 4.0


def test_heavy_tails_have_what_their_start_left_of_the_time(clock: Clock) -> None:
    rows = np.random.default_rng(0).normal(size=(20_000, 2))
    StudentMixture(60, init_params="kmeans", random_state=0, max_time=40.0, tol=0.0).fit(rows)
    assert clock.now < 1.1 * 40.0 + 1e-6 * 20_000 * 60


def test_a_sweep_over_many_components_ends_in_time(clock: Clock) -> None:
    rows = np.random.default_rng(0).normal(size=(3000, 2))
    with pytest.warns(SelectionWarning, match="max_time"):
        AutoGaussianMixture([60, 70, 80], covariance_types=["full"], random_state=0, max_time=4.0).fit(rows)
    a_pass = 1e-6 * 3000 * 80
    assert clock.now < 1.1 * 4.0 + 7.0 * a_pass
