"""A sweep that goes up by itself does work by the number of rows, and says what it left out for that."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.errors import SelectionWarning
from mixfold.estimators.warnings import warn_about_choice
from mixfold.fitting import Outcome
from mixfold.fold import Fold
from mixfold.search import GridModel, Sweep
from mixfold.search.budget import BEHIND, CELL, DEAR, FEWEST_ROWS, MOMENT, PRODUCT, SHORT, STEP, WORK_IS_DONE, Budget
from mixfold.search.finish import SEARCHED
from mixfold.typing import FloatArray


def curve() -> FloatArray:
    """Give rows along a curve without noise, of which more components say ever more."""
    t = np.linspace(0.0, 6.0, 90)
    return np.column_stack([t * np.cos(2.0 * t), t * np.sin(2.0 * t)])


def test_work_is_by_the_row_and_not_below_that_of_a_thousand() -> None:
    assert Budget.of(10).total == Budget.of(FEWEST_ROWS).total
    assert Budget.of(5000).total == 5.0 * Budget.of(1000).total
    assert Budget().total == math.inf


def test_a_budget_is_first_short_and_then_spent() -> None:
    budget = Budget(total=100.0)
    assert (budget.is_short, budget.is_spent) == (False, False)
    budget.spent = 100.0 * SHORT + 1.0
    assert (budget.is_short, budget.is_spent) == (True, False)
    budget.spent = 101.0
    assert budget.is_spent
    assert not replace(budget, shortens=False).is_short


def test_cells_steps_and_rows_under_each_component_are_paid_for() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 3))
    swept = Sweep(Fold.of_rows(rows), [2], ["full", "diag"], "bic", 0).run()
    cell = swept.cells[0]
    n_steps = sum(climb.n_iter for climb in cell.climbs)

    def paid(n_rows: int, n_features: int = 1) -> float:
        budget = Budget()
        budget.pay_for(cell, n_rows, n_features)
        return budget.spent

    assert n_steps > 0
    assert paid(0) == pytest.approx(CELL + STEP * n_steps)
    assert paid(100) - paid(0) == pytest.approx(100 * 2 * PRODUCT)
    assert paid(100, 90) - paid(100) == pytest.approx((MOMENT * 100 * 2 * 90**2 - STEP) * n_steps)
    starts = Budget()
    starts.pay_for_starts(100, 4, 3)
    assert starts.spent == pytest.approx(100 * 4 * 9 * PRODUCT)


def test_families_that_are_behind_do_not_go_on_when_work_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixfold.search.budget.FEWEST_ROWS", 200.0)
    families = ["full", "tied", "diag", "spherical", "EEV", "VVE"]
    swept = Sweep(Fold.of_rows(curve()), None, families, "bic", 0).run()
    behind = {cell.n_components for cell in swept.cells if cell.reason == BEHIND}
    assert behind
    assert min(behind) > 1
    for k in behind:
        left = {cell.covariance_type for cell in swept.cells if cell.n_components == k and cell.reason != BEHIND}
        assert "full" in left
        assert len(left) < len(families)
    assert all(cell.outcome is Outcome.SKIPPED for cell in swept.cells if cell.reason == BEHIND)


def test_with_as_many_components_as_the_best_every_family_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until each of many groups that are alike has its component, a family that says that they are is behind."""
    monkeypatch.setattr("mixfold.search.budget.FEWEST_ROWS", 200.0)
    families = ["full", "tied", "diag", "spherical", "EEV", "VVE"]
    swept = Sweep(Fold.of_rows(curve()), None, families, "bic", 0).run()
    behind = {cell.n_components for cell in swept.cells if cell.reason == BEHIND}
    assert min(behind) < swept.chosen.n_components
    assert swept.chosen.n_components not in behind


def test_common_axes_of_many_features_are_left_out_and_the_choice_is_made_among_others() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(120, 60)) + 2.0 * np.repeat(np.eye(60)[:2], 60, axis=0)
    families = ["full", "spherical", "VVE", "EVE", "VEE"]
    swept = Sweep(Fold.of_rows(rows), None, families, "bic", 0).run()
    left_out = {cell.covariance_type for cell in swept.cells if cell.reason == DEAR}
    assert left_out == {"VVE", "EVE"}
    assert not any(cell.parameters for cell in swept.cells if cell.covariance_type in left_out)
    given = Sweep(Fold.of_rows(rows), [1, 2], families, "bic", 0).run()
    assert not any(cell.reason == DEAR for cell in given.cells)


def test_a_choice_of_many_features_whose_m_step_is_an_iteration_gets_no_search_by_default() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(420, 60)) @ random.normal(size=(60, 60))
    rows[210:] = 0.3 * rows[210:] + 40.0
    fold = Fold.of_rows(rows)
    by_default, given = (Sweep(fold, levels, ["VEE", "EII"], "bic", 0).run() for levels in (None, [1, 2]))
    assert by_default.chosen.n_components == given.chosen.n_components == 2
    assert [one.chosen.reason == SEARCHED for one in (by_default, given)] == [False, True]
    part = Sweep(fold, [1, 2], ["VEE", "EII"], "bic", 0, known=[]).run()
    assert part.chosen.reason != SEARCHED


