"""One run of EM, from a start to its end."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, Prior
from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fitting import Iteration, Outcome, Run, Stopping, em, prior_for
from mixfold.fold import LOOP_ROWS, Fold
from mixfold.models import Penalized, Problem
from mixfold.parameters import Parameters
from mixfold.rows import Rows
from mixfold.sources import ArraySource
from tests.examples import NO_PRIOR, blobs, parameters_of

ROWS, LABELS = blobs(240, 3, 2)
FOLD = Fold(ArraySource(ROWS), ArrayEngine(), LocalExecutor())
FULL = FAMILIES["full"]


def blurred_start() -> Parameters:
    """Give the parameters of the true labels when a third of each row belongs to every component alike."""
    shares = 0.67 * np.eye(3)[LABELS] + 0.11
    statistics = ArrayEngine().moments(Rows(ROWS), shares, np.zeros((3, 2)), FULL.structure)
    return Penalized(FULL, NO_PRIOR).maximize(statistics)


def run(
    prior: Prior = NO_PRIOR, start: Parameters | None = None, tol: float = 1e-6, max_iter: int = 500, **options: object
) -> Run:
    """Run EM on the blobs, from a start that is not theirs."""
    settings = {"restart": 0, "name": "test", "callback": lambda _: None, **options}
    return em(Problem(FOLD, Penalized(FULL, prior)), start or blurred_start(), Stopping(tol, max_iter), **settings)


def test_it_ends_where_one_more_step_gains_nothing() -> None:
    end = run(tol=1e-9)
    assert end.outcome is Outcome.CONVERGED
    assert end.parameters is not None
    again = run(start=end.parameters, tol=0.0, max_iter=5)
    assert again.objective - end.objective < 1e-6


@pytest.mark.parametrize(
    ("n_rows", "n_features", "is_near", "n_steps"),
    [(LOOP_ROWS, 1, False, 8), (LOOP_ROWS, 1, True, 8), (LOOP_ROWS + 1, 1, False, 4), (LOOP_ROWS, 8, True, 4)],
)
@pytest.mark.parametrize("is_watched", [True, False])
def test_where_steps_are_work_a_run_that_begins_at_its_end_makes_half_a_block_of_them(
    n_rows: int, n_features: int, is_near: bool, n_steps: int, is_watched: bool
) -> None:
    rows = np.random.default_rng(0).normal(size=(n_rows, n_features))
    rows[::2] += 9.0
    fold = Fold.of_rows(rows)
    means, covariances = np.repeat([[0.0], [9.0]], n_features, axis=1), np.repeat(np.eye(n_features)[None], 2, axis=0)
    apart = Parameters(np.array([0.5, 0.5]), means, covariances)
    problem, watch = Problem(fold, Penalized(FULL, NO_PRIOR)), (lambda _: None) if is_watched else None
    ended = em(problem, apart, Stopping(is_near=is_near), restart=0, name="test", callback=watch)
    assert ended.outcome is Outcome.CONVERGED
    assert ended.n_iter == n_steps


def test_the_last_entry_of_the_history_is_of_the_returned_parameters() -> None:
    end = run(max_iter=4, tol=0.0)
    assert end.parameters is not None
    potentials = end.parameters.potentials(FULL)
    expected = np.mean(ArrayEngine().log_density(ROWS, potentials))
    assert end.log_likelihood == pytest.approx(expected, rel=1e-13)
    assert (end.outcome, end.n_iter, len(end.history)) == (Outcome.ITERATION_LIMIT, 4, 5)


def test_no_iteration_returns_the_start() -> None:
    start = parameters_of(FULL, seed=3)
    end = run(start=start, max_iter=0)
    assert end.parameters is start
    assert end.n_iter == 0


def test_the_objective_is_penalized_by_the_prior() -> None:
    prior = prior_for("auto", FOLD, FULL, 3)
    end = run(prior=prior, max_iter=3, tol=0.0)
    assert end.parameters is not None
    penalty = FULL.log_prior(FULL.whiten(end.parameters.covariances), prior, 3, 2)
    assert penalty < 0.0
    assert end.objective == pytest.approx(end.log_likelihood + penalty / len(ROWS), rel=1e-12)


def test_without_a_prior_objective_and_likelihood_are_one() -> None:
    assert all(step.objective == step.log_likelihood for step in run().history)


def test_a_true_answer_of_the_callback_stops() -> None:
    seen: list[Iteration] = []

    def stop_at_two(iteration: Iteration) -> bool:
        seen.append(iteration)
        return iteration.number == 2

    end = run(tol=0.0, callback=stop_at_two)
    assert end.outcome is Outcome.STOPPED
    assert [iteration.number for iteration in seen] == [0, 1, 2]
    assert end.history == tuple(seen)


def test_a_start_without_a_density_is_a_collapse_with_its_reason() -> None:
    start = parameters_of(FULL)
    end = run(start=Parameters(start.weights, start.means, -start.covariances))
    assert (end.outcome, end.parameters, end.log_likelihood) == (Outcome.COLLAPSED, None, -np.inf)
    assert "positive definite" in end.reason


def test_a_collapse_on_the_way_keeps_the_last_density() -> None:
    rows = np.concatenate([ROWS, np.full((5, 2), 50.0)])  # five equal rows, whose own component shrinks to a point
    fold = Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())
    start = Parameters(np.array([0.9, 0.1]), np.array([[0.0, 0.0], [50.0, 50.0]]), np.stack([np.eye(2)] * 2))
    end = em(
        Problem(fold, Penalized(FULL, NO_PRIOR)), start, Stopping(0.0, 50), restart=0, name="x", callback=lambda _: None
    )
    assert end.outcome is Outcome.COLLAPSED
    assert end.parameters is not None
    assert np.isfinite(end.log_likelihood)


def test_time_only_grows() -> None:
    seconds = [iteration.seconds for iteration in run().history]
    assert seconds == sorted(seconds)
    assert seconds[0] >= 0.0


def test_a_run_whose_steps_are_dear_ends_on_a_plateau(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixfold.fitting.stopping.DEAR", 1e5)
    rows = np.random.default_rng(0).normal(size=(400, 2))  # one component in truth: EM creeps
    problem = Problem(Fold.of_rows(rows), Penalized(FULL, Prior.from_ridge(1e-6)))
    start = Parameters(np.array([0.5, 0.5]), np.array([[-0.1, 0.0], [0.1, 0.0]]), np.stack([np.eye(2)] * 2))
    ends = [
        em(problem, start, Stopping(0.0, 2000, plateau=plateau), restart=0, name="x", callback=None)
        for plateau in (0.0, 1e-4)
    ]
    assert [end.outcome for end in ends][1] is Outcome.PLATEAU
    assert ends[1].n_iter < ends[0].n_iter
    history = [iteration.objective for iteration in ends[1].history]
    assert history[-1] - history[len(history) // 2] < 1e-4


def test_a_run_whose_steps_are_cheap_goes_on_over_a_plateau() -> None:
    rows = np.random.default_rng(0).normal(size=(400, 2))
    problem = Problem(Fold.of_rows(rows), Penalized(FULL, Prior.from_ridge(1e-6)))
    start = Parameters(np.array([0.5, 0.5]), np.array([[-0.1, 0.0], [0.1, 0.0]]), np.stack([np.eye(2)] * 2))
    end = em(problem, start, Stopping(1e-9, 50, plateau=1.0), restart=0, name="x", callback=None)
    assert end.outcome is not Outcome.PLATEAU


@pytest.mark.parametrize("is_watched", [False, True])
def test_where_rounding_decides_a_run_ends_at_the_step_before_the_first_that_falls(is_watched: bool) -> None:
    rows = np.random.default_rng(0).normal(size=(22, 29))
    rows[-1] *= 1e6  # in the only component, beside whose variance that of no other direction can be resolved
    fold, seen = Fold.of_rows(rows), list[Iteration]()
    problem = Problem(fold, Penalized(FULL, prior_for("auto", fold, FULL, 1)))
    start = Parameters(np.ones(1), np.mean(rows, axis=0)[None], np.cov(rows.T)[None] + 1e3 * np.eye(29))
    watch = {"callback": seen.append if is_watched else None}
    end = em(problem, start, Stopping(0.0, 25), restart=0, name="x", **watch)
    objectives = np.array([iteration.objective for iteration in end.history])
    assert np.all(np.diff(objectives) >= -1e-7)
    assert (end.outcome, end.n_iter < 25) == (Outcome.CONVERGED, True)
    assert len(seen) in {0, len(end.history)}


def test_steps_with_a_ridge_may_fall_and_go_on() -> None:
    fallen = run(prior=Prior.from_ridge(1.0), tol=0.0, max_iter=60)
    objectives = np.array([iteration.objective for iteration in fallen.history])
    assert np.min(np.diff(objectives)) < -1e-6
    assert fallen.outcome is Outcome.ITERATION_LIMIT
