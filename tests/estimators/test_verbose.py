"""What `verbose` prints."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.estimators.verbose import report, report_end
from mixfold.fitting import Iteration, Outcome, Run
from tests.examples import blobs


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Give what was printed."""
    return capsys.readouterr().out.splitlines()


def test_zero_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    report(Iteration(0, 0, -1.0, -1.0, 0.0), 0, 1)
    assert lines(capsys) == []


def test_one_prints_restarts_and_iterations_at_the_interval(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(5):
        report(Iteration(3, number, -1.0, -1.0, 0.0), 1, 2)
    assert lines(capsys) == ["Initialization 3", "  Iteration 2", "  Iteration 4"]


def test_two_adds_likelihood_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    report(Iteration(0, 2, -1.25, -1.5, 0.5), 2, 1)
    (line,) = lines(capsys)
    assert "-1.25" in line
    assert "0.500 s" in line


def test_the_end_of_a_fit_tells_what_pruning_saved(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(2, "kmeans", None, Outcome.CONVERGED, "It converged.", (), np.zeros(0), None, 0.875)
    report_end(run, [run], 1)
    assert lines(capsys) == ["Restart 2: It converged. Skipped 87.5% of the component evaluations."]


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_fit_reports_every_restart(capsys: pytest.CaptureFixture[str]) -> None:
    rows, _ = blobs(100, 2, 2)
    GaussianMixture(2, n_init=3, init_params="random_from_data", verbose=1, max_iter=5, random_state=0).fit(rows)
    printed = [line for line in lines(capsys) if line.startswith("Initialization")]
    assert printed == ["Initialization 0", "Initialization 1", "Initialization 2"]


@pytest.mark.parametrize("init_params", ["auto", "kmeans"])
def test_two_tells_where_every_start_came_to(init_params: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows, _ = blobs(100, 2, 2)
    model = GaussianMixture(2, init_params=init_params, verbose=2, random_state=0).fit(rows)
    told = [line for line in lines(capsys) if " per row, " in line]
    assert [line.split(":")[0].strip() for line in told] == [run.start for run in model.restarts_]
    assert told[-1].endswith(f"{model.lower_bound_:.6f} per row, converged, {model.n_iter_} iterations")


def test_a_choice_prints_a_line_for_each_mixture_and_tells_the_callback_too(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[int] = []
    settings = {"covariance_types": ["spherical"], "random_state": 0}
    seen = AutoGaussianMixture(
        [1, 2, 3, 4], verbose=1, callback=lambda cell, _: told.append(cell.n_components), **settings
    )
    seen.fit(blobs(100, 2, 2)[0])
    assert len(told) == len(lines(capsys)) > 2