def test_of_many_features_no_more_components_are_searched_for_than_the_choice_has() -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=(3, 40))[random.integers(3, size=420)]
    rows += random.normal(size=(420, 40)) * np.exp(0.7 * random.normal(size=(420, 1)))
    seen: list[tuple[int, str]] = []

    def keep(cell: GridModel, best: GridModel) -> None:
        del best
        seen.append((cell.n_components, cell.covariance_type))

    swept = Sweep(Fold.of_rows(rows), None, ["diag", "EII"], "bic", 0, observer=keep).run()
    k = swept.chosen.n_components
    assert (seen.count((k, "diag")) > 1, seen.count((k + 1, "diag"))) == (True, 1)


def test_a_level_that_is_not_reached_says_so_and_the_fit_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixfold.search.budget.FEWEST_ROWS", 1.0)
    monkeypatch.setattr("mixfold.search.budget.MICROSECONDS_PER_ROW", 300.0)
    with pytest.warns(SelectionWarning, match="all the work was done that so many rows get by default"):
        model = AutoGaussianMixture(covariance_types=["full", "tied", "diag"], random_state=0).fit(curve())
    last = model.results_[-1]
    assert (last["outcome"], last["reason"]) == ("skipped", WORK_IS_DONE)
    assert model.n_components_ < last["n_components"]


def test_a_fit_still_warns_where_a_cell_past_the_end_was_looked_at() -> None:
    swept = Sweep(Fold.of_rows(curve()), [1, 2, 3], ["full"], "bic", 0).run()
    left = replace(swept.cells[1], outcome=Outcome.SKIPPED, reason=WORK_IS_DONE)
    ended = replace(swept, chosen=swept.cells[0], cells=[swept.cells[0], left, swept.cells[2]])
    with pytest.warns(SelectionWarning, match="before 2 components"):
        warn_about_choice(ended, None)


def test_weights_of_many_copies_ask_for_no_more_components_than_rows() -> None:
    rows = np.random.default_rng(0).normal(size=(12, 1))
    model = AutoGaussianMixture(covariance_types=["tied"], random_state=0).fit(rows, sample_weight=np.full(12, 1e12))
    assert max(cell["n_components"] for cell in model.results_) <= 12


def test_a_sweep_goes_on_while_it_finds_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixfold.search.budget.FEWEST_ROWS", 1.0)
    monkeypatch.setattr("mixfold.search.budget.MICROSECONDS_PER_ROW", 1.0)
    random = np.random.default_rng(0)
    rows = np.repeat(random.uniform(-60.0, 60.0, (12, 2)), 25, axis=0) + 0.5 * random.normal(size=(300, 2))
    swept = Sweep(Fold.of_rows(rows), None, ["full", "EII"], "bic", 0).run()
    assert swept.chosen.n_components == 12


def test_a_range_that_is_given_is_done_whatever_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixfold.search.budget.FEWEST_ROWS", 1.0)
    monkeypatch.setattr("mixfold.search.budget.MICROSECONDS_PER_ROW", 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SelectionWarning)
        model = AutoGaussianMixture(range(1, 5), covariance_types=["full", "tied"], random_state=0).fit(curve())
    assert not any(row["reason"] in (BEHIND, WORK_IS_DONE) for row in model.results_)


def test_what_is_left_out_does_not_depend_on_how_many_cells_are_computed_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mixfold.search.budget.FEWEST_ROWS", 200.0)
    fold, families = Fold.of_rows(curve()), ["full", "tied", "diag", "EEV"]
    one, two = (Sweep(fold, None, families, "bic", 0, n_jobs=n_jobs).run() for n_jobs in (1, 2))
    told = [[(cell.n_components, cell.covariance_type, cell.reason) for cell in swept.cells] for swept in (one, two)]
    assert told[0] == told[1]
    np.testing.assert_array_equal(one.parameters.means, two.parameters.means)


def test_full_covariances_that_are_too_much_work_are_not_searched_for_beside_the_choice() -> None:
    """Two of sixty features have more parameters than there are rows, and an integral worth a look."""
    random = np.random.default_rng(0)
    rows = random.uniform(size=(600, 60)) @ random.normal(size=(60, 60))
    seen: list[tuple[int, str]] = []
    Sweep(
        Fold.of_rows(rows), None, ["full", "EII"], "bic", 0, tie_break="icl",
        observer=lambda cell, _: seen.append((cell.n_components, cell.covariance_type)),
    ).run()  # fmt: skip
    assert seen.count((2, "full")) == 1


def test_parts_of_many_features_begin_where_all_rows_ended() -> None:
    random = np.random.default_rng(0)
    rows = np.repeat(3.0 * random.normal(size=(3, 60)), 150, axis=0) + random.normal(size=(450, 60))
    whole = Sweep(Fold.of_rows(rows), [2, 3, 4], ["EII"], "bic", 0).run()
    part = Sweep(Fold.of_rows(rows[::2]), [2, 3, 4], ["EII"], "bic", 0, known=whole.cells).run()
    alone = Sweep(Fold.of_rows(rows[::2]), [2, 3, 4], ["EII"], "bic", 0, known=[]).run()
    assert all("end of EII" in {climb.start for climb in cell.climbs} for cell in part.cells if cell.climbs)
    assert part.chosen.n_components == alone.chosen.n_components == 3
    assert not any(cell.reason == SEARCHED for cell in (*part.cells, *alone.cells))
