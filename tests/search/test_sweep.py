"""The sweep finds the cell that the data were made from, whatever the order of its work."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.engines import engine_for
from mixfold.executors import LocalExecutor, side_by_side
from mixfold.fitting import Outcome, best_of
from mixfold.fold import Fold
from mixfold.search import GridModel, Sweep
from mixfold.search.finish import SEARCHED
from mixfold.search.sweep import CHORDS
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray

RNG = np.random.default_rng(3)
TURN = np.array([[1.0, 0.9], [0.9, 1.0]])
CIGARS = np.concatenate([RNG.multivariate_normal([x, 0.0], TURN, 120) for x in (0.0, 4.0, 8.0)])
"""Three clusters of one elongated covariance."""
PLAIN = ["full", "tied", "diag", "spherical"]


@pytest.fixture(name="fold")
def _fold() -> Iterator[Fold]:
    with LocalExecutor() as executor:
        yield Fold(ArraySource(CIGARS), engine_for(CIGARS), executor)


def sweep(fold: Fold, levels: list[int] | None, families: list[str] = PLAIN, **more: object) -> Sweep:
    return Sweep(fold, levels, families, "bic", 0, **more)  # type: ignore[arg-type]


def values(cells: list[GridModel]) -> list[tuple[int, str, float]]:
    return [(cell.n_components, cell.covariance_type, cell.value("bic")) for cell in cells]


@pytest.mark.parametrize("levels", [None, [1, 2, 3, 4, 5], [1, 3, 5]])
def test_the_cell_that_made_the_data_wins(fold: Fold, levels: list[int] | None) -> None:
    best = sweep(fold, levels).run().chosen
    assert best.n_components == 3
    assert FAMILIES[best.covariance_type].name == FAMILIES["tied"].name


def test_a_curve_without_noise_gets_a_few_chords() -> None:
    along = np.random.default_rng(0).uniform(-1.0, 1.0, 100)
    rows = np.column_stack([along, along**2])
    levels = {cell.n_components for cell in sweep(Fold.of_rows(rows), None, ["spherical"]).run().cells}
    assert levels == set(range(1, CHORDS + 1))


def test_all_registered_families_take_part(fold: Fold) -> None:
    names = list(dict.fromkeys(family.name for family in FAMILIES.values()))
    cells = sweep(fold, [2, 3], names).run().cells
    assert [(cell.n_components, cell.covariance_type) for cell in cells] == [
        (k, name) for k in (2, 3) for name in names
    ]
    assert all(cell.parameters is not None for cell in cells)


def test_the_bits_do_not_depend_on_how_many_cells_are_computed_at_a_time(fold: Fold) -> None:
    one, two = (sweep(fold, [1, 2, 3, 4], n_jobs=n_jobs).run() for n_jobs in (1, 2))
    assert values(one.cells) == values(two.cells)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(one.parameters, name), getattr(two.parameters, name))


def test_the_first_of_families_that_are_one_model_is_chosen_whichever_was_computed_first(
    fold: Fold, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backwards(function: Callable[[object], object], items: list[object], *_: object) -> Iterator[object]:
        yield from reversed([(position, function(item)) for position, item in enumerate(items)])

    chosen = []
    for order in (side_by_side, backwards):
        monkeypatch.setattr("mixfold.search.sweep.side_by_side", order)
        chosen.append(sweep(fold, [1], ["full", "tied"]).run().chosen.covariance_type)
    assert chosen[0] == chosen[1]


def test_going_up_ends_when_the_criterion_has_turned(fold: Fold) -> None:
    cells = sweep(fold, list(range(1, 21))).run().cells
    assert len(cells) == 20 * len(PLAIN)
    skipped = [cell for cell in cells if cell.outcome is Outcome.SKIPPED]
    assert {cell.n_components for cell in skipped} == set(range(skipped[0].n_components, 21))
    assert skipped[0].n_components <= 9
    assert "turned" in skipped[0].reason
    assert all(math.isinf(cell.value("bic")) for cell in skipped)


def test_more_components_than_rows_are_marked_with_the_reason() -> None:
    rows: FloatArray = np.random.default_rng(0).normal(size=(6, 2))
    with LocalExecutor() as executor:
        cells = sweep(Fold(ArraySource(rows), engine_for(rows), executor), [1, 7]).run().cells
    assert {cell.reason for cell in cells if cell.n_components == 7} == {"Not tried: there are only 6 rows."}


def test_a_far_group_of_few_rows_is_a_component() -> None:
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(60, 2)), 50.0 + 1e-4 * rng.normal(size=(3, 2))])
    with LocalExecutor() as executor:
        fold = Fold(ArraySource(rows), engine_for(rows), executor)
        both, two = sweep(fold, [1, 2], ["full"]).run(), sweep(fold, [2], ["full"]).run()
    assert [cell.outcome for cell in both.cells] == [Outcome.CONVERGED, Outcome.CONVERGED]
    assert both.chosen.n_components == two.chosen.n_components == 2
    np.testing.assert_allclose(np.min(two.parameters.weights), 3 / 63, rtol=1e-6)


def test_one_component_more_is_searched_for_where_the_sweep_had_missed_the_best_optimum() -> None:
    random, (n, k) = np.random.default_rng(23), (1000, 15)
    roots = random.standard_normal((k, 2, 4)) / 2.0 * random.uniform(0.5, 1.5, (k, 1, 1))
    means = 4.0 * random.standard_normal((k, 2))
    groups = random.choice(k, n, p=random.dirichlet(np.full(k, 4.0)))
    rows = means[groups] + np.einsum("nij,nj->ni", roots[groups], random.standard_normal((n, 4)))
    swept = Sweep(Fold.of_rows(rows), None, ["full"], "bic", 0, tie_break="icl").run()
    assert swept.chosen.n_components == 13  # two are hidden by others
    assert swept.chosen.reason == SEARCHED


def test_one_component_more_is_not_searched_for_where_it_is_no_answer() -> None:
    rows = np.exp(0.7 * np.random.default_rng(0).normal(size=(400, 50)))
    seen: list[tuple[int, str]] = []

    def keep(cell: GridModel, best: GridModel) -> None:
        del best
        seen.append((cell.n_components, cell.covariance_type))

    swept = sweep(Fold.of_rows(rows), None, ["diag", "EII"], observer=keep).run()
    k = swept.chosen.n_components
    following = next(cell for cell in swept.cells if cell.n_components == k + 1 and cell.covariance_type == "diag")
    assert following.outcome is Outcome.FEW_ROWS
    assert (seen.count((k, "diag")) > 1, seen.count((k + 1, "diag"))) == (True, 1)


def test_more_parameters_than_rows_are_chosen_only_if_nothing_else_is_there() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20, 4))
    with LocalExecutor() as executor:
        fold = Fold(ArraySource(rows), engine_for(rows), executor)
        both, two = sweep(fold, [1, 2], ["full"]).run(), sweep(fold, [2], ["full"]).run()
    assert [cell.outcome for cell in both.cells] == [Outcome.CONVERGED, Outcome.FEW_ROWS]
    assert both.chosen.n_components == 1
    assert two.chosen.n_components == 2


def test_one_turned_normal_is_found_in_fewer_rows_than_it_has_parameters() -> None:
    rng = np.random.default_rng(0)
    turned = np.eye(7)
    turned[0] = 30.0
    rows = rng.normal(size=(32, 7)) @ turned
    with LocalExecutor() as executor:
        chosen = sweep(Fold(ArraySource(rows), engine_for(rows), executor), [1, 2, 3], ["full", "diag"]).run().chosen
    assert (chosen.n_components, chosen.covariance_type, chosen.outcome) == (1, "full", Outcome.CONVERGED)


def test_a_component_without_extent_in_a_direction_is_no_gain() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(120, 2))
    rows[:40, 1] = 0.5  # a granular measurement: on these rows the likelihood of a component has no bound
    with LocalExecutor() as executor:
        swept = sweep(Fold(ArraySource(rows), engine_for(rows), executor), [1, 2], ["full"]).run()
    one, two = swept.cells
    assert one.value("bic") < two.value("bic")
    assert swept.chosen is one


def test_a_cell_that_a_larger_family_rules_out_gets_one_step_and_says_so(fold: Fold) -> None:
    swept = sweep(fold, [1, 2, 3], ["full", "tied", "diag", "EEI", "EII"]).run()
    given_up = [cell for cell in swept.cells if "after one step" in cell.reason]
    assert {cell.covariance_type for cell in given_up} <= {"EEI", "EII"}
    assert given_up
    by_name = {(cell.n_components, cell.covariance_type): cell for cell in swept.cells}
    for cell in given_up:
        assert cell.n_iter == 1
        assert cell.value("bic") > swept.chosen.value("bic")
        assert cell.reach <= by_name[cell.n_components, "full"].reach


def test_factor_analyzers_take_part_under_their_names() -> None:
    random = np.random.default_rng(0)
    loadings = 2.0 * random.normal(size=(2, 1, 6))
    parts = [random.normal(size=(90, 1)) @ one + random.normal(size=(90, 6)) for one in loadings]
    rows = np.concatenate([parts[0], parts[1] + 6.0])
    with LocalExecutor() as executor:
        fold = Fold(ArraySource(rows), engine_for(rows), executor)
        best = sweep(fold, [1, 2, 3], ["factor:1", "factor:2", "diag", "full"]).run().chosen
    assert (best.n_components, best.covariance_type) == (2, "factor:1")


def test_time_that_is_over_leaves_an_answer_and_says_so(fold: Fold) -> None:
    swept = sweep(fold, [1, 2, 3], deadline=time.perf_counter()).run()
    assert swept.chosen.parameters is not None
    assert {cell.outcome for cell in swept.cells[len(PLAIN) :]} == {Outcome.TIME_LIMIT}


@pytest.mark.parametrize("name", ["full", "tied"])
def test_a_grid_of_one_cell_is_a_fit_by_default_to_the_bit(name: str) -> None:
    swept = AutoGaussianMixture(3, covariance_types=[name], random_state=0).fit(CIGARS)
    plain = GaussianMixture(3, covariance_type=name, random_state=0).fit(CIGARS)
    assert swept.mixture_ == plain.mixture_
    assert [run.start for run in swept.restarts_] == [run.start for run in plain.restarts_]
    assert len(swept.grid_models_) == 1


def test_the_only_cell_of_a_grid_is_answered_after_time_is_over(fold: Fold) -> None:
    swept = sweep(fold, [3], ["full"], deadline=time.perf_counter()).run()
    assert swept.chosen.outcome is Outcome.TIME_LIMIT
    assert swept.is_cut


def test_held_out_deviance_is_larger_than_that_of_the_fit(fold: Fold) -> None:
    swept = Sweep(fold, [1, 3, 8], ["tied", "full"], "held_out", 0).run()
    assert swept.chosen.n_components == 3
    for cell in swept.cells:
        assert cell.evidence is not None
        assert cell.evidence.held_out_log_likelihood < cell.evidence.log_likelihood


def test_the_observer_sees_each_cell_and_the_best(fold: Fold) -> None:
    seen: list[tuple[GridModel, GridModel]] = []
    swept = sweep(fold, [1, 2, 3], observer=lambda cell, best: seen.append((cell, best))).run()
    assert {(cell.n_components, cell.covariance_type) for cell, _ in seen} >= {
        (k, name) for k in (1, 2, 3) for name in PLAIN
    }
    assert seen[-1][1].n_components == swept.chosen.n_components
    bests = [best.value("bic") for _, best in seen]
    assert all(after <= before + 1e-9 * abs(before) for before, after in pairwise(bests))


def test_every_climb_of_the_choice_is_told_and_the_last_is_its_own(fold: Fold) -> None:
    swept = sweep(fold, [1, 2, 3, 4]).run()
    *others, own = swept.restarts
    assert own.parameters is swept.parameters
    assert own.n_iter == swept.chosen.n_iter == len(own.history) - (own.history[0].number == 0)
    assert own.log_likelihood == pytest.approx(swept.chosen.evidence.log_likelihood / len(CIGARS), abs=1e-12)
    assert best_of(swept.restarts) == (own, own.parameters)
    assert {"split", "halved"} <= {run.start for run in swept.restarts}
    assert all(run.objective <= own.objective + 1e-9 for run in others)
    assert [run.restart for run in swept.restarts] == list(range(len(swept.restarts)))
