from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.errors import CollapseError, InputError
from mixfold.fitting import Outcome, Stopping
from mixfold.fitting.trimmed import Kept, refuse_share, trimmed_em
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from mixfold.parameters import Parameters
from mixfold.prior import Prior
from mixfold.rows import Marks
from mixfold.typing import FloatArray

MODEL = Penalized(family_for("full"), Prior.from_rows(0.1, np.eye(2)))
START = Parameters(np.full(2, 0.5), np.array([[-1.0, 0.0], [9.0, 9.0]]), np.stack([4.0 * np.eye(2)] * 2))


@pytest.fixture
def rows() -> FloatArray:
    random = np.random.default_rng(0)
    return np.concatenate(
        [random.normal(size=(80, 2)), random.normal(size=(80, 2)) + 10.0, random.uniform(-50.0, 50.0, size=(40, 2))]
    )


def test_the_least_probable_rows_are_left_out_and_a_part_of_the_one_between() -> None:
    kept = Kept.of(np.array([0.0, -5.0, -1.0, -2.0]), np.array([1.0, 2.0, 1.0, 1.0]), 0.5)
    np.testing.assert_allclose(kept.weights, [1.0, 0.0, 1.0, 0.5])
    assert kept.log_threshold == -2.0


def test_the_objective_never_falls_and_is_that_of_the_rows_that_are_kept(rows: FloatArray) -> None:
    weights = np.random.default_rng(1).uniform(0.5, 2.0, size=len(rows))
    problem = Problem(Fold.of_rows(rows, Marks(weights)), MODEL)
    run, kept = trimmed_em(problem, START, 0.2, Stopping(1e-9, 200))
    objectives = [iteration.objective for iteration in run.history]
    assert run.outcome is Outcome.CONVERGED
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))
    assert run.parameters is not None
    said = Problem(Fold.of_rows(rows, Marks(kept.weights)), MODEL)
    potentials = MODEL.potentials(run.parameters)
    statistics = said.fold.statistics(potentials, MODEL.structure)
    assert run.objective == pytest.approx(said.objective(run.parameters, potentials, statistics), rel=1e-12)
    assert np.sum(kept.weights) == pytest.approx(0.8 * np.sum(weights))


def test_the_rows_that_are_kept_are_chosen_again_on_the_way(rows: FloatArray) -> None:
    far = Parameters(START.weights, START.means + np.array([[15.0, -15.0], [-20.0, 0.0]]), START.covariances)
    fold = Fold.of_rows(rows)
    run, kept = trimmed_em(Problem(fold, MODEL), far, 0.2, Stopping(1e-9, 400))
    assert run.parameters is not None
    again = Kept.of(fold.log_density(MODEL.potentials(run.parameters)), np.ones(len(rows)), 0.2)
    np.testing.assert_array_equal(kept.weights, again.weights)
    first = Kept.of(fold.log_density(MODEL.potentials(far)), np.ones(len(rows)), 0.2)
    assert np.any(first.weights != kept.weights)


def test_components_are_those_of_the_rows_that_belong_to_them(rows: FloatArray) -> None:
    run, kept = trimmed_em(Problem(Fold.of_rows(rows), MODEL), START, 0.2, Stopping(1e-6, 200))
    assert run.parameters is not None
    np.testing.assert_allclose(run.parameters.means, [[0.0, 0.0], [10.0, 10.0]], atol=0.3)
    assert np.sum(kept.weights[:160]) >= 155


def test_limits_end_a_run(rows: FloatArray) -> None:
    problem = Problem(Fold.of_rows(rows), MODEL)
    run = trimmed_em(problem, START, 0.2, Stopping(0.0, 3))[0]
    assert (run.outcome, run.n_iter) == (Outcome.ITERATION_LIMIT, 3)
    assert trimmed_em(problem, START, 0.2, Stopping(0.0, 100, deadline=0.0))[0].outcome is Outcome.TIME_LIMIT


def test_a_start_without_density_is_refused(rows: FloatArray) -> None:
    flat = Parameters(np.ones(1), np.zeros((1, 2)), np.zeros((1, 2, 2)))
    with pytest.raises(CollapseError):
        trimmed_em(Problem(Fold.of_rows(rows), MODEL), flat, 0.2, Stopping(1e-6, 10))


@pytest.mark.parametrize("share", [0.0, 0.5, -0.1])
def test_shares_that_leave_out_none_or_half_are_refused(share: float) -> None:
    with pytest.raises(InputError, match="above 0 and below 0.5"):
        refuse_share(share)
