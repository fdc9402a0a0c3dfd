"""What is shown while a command runs says how much is done, and what is left."""

from __future__ import annotations

import time

import numpy as np
import pytest

from mixfold.cli import progress as module
from mixfold.cli.progress import FitProgress, SweepProgress
from mixfold.fitting import Iteration, Outcome
from mixfold.parameters import Parameters
from mixfold.search import Evidence, GridModel


def cell(k: int, family: str, bic: float) -> GridModel:
    parameters = Parameters(np.full(k, 1.0 / k), np.zeros((k, 1)), np.ones((k, 1, 1)))
    return GridModel(k, family, Outcome.CONVERGED, "", parameters, Evidence(-0.5 * bic, 0, 1.0))


def after(progress: SweepProgress, *cells: GridModel) -> str:
    """Show cells one by one, and give what is said then."""
    for number in range(len(cells)):
        progress(cells[number], min(cells[: number + 1], key=lambda one: one.value("bic")))
    return progress._sentence(min(cells, key=lambda one: one.value("bic")))


def test_cells_count_by_their_components_as_far_as_a_sweep_goes_if_the_best_remains() -> None:
    said = after(SweepProgress("bic", None, 1), cell(1, "full", 9.0), cell(2, "full", 5.0))
    assert "K = 2 · 2 cells · best so far 2 x full with bic 5" in said
    assert "20%" in said  # (1 + 2) of 1 + 2 + 3 + 4 + 5: it ends when three were worse


def test_a_range_ends_where_it_ends() -> None:
    said = after(SweepProgress("bic", [1, 2, 3], 2), cell(1, "full", 9.0), cell(1, "tied", 9.0), cell(2, "full", 5.0))
    assert "33%" in said  # (1 + 1 + 2) of 2 (1 + 2 + 3)


def test_everything_done_is_all_and_nothing_is_left() -> None:
    said = after(SweepProgress("bic", [2], 1), cell(2, "full", 5.0))
    assert "100%, 0 s left" in said


def test_no_more_seconds_are_left_than_the_caller_gives() -> None:
    progress = SweepProgress("bic", None, 14, max_time=3.0)
    progress._began = time.perf_counter() - 2.0
    assert "%, 1 s left" in after(progress, cell(1, "full", 9.0))


def test_the_best_ones_that_are_tried_again_are_named_so() -> None:
    said = after(SweepProgress("bic", [1], 1), cell(1, "full", 9.0), cell(1, "full", 8.0))
    assert said.endswith("the best ones again")


@pytest.mark.parametrize("levels", [[2, 4, 8], [5, 6]])
def test_levels_may_have_gaps(levels: list[int]) -> None:
    assert "%" in after(SweepProgress("bic", levels, 1), *(cell(k, "full", 10.0 - k) for k in levels[:1]))


def test_of_a_posterior_the_bound_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with FitProgress(None, 100, is_bound=True) as progress:
        progress(Iteration(1, 0, -1.0, -2.0, 0.0))
    assert capsys.readouterr().err.splitlines() == ["search: evidence lower bound -2 per row after 1 iteration"]


def test_a_long_search_says_in_a_log_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "LOG_SECONDS", 0.0)
    with FitProgress(None, 100) as progress:
        for number in range(3):
            progress(Iteration(number, 1, -float(3 - number), -float(3 - number), 0.0))
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "search: log-likelihood -2 per row after 2 iterations"
    assert lines[-1] == "search: log-likelihood -1 per row after 3 iterations"
