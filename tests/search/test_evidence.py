"""Evidence counts what criteria weigh, and a fit that is no answer says why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.estimators.rows import fold_of
from mixfold.executors import LocalExecutor
from mixfold.fitting import DataScale, Outcome, em_steps
from mixfold.fold import Fold
from mixfold.models import Penalized, Point, Problem
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.search.evidence import evidence_of, evidence_with, flaw_of, has_few_rows, n_parameters_of, weights_of
from mixfold.sources import ArraySource
from tests.examples import blobs
from tests.search.problems import Search, search_of, three_blobs, true_components


def ends(search: Search, n_steps: int = 0) -> Point:
    return em_steps(search.problem, true_components(search), n_steps).point


def test_evidence_counts_weights_means_and_covariances() -> None:
    search = three_blobs()
    point = ends(search)
    evidence = evidence_with(search.problem, point)
    assert n_parameters_of(search.problem, point) == evidence.n_parameters == 2 + 3 * 2 + 3 * 3
    assert evidence.n_rows == 240
    assert evidence.log_likelihood == pytest.approx(point.log_likelihood * 240)


def test_a_hoped_gain_counts_for_each_row() -> None:
    search = three_blobs()
    point = ends(search)
    now, hoped = evidence_with(search.problem, point), evidence_with(search.problem, point, 0.5)
    assert hoped.log_likelihood - now.log_likelihood == pytest.approx(120.0)


def test_rows_between_components_are_counted_as_unsure_and_those_of_one_are_not() -> None:
    apart = three_blobs()
    assert evidence_of(apart.problem, ends(apart)).log_best_share == pytest.approx(0.0, abs=1e-3)
    rows, labels = blobs(240, 3, 2, separation=1.0)
    close = search_of(rows, labels)
    assert evidence_of(close.problem, ends(close)).log_best_share < -1.0


@pytest.mark.parametrize("gaps", [0.0, 0.1])
@pytest.mark.parametrize("engine", ["native", "array"])
def test_what_icl_adds_is_the_log_of_the_largest_responsibility_of_each_row(engine: str, gaps: float) -> None:
    rows, labels = blobs(240, 3, 2, separation=1.0)
    search = search_of(rows, labels)
    rows[np.random.default_rng(0).random(rows.shape) < gaps] = np.nan
    source = ArraySource(rows, Marks(np.arange(1.0, 241.0)))
    problem = replace(search.problem, fold=fold_of(source, engine, LocalExecutor(), gaps=gaps > 0.0))
    point = em_steps(problem, true_components(search), 2).point
    shares = problem.fold.responsibilities(problem.model.potentials(point.parameters))
    wanted = weights_of(problem.fold) @ np.log(np.max(shares, axis=1))
    assert evidence_of(problem, point).log_best_share == pytest.approx(wanted, rel=1e-12)


def test_a_sound_solution_has_no_flaw() -> None:
    search = three_blobs()
    assert flaw_of(search.problem, ends(search, 20)) is None


def test_more_parameters_than_rows_are_few_rows() -> None:
    rows, labels = blobs(18, 3, 3)
    search = search_of(rows, labels)
    assert flaw_of(search.problem, ends(search)) is Outcome.FEW_ROWS


@pytest.mark.parametrize(
    ("n_components", "n_rows", "few"), [(2, 60, True), (2, 61, False), (3, 90, True), (3, 91, False), (1, 66, False)]
)
def test_three_rows_for_each_direction_of_its_own_are_enough(n_components: int, n_rows: int, few: bool) -> None:
    assert has_few_rows(FAMILIES["full"], n_rows, n_rows / n_components, n_components, 10) is few


def test_of_shared_axes_no_component_needs_rows() -> None:
    assert has_few_rows(FAMILIES["VVE"], 142, 38.0, 3, 13) is False  # 158 parameters, of which 26 are a component's
    assert has_few_rows(FAMILIES["full"], 142, 38.0, 3, 13) is True
    assert has_few_rows(FAMILIES["VVE"], 178, 15.0, 4, 13) is True


@pytest.mark.parametrize(("name", "few"), [("EII", False), ("diag", False), ("tied", True), ("full", True)])
def test_of_fewer_rows_than_directions_need_features_are_told_one_by_one(name: str, few: bool) -> None:
    assert has_few_rows(FAMILIES[name], 60, 20.0, 3, 40) is few
    assert has_few_rows(FAMILIES[name], 60, 3.0, 3, 40) is True


def test_of_three_rows_for_each_direction_components_are_told_by_all_features() -> None:
    assert has_few_rows(FAMILIES["diag"], 36, 7.0, 3, 12) is False
    assert has_few_rows(FAMILIES["diag"], 37, 7.0, 3, 12) is True


def test_a_component_that_only_the_prior_holds_is_degenerate() -> None:
    random = np.random.default_rng(0)
    line = random.normal(size=80) + 20.0
    rows = np.concatenate([random.normal(size=(100, 2)), np.column_stack([line, 2.0 * line])])
    fold = Fold.of_rows(rows)
    family = FAMILIES["full"]
    problem = Problem(fold, Penalized(family, DataScale.of(fold, n_components=2).prior(family, 2)))
    rows_of = (slice(0, 100), slice(100, 180))
    means, covariances = zip(*((np.mean(rows[one], axis=0), np.cov(rows[one].T)) for one in rows_of), strict=True)
    start = Parameters(np.array([0.5, 0.5]), np.array(means), np.array(covariances) + 0.01 * np.eye(2))
    assert flaw_of(problem, em_steps(problem, start, 30).point) is Outcome.DEGENERATE


def test_rows_without_weights_weigh_one_each() -> None:
    assert np.array_equal(weights_of(Fold.of_rows(np.zeros((3, 1)))), np.ones(3))
    weights = np.array([1.0, 2.0, 0.5])
    assert np.array_equal(weights_of(Fold.of_rows(np.zeros((3, 1)), Marks(weights))), weights)
