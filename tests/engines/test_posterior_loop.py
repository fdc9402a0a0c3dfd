"""Variational steps in the engine are those of the model: the same posterior and the same bound after each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.engines import StoppingRule, engine_for
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.errors import CollapseError
from mixfold.executors import LocalExecutor
from mixfold.fitting import em_steps
from mixfold.fold import Fold
from mixfold.models import CONJUGATE, DirichletPrior, GammaBelief, Point, Problem, StickPrior, Variational
from mixfold.models.scatter_prior import ScatterBelief
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from tests.examples import blobs

pytestmark = pytest.mark.skipif(not NATIVE_AVAILABLE, reason="needs the native engine")

WEIGHTS = {
    "learned stick": StickPrior(GammaBelief(2.0, 3.0)),
    "stick": StickPrior(0.7),
    "Pitman-Yor": StickPrior(1.5, 0.3),
    "Dirichlet": DirichletPrior(0.4),
    "learned Dirichlet": DirichletPrior(GammaBelief(2.0, 3.0)),
}
ROWS = blobs(240, 3, 3)[0]
JITTER = np.array([0.1, 0.02, 0.3])


def model_of(family, weights, *, ridge=0.0, jitter=JITTER, belief=None):
    chosen, scatter = family_for(family), np.array([[2.0, 0.3, 0.1], [0.3, 1.0, 0.2], [0.1, 0.2, 0.5]])
    own = chosen.structure.reduced(scatter, 3)
    return Variational(chosen, weights, np.array([1.0, 0.5, 0.0]), 0.1, own, 4.5, ridge, belief, jitter)


def problem_of(model, engine="auto", rows=ROWS, weights=None):
    return Problem(Fold(ArraySource(rows, Marks(weights)), engine_for(rows, engine), LocalExecutor()), model)


def start_of(problem, n_components=5):
    shares = np.random.default_rng(0).dirichlet(np.ones(n_components), size=problem.fold.source.n_rows)
    shares = shares.astype(problem.fold.source.first.dtype)
    structure = problem.model.structure
    return problem.model.maximize(
        problem.fold.centered_moments(lambda rows: shares[rows.span], n_components, structure)
    )


def test_steps_say_what_a_look_at_the_start_does():
    problem = problem_of(model_of("full", WEIGHTS["stick"]))
    start = start_of(problem)
    looked = em_steps(problem, start, 0).point
    assert problem.posterior_loop(start, 1) is not None
    assert em_steps(problem, start, 2).first == pytest.approx((looked.log_likelihood, looked.objective), rel=1e-14)


def assert_same_steps(model, rtol=1e-11, rows=ROWS, weights=None):
    looped, stepped = problem_of(model, rows=rows, weights=weights), problem_of(model, "array", rows, weights)
    start = start_of(looped)
    assert looped.posterior_loop(start, 1) is not None
    assert stepped.posterior_loop(start, 1) is None
    actual, expected = em_steps(looped, start, 15), em_steps(stepped, start, 15)
    np.testing.assert_allclose(actual.objectives, expected.objectives, rtol=rtol)
    np.testing.assert_allclose(actual.log_likelihoods, expected.log_likelihoods, rtol=rtol)
    for name, values in expected.point.parameters.arrays.items():
        found = actual.point.parameters.arrays[name]
        np.testing.assert_allclose(found, values, rtol=1e4 * rtol, atol=1e4 * rtol, err_msg=name)
    at = Point.at(looped, actual.point.parameters)
    assert at.objective == pytest.approx(actual.objectives[-1], rel=1e-13)
    np.testing.assert_array_equal(at.statistics.count, actual.point.statistics.count)
    return actual


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("family", CONJUGATE)
def test_steps_are_those_of_the_model_and_the_bound_never_falls(family, weights):
    steps = assert_same_steps(model_of(family, WEIGHTS[weights]))
    assert np.all(np.diff(steps.objectives) > -1e-12)


@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical"])
def test_a_ridge_is_in_the_sums_and_in_no_score(family):
    assert_same_steps(model_of(family, WEIGHTS["stick"], ridge=0.05, jitter=np.zeros(())))
    assert_same_steps(model_of(family, WEIGHTS["stick"], ridge=0.05))


def test_a_learned_scatter_costs_what_it_costs():
    belief = ScatterBelief(mean_log=0.3, divergence=1.7)
    plain, learned = (model_of("full", WEIGHTS["learned stick"], belief=one) for one in (None, belief))
    assert_same_steps(learned)
    start = start_of(problem_of(plain))
    costs = 5 * 0.5 * 4.5 * (-0.3 - np.linalg.slogdet(np.linalg.inv(plain.covariance_prior))[1])
    away = [Point.at(problem_of(model), start).objective for model in (plain, learned)]
    assert (away[1] - away[0]) * len(ROWS) == pytest.approx(-1.7 - costs, abs=1e-9)


def test_rows_of_float32_and_rows_with_weights():
    assert_same_steps(model_of("full", WEIGHTS["stick"]), 1e-5, rows=ROWS.astype(np.float32))
    assert_same_steps(model_of("full", WEIGHTS["stick"]), weights=np.random.default_rng(1).uniform(0.5, 2.0, len(ROWS)))


def test_many_and_few_rows_of_a_component():
    # Digamma functions from below one to thousands.
    rows = np.concatenate([blobs(9000, 2, 3)[0], [[60.0, 60.0, 60.0]]])
    assert_same_steps(model_of("full", DirichletPrior(1e-3)), rows=rows)
    assert_same_steps(model_of("full", StickPrior(GammaBelief(1e-2, 1e-2))), rows=rows)
    assert_same_steps(model_of("full", DirichletPrior(GammaBelief(1e-2, 1e-2))), rows=rows)
    assert_same_steps(model_of("full", DirichletPrior(GammaBelief(1e4, 1e-4))), rows=rows)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_components_in_another_order_are_of_no_one_stick(weights):
    looped, stepped = (problem_of(model_of("full", WEIGHTS[weights]), engine) for engine in ("auto", "array"))
    start = start_of(looped).reordered(np.array([3, 0, 4]), looped.model.structure)
    assert looped.posterior_loop(start, 0) is not None
    assert Point.at(looped, start).objective == pytest.approx(Point.at(stepped, start).objective, rel=1e-12)


def test_a_concentration_that_is_sought_has_no_loop():
    model = model_of("full", StickPrior(GammaBelief(), 0.2))
    assert model.posterior_step is None
    problem = problem_of(model)
    assert len(em_steps(problem, start_of(problem), 3).objectives) == 3


def test_steps_end_as_the_rule_says():
    problem = problem_of(model_of("full", WEIGHTS["stick"]))
    start = start_of(problem)
    every = em_steps(problem, start, 60)
    ended = em_steps(problem, start, 60, StoppingRule(interval=5, gain=1e-3))
    assert len(ended.objectives) % 5 == 0
    assert 5 <= len(ended.objectives) < 60
    assert ended.objectives == every.objectives[: len(ended.objectives)]


def test_going_on_from_a_point_takes_the_same_steps_as_going_through():
    problem = problem_of(model_of("full", WEIGHTS["learned stick"]))
    start = start_of(problem)
    whole, half = em_steps(problem, start, 8), em_steps(problem, start, 4)
    assert half.objectives + em_steps(problem, half.point, 4).objectives == whole.objectives


def test_a_covariance_that_vanishes_ends_the_steps_where_there_was_a_density():
    rows = np.outer(np.random.default_rng(0).normal(size=50), np.ones(3))
    model = replace(model_of("full", WEIGHTS["stick"], jitter=np.zeros(())), covariance_prior=1e-300 * np.eye(3))
    problem = problem_of(replace(model, mean_prior=np.zeros(3)), rows=rows)
    flat = start_of(problem, 2)
    steps = em_steps(problem, replace(flat, covariances=np.tile(np.eye(3), (2, 1, 1))), 9)
    assert isinstance(steps.collapse, CollapseError)
    assert len(steps.objectives) == 0
    np.testing.assert_array_equal(steps.point.parameters.covariances[0], np.eye(3))
    with pytest.raises(CollapseError, match="positive definite"):
        em_steps(problem, flat, 9)
