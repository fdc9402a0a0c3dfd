"""What is chosen has come to its end, whatever cells promised before."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.errors import CollapseError
from mixfold.fitting import DataScale, Outcome
from mixfold.fitting.invariant_coordinates import MATRIX_FEATURES
from mixfold.fold import Fold
from mixfold.parameters import Parameters
from mixfold.search.budget import Budget
from mixfold.search.comparison import Comparison
from mixfold.search.criteria import Evidence
from mixfold.search.grid_fit import fit_grid_model
from mixfold.search.grid_model import GridModel
from mixfold.search.selection import Grid, Selection, key_of
from mixfold.search.start import Start

RNG = np.random.default_rng(6)
ROWS = np.concatenate([RNG.normal(place, 1.0, (80, 1)) for place in (0.0, 9.0)])


def comparison(deadline: float = math.inf, rows: np.ndarray = ROWS) -> Comparison:
    fold = Fold.of_rows(rows)
    return Comparison(fold, "bic", deadline, DataScale.of(fold))


def fitted(k: int, name: str = "full", rows: np.ndarray = ROWS) -> GridModel:
    means = np.quantile(rows, (np.arange(k) + 0.5) / k, axis=0)
    start = Parameters(np.full(k, 1.0 / k), means, np.tile(np.cov(rows.T).reshape(1, 1, 1), (k, 1, 1)))
    return fit_grid_model(
        comparison(rows=rows), k, family_for(name), [Start("quantiles", start, family_for("full"))], math.inf
    )


def choice(*cells: GridModel, deadline: float = math.inf, tie_break: str | None = None) -> Selection:
    known: Grid = {key_of(cell): cell for cell in cells}
    return Selection(comparison(deadline), known, tie_break, 0)


def promising(cell: GridModel, log_likelihood: float) -> GridModel:
    """Let a cell claim a log-likelihood."""
    assert cell.evidence is not None
    return replace(cell, evidence=replace(cell.evidence, log_likelihood=log_likelihood))


def test_a_cell_that_does_not_end_where_it_seemed_to_is_not_chosen() -> None:
    one, two = fitted(1), fitted(2)
    chosen, _ = choice(promising(one, 0.0), two).run()
    assert chosen.cell.n_components == 2


def test_a_cell_that_ends_with_too_few_rows_is_not_chosen_while_others_are_sound() -> None:
    rows = ROWS[::20]  # eight
    one, two = fitted(1, rows=rows), fitted(3, rows=rows)
    few = replace(two, outcome=Outcome.CONVERGED, evidence=Evidence(100.0, 8, 8.0))
    chosen, reason = Selection(comparison(rows=rows), {key_of(one): one, key_of(few): few}, None, 0).run()
    assert chosen.cell.n_components == 1
    assert reason.startswith("It has the smallest BIC of all that are sound. 3 component(s), full, would have ")
    assert reason.endswith(f"but: {Outcome.FEW_ROWS.value}")
    alone, _ = Selection(comparison(rows=rows), {key_of(few): few}, None, 0).run()
    assert alone.cell.outcome is Outcome.FEW_ROWS


def test_a_cell_that_was_given_up_has_converged_when_it_is_chosen() -> None:
    two = replace(fitted(2), outcome=Outcome.DROPPED)
    made = choice(fitted(1), two)
    chosen, reason = made.run()
    assert chosen.cell is made.cells[2, "full"]
    assert chosen.cell.outcome is Outcome.CONVERGED
    assert reason == "It has the smallest BIC."
    assert not made.is_cut


def test_other_families_that_are_close_get_searches_too_and_far_ones_do_not() -> None:
    made = choice(fitted(1), fitted(2), fitted(2, "tied"))
    chosen, _ = made.run()
    assert chosen.cell.n_components == 2
    assert "search of its own" in made.cells[2, "tied"].reason
    assert "search of its own" in made.cells[2, "full"].reason
    assert "search of its own" not in made.cells[1, "full"].reason


def test_one_component_leaves_nothing_to_search_for() -> None:
    made = choice(fitted(1))
    chosen, _ = made.run()
    assert chosen.is_searched
    assert "search of its own" not in chosen.cell.reason
    assert not made.is_cut


def test_time_that_is_over_leaves_the_choice_and_says_so() -> None:
    made = choice(fitted(2), deadline=time.perf_counter())
    chosen, _ = made.run()
    assert chosen.cell.outcome is Outcome.TIME_LIMIT
    assert made.is_cut


def test_without_an_answer_there_is_no_choice() -> None:
    with pytest.raises(CollapseError, match="no density"):
        choice(GridModel(1, "full", Outcome.COLLAPSED, "no density")).run()


def test_a_cell_that_was_ended_for_what_its_rows_pay_is_chosen_if_it_has_become_the_best() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.uniform(place - 1.0, place + 1.0, (80, 1)) for place in (0.0, 3.0, 9.0)])
    two, three = fitted(2, rows=rows), fitted(3, rows=rows)
    assert two.evidence is not None
    unfinished = promising(three, two.evidence.log_likelihood)
    cells: Grid = {key_of(cell): cell for cell in (two, unfinished)}
    chosen, reason = Selection(comparison(rows=rows), cells, "icl", 0).run()
    assert (chosen.cell.n_components, reason) == (3, "It has the smallest BIC.")


def test_many_components_are_searched_for_though_all_work_is_done() -> None:
    """Searches are little work beside a sweep over many families, and what a sweep misses of many components is much."""
    selection = choice(fitted(1))
    selection.budget = Budget(total=1e9, spent=2e9)
    many = replace(fitted(1), n_components=8)
    assert selection._left_to_search(many, [9, 10]) == {9, 10}
    assert selection._left_to_search(fitted(1), [3, 4]) == set()
    selection.searches = False
    assert selection._left_to_search(many, [9, 10]) == set()


@pytest.mark.parametrize(("gain", "gaussian", "taken"), [(7.0, True, True), (5.0, True, False), (7.0, False, False)])
def test_more_of_many_are_taken_if_they_are_gaussian_and_strong_evidence_says_so(
    *, gain: float, gaussian: bool, taken: bool
) -> None:
    selection = choice(fitted(1), fitted(2))
    selection.run()
    two = selection._ended[2, "full"]
    many = replace(two, cell=replace(two.cell, n_components=8))
    selection._gaussian[2, "full"] = gaussian
    assert (selection._clearly(many, two, gain) is not None) is taken


@pytest.mark.parametrize(
    ("criterion", "gaussian", "paid_for"), [("bic", True, True), ("bic", False, False), ("icl", True, False)]
)
def test_own_rows_keep_components_only_if_these_are_gaussian_and_bic_chooses(
    *, criterion: str, gaussian: bool, paid_for: bool
) -> None:
    random = np.random.default_rng(1)
    rows = np.concatenate([random.normal(place, 1.0, (80, 1)) for place in (0.0, 9.0, 20.0)])
    two, three = fitted(2, rows=rows), fitted(3, rows=rows)
    selection = Selection(replace(comparison(rows=rows), criterion=criterion), {}, "icl", 0)
    selection._gaussian[3, "full"] = gaussian
    assert selection._is_paid_for(three, two) is paid_for
    assert not selection._is_paid_for(two, three)


@pytest.mark.parametrize(("n_features", "is_taken"), [(8, False), (MATRIX_FEATURES + 1, True)])
def test_covariances_are_integrated_out_only_of_features_that_matrices_are_computed_of(
    n_features: int, *, is_taken: bool
) -> None:
    rows = np.random.default_rng(2).standard_normal((100, n_features))

    def near_the_middle(k: int) -> GridModel:
        parameters = Parameters(np.full(k, 1.0 / k), 0.1 * rows[:k], np.ones((k, n_features)))
        return GridModel(k, "diag", Outcome.CONVERGED, "", parameters, Evidence(0.0, 1, 100.0))

    selection = Selection(comparison(rows=rows), {}, "icl", 0)
    assert selection._is_more_probable(near_the_middle(6), near_the_middle(2)) == is_taken
