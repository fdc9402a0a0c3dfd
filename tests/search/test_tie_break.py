"""What cannot be told from the best is left to another criterion; what can be, is not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mixfold.engines import engine_for
from mixfold.executors import LocalExecutor
from mixfold.fitting import Outcome
from mixfold.fold import Fold
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.search import Evidence, GridModel
from mixfold.search.tie_break import STANDARD_ERRORS, rivals, standard_error
from mixfold.sources import ArraySource

ROWS = np.random.default_rng(0).normal(size=(200, 1))


@pytest.fixture(name="fold")
def _fold() -> Iterator[Fold]:
    with LocalExecutor() as executor:
        yield Fold(ArraySource(ROWS), engine_for(ROWS), executor)


def cell(
    mean: float, bic: float, share: float, outcome: Outcome = Outcome.CONVERGED, n_components: int = 2
) -> GridModel:
    """Give a cell of given BIC; its ICL is larger by -2 `share`."""
    weights, covariances = np.full(n_components, 1.0 / n_components), np.ones((n_components, 1, 1))
    parameters = Parameters(weights, np.full((n_components, 1), mean), covariances)
    return GridModel(n_components, "full", outcome, "", parameters, Evidence(-0.5 * bic, 0, len(ROWS), share))


def tied(fold: Fold, best: GridModel, *others: GridModel) -> list[GridModel]:
    return [one for one, _ in rivals(fold, [best, *others], best, "bic", "icl")]


def test_the_standard_error_is_that_of_minus_twice_the_sum(fold: Fold) -> None:
    ratios = np.random.default_rng(1).normal(2.0, 3.0, 200)
    assert standard_error(fold, ratios) == pytest.approx(2.0 * np.sqrt(200.0) * np.std(ratios))


def test_weights_count_as_rows() -> None:
    counts, ratios = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
    with LocalExecutor() as executor:
        fold = Fold(ArraySource(ROWS[:3], Marks(counts)), engine_for(ROWS), executor)
        repeated = Fold(ArraySource(ROWS[:6]), engine_for(ROWS), executor)
        expected = standard_error(repeated, np.repeat(ratios, counts.astype(int)))
        assert standard_error(fold, ratios) == pytest.approx(expected)


@pytest.mark.parametrize(("errors", "is_rival"), [(0.9 * STANDARD_ERRORS, True), (1.1 * STANDARD_ERRORS, False)])
def test_a_cell_is_told_from_the_best_by_standard_errors(fold: Fold, errors: float, *, is_rival: bool) -> None:
    # The log ratio of unit variances with means 0 and 1 is 1/2 - x.
    behind = errors * 2.0 * np.sqrt(200.0) * float(np.std(ROWS))
    best, other = cell(0.0, 1000.0, -900.0), cell(1.0, 1000.0 + behind, 0.0)
    assert tied(fold, best, other) == [other] * is_rival


@pytest.mark.parametrize(
    ("n_best", "n_other", "behind", "is_rival"),
    [(2, 3, 9.0, True), (2, 3, 11.0, False), (3, 2, 30.0, True), (2, 1, 9.0, True), (2, 1, 11.0, False)],
)
def test_very_strong_evidence_is_passed_over_neither_to_add_components_nor_to_leave_one(
    fold: Fold, n_best: int, n_other: int, behind: float, *, is_rival: bool
) -> None:
    best = cell(0.0, 1000.0, -900.0, n_components=n_best)
    other = cell(1.0, 1000.0 + behind, 0.0, n_components=n_other)  # three standard errors are 80
    assert tied(fold, best, other) == [other] * is_rival


def test_what_decided_is_told_in_numbers(fold: Fold) -> None:
    best, other = cell(0.0, 1000.0, -90.0, n_components=3), cell(1.0, 1020.0, 0.0)
    ((_, tie),) = rivals(fold, [best, other], best, "bic", "icl")
    said = tie.told("bic", "icl")
    assert said.startswith("ICL decides")
    errors = 20.0 / (2.0 * np.sqrt(200.0) * np.std(ROWS))
    assert "3 component(s), full, with the smallest BIC, 1000.000" in said
    assert f"(20.0 less, {errors:.1f} standard errors)" in said


def test_the_one_that_the_tie_break_likes_best_is_first(fold: Fold) -> None:
    best, second, first = cell(0.0, 1000.0, -9.0), cell(0.1, 1001.0, -4.0), cell(0.2, 1002.0, -1.0)
    assert tied(fold, best, second, first) == [first, second]


def test_cells_that_the_tie_break_likes_less_or_that_are_flawed_are_no_rivals(fold: Fold) -> None:
    best = cell(0.0, 1000.0, -1.0)
    less, flawed = cell(0.1, 1001.0, -5.0), cell(0.2, 999.0, 0.0, Outcome.DEGENERATE)
    assert tied(fold, best, less, flawed) == []
