"""EM steps that stay on the device of the rows, against the same steps taken by the covariance families on the host."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from mixfold.covariance import CovarianceFamily, Diag, Full, Prior, Spherical, Tied
from mixfold.engines import (
    ArrayEngine,
    DeviceEngine,
    EMLoop,
    MStep,
    NativeEngine,
    StoppingRule,
    TritonEngine,
    kernels,
)
from mixfold.engines.device_loop import em_loop, em_loops, is_on_accelerator
from mixfold.executors import LocalExecutor
from mixfold.fitting.em_steps import Steps, _stepped, _stepped_there
from mixfold.fold import Fold
from mixfold.fold.loops import ACCELERATED_ROWS, steps_there
from mixfold.models import Penalized, Point, Problem
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters
from mixfold.rows import Marks, Rows
from mixfold.sources import ArraySource
from tests.engines.libraries import arrays
from tests.engines.test_native_loop import make_prior, make_problem
from tests.examples import NO_PRIOR, blobs

FAMILIES: list[CovarianceFamily] = [Full(), Tied(), Diag(), Spherical()]
IS_INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1" and find_spec("triton") is not None


def looped(
    rows: Any, weights: Any, start: Parameters, family: CovarianceFamily, prior: Prior, n_steps: int,
    engine: DeviceEngine | None = None,
) -> EMLoop:  # fmt: skip
    begun = start.weights, start.means, start.covariances
    return em_loop(engine or ArrayEngine(), Rows(rows, Marks(weights)), begun, MStep(family.structure, prior), n_steps)


def assert_steps(loop: EMLoop, rows: Any, weights: Any, start: Parameters, model: Penalized, tolerance: float) -> None:
    """Hold a loop to the steps of the model on NumPy rows."""
    problem = Problem(Fold(ArraySource(rows, Marks(weights)), ArrayEngine(), LocalExecutor()), model)
    point = Point.at(problem, start)
    kernel = model.kernel
    assert kernel is not None
    constant, objectives = kernel.log_prior_constant(*start.means.shape), []
    for at in range(len(loop.log_likelihood)):
        if at:
            point = Point.at(problem, model.maximize(point.statistics, point.parameters))
        objectives.append(point.objective)
    weight = loop.statistics.weight
    found = (loop.log_likelihood + loop.log_prior - constant) / weight
    np.testing.assert_allclose(found, objectives, rtol=tolerance)
    assert weight == pytest.approx(point.statistics.weight, rel=1e-14)
    for name in ("weights", "means", "covariances"):
        ours, theirs = getattr(loop, name), getattr(point.parameters, name)
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * np.max(np.abs(theirs)))
    for name in ("count", "shift", "scatter", "log_likelihood", "log_best_share"):
        ours, theirs = (np.asarray(getattr(one, name)) for one in (loop.statistics, point.statistics))
        # A shift is what is left of terms of the size of the count.
        atol = 1e2 * tolerance * (np.max(np.abs(theirs)) + np.max(point.statistics.count))
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=atol)


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_steps_are_those_of_the_families(
    array_library: str, family: CovarianceFamily, weighted: bool, density: bool
) -> None:
    rows, weights, start = make_problem(family)
    model = Penalized(family, make_prior(family, rows.shape[1], density=density))
    there = arrays(array_library, weights) if weighted else None
    loop = looped(arrays(array_library, rows), there, start, family, model.prior, 5)
    assert (len(loop.log_likelihood), loop.ending) == (6, Outcome.ITERATION_LIMIT)
    assert_steps(loop, rows, weights if weighted else None, start, model, 1e-12)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("d", [1, 5, 33])
def test_features_may_be_any_number(array_library: str, family: CovarianceFamily, d: int) -> None:
    rows, _, start = make_problem(family, d=d)
    model = Penalized(family, make_prior(family, d, density=True))
    assert_steps(
        looped(arrays(array_library, rows), None, start, family, model.prior, 3), rows, None, start, model, 1e-12
    )


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_rows_of_single_precision_far_from_zero_keep_their_digits(array_library: str, family: CovarianceFamily) -> None:
    rows, _, start = make_problem(family)
    near, far = rows.astype(np.float32), (rows + 300.0).astype(np.float32)
    start = Parameters(start.weights, start.means + 300.0, start.covariances)
    model = Penalized(family, make_prior(family, rows.shape[1], density=True))
    loop = looped(arrays(array_library, far, "float32"), None, start, family, model.prior, 5)
    assert_steps(loop, far.astype(np.float64), None, start, model, 2e-5)
    assert np.max(np.abs(near)) < 20.0


@pytest.mark.skipif(not IS_INTERPRETED, reason="needs TRITON_INTERPRET=1")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-5)])
def test_the_kernels_for_gpus_take_the_same_steps(
    family: CovarianceFamily, weighted: bool, dtype: str, tolerance: float
) -> None:
    rows, weights, start = make_problem(family)
    rows = rows.astype(np.float32).astype(np.float64)
    weights = np.round(8.0 * weights) if weighted else None
    model = Penalized(family, make_prior(family, rows.shape[1], density=True))
    there = None if weights is None else arrays("torch", weights, dtype)
    loop = looped(arrays("torch", rows, dtype), there, start, family, model.prior, 3, TritonEngine())
    assert_steps(loop, rows, weights, start, model, tolerance)


def starts_of(family: CovarianceFamily, n_starts: int = 3) -> tuple[Any, Any, list[tuple[Any, Any, Any]]]:
    """Give rows, weights and several starts, the same number of components each."""
    rows, weights, start = make_problem(family)
    moved = [start.means + 0.3 * at for at in range(n_starts)]
    return rows, weights, [(start.weights, means, start.covariances) for means in moved]


def assert_same(loop: EMLoop, expected: EMLoop, tolerance: float) -> None:
    assert (len(loop.log_likelihood), loop.ending) == (len(expected.log_likelihood), expected.ending)
    for name in ("log_likelihood", "log_prior", "weights", "means", "covariances"):
        ours, theirs = getattr(loop, name), getattr(expected, name)
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * np.max(np.abs(theirs)))
    ours, theirs = loop.statistics, expected.statistics
    assert ours.weight == pytest.approx(theirs.weight, rel=1e-12)
    for name in ("count", "shift", "scatter", "log_likelihood", "log_best_share"):
        one, other = np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name))
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=0.0, atol=1e2 * tolerance * (np.max(np.abs(other)) + ours.weight))


@pytest.mark.parametrize(("weighted", "density"), [(False, True), (True, False)])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_many_starts_take_the_steps_that_each_takes_alone(
    array_library: str, family: CovarianceFamily, weighted: bool, density: bool
) -> None:
    rows, weights, starts = starts_of(family)
    asked = MStep(family.structure, make_prior(family, rows.shape[1], density=density))
    there = Rows(arrays(array_library, rows), Marks(arrays(array_library, weights) if weighted else None))
    together = em_loops(ArrayEngine(), there, starts, asked, 5)
    for start, loop in zip(starts, together, strict=True):
        assert_same(loop, em_loop(ArrayEngine(), there, start, asked, 5), 1e-11)


@pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("kind", ["gain", "rival", "enough"])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_they_end_where_the_kernels_of_the_processor_end_them(
    array_library: str, family: CovarianceFamily, kind: str
) -> None:
    rows, _, starts = starts_of(family, n_starts=5)
    asked = MStep(family.structure, make_prior(family, rows.shape[1], density=True))
    rules = {
        "gain": StoppingRule(interval=8, gain=1e-5),
        "rival": StoppingRule(interval=8, gain=1e-9, optimism=3.0, rival=-7.6),
        "enough": StoppingRule(interval=8, gain=1e-9, enough=-8.5),
    }
    expected = NativeEngine().em_loops(Rows(rows), starts, asked, 60, rule=rules[kind])
    actual = em_loops(ArrayEngine(), Rows(arrays(array_library, rows)), starts, asked, 60, rules[kind])
    for ours, theirs in zip(actual, expected, strict=True):
        assert_same(ours, theirs, 1e-9)


@pytest.mark.parametrize("family", [Full(), Diag(), Spherical()], ids=lambda family: family.name)
def test_a_start_that_collapses_leaves_the_others_alone(array_library: str, family: CovarianceFamily) -> None:
    rows = np.concatenate([np.random.default_rng(0).normal(size=(50, 2)), np.full((5, 2), 40.0)])
    ones = np.stack([np.eye(2)] * 2) if family.structure.is_matrix else np.ones(family.shape(2, 2))
    means = [np.array([[0.0, 0.0], [40.0, 40.0]]), np.array([[0.5, 0.5], [-0.5, -0.5]])]
    starts = [(np.array([0.5, 0.5]), each, ones) for each in means]
    starts.append((np.array([0.5, 0.5]), means[1], 0.0 * ones))
    asked, there = MStep(family.structure, NO_PRIOR), Rows(arrays(array_library, rows))
    loops = em_loops(ArrayEngine(), there, starts, asked, 9, StoppingRule(interval=3, gain=-np.inf))
    assert [(len(loop.log_likelihood), loop.ending) for loop in loops] == [
        (0, Outcome.COLLAPSED), (4, Outcome.COLLAPSED), (0, Outcome.COLLAPSED)
    ]  # fmt: skip
    at_look = replace(em_loop(ArrayEngine(), there, starts[1], asked, 3), ending=Outcome.COLLAPSED)
    assert_same(loops[1], at_look, 1e-11)


@pytest.mark.skipif(not IS_INTERPRETED, reason="needs TRITON_INTERPRET=1")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 2e-5)])
def test_the_kernels_for_gpus_take_them_in_one_launch(family: CovarianceFamily, dtype: str, tolerance: float) -> None:
    rows, weights, starts = starts_of(family)
    rows, weights = rows.astype(np.float32).astype(np.float64), np.round(8.0 * weights)
    asked = MStep(family.structure, make_prior(family, rows.shape[1], density=True))
    there = Rows(arrays("torch", rows, dtype), Marks(arrays("torch", weights, dtype)))
    expected = em_loops(ArrayEngine(), Rows(rows, Marks(weights)), starts, asked, 2)
    for ours, theirs in zip(em_loops(TritonEngine(), there, starts, asked, 2), expected, strict=True):
        assert_same(ours, theirs, tolerance)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_objective_never_falls(array_library: str, family: CovarianceFamily) -> None:
    rows = blobs(90, 5, 3)[0]
    model = Penalized(family, make_prior(family, 3, density=True))
    start = make_problem(family, d=3)[2]
    start = Parameters(start.weights, rows[:3] + 0.5, start.covariances)
    loop = looped(arrays(array_library, rows), None, start, family, model.prior, 40)
    assert np.all(np.diff(loop.log_likelihood + loop.log_prior) > -1e-10)


@pytest.mark.parametrize("family", [Full(), Diag(), Spherical()], ids=lambda family: family.name)
def test_what_collapses_on_the_way_has_no_folds(array_library: str, family: CovarianceFamily) -> None:
    rows = np.concatenate([np.random.default_rng(0).normal(size=(50, 2)), np.full((5, 2), 40.0)])
    ones = np.stack([np.eye(2)] * 2) if family.structure.is_matrix else np.ones(family.shape(2, 2))
    start = Parameters(np.array([0.5, 0.5]), np.array([[0.0, 0.0], [40.0, 40.0]]), ones)
    nowhere = Parameters(start.weights, start.means, 0.0 * ones)
    for begun, n_steps in ((start, 6), (nowhere, 0)):
        loop = looped(arrays(array_library, rows), None, begun, family, NO_PRIOR, n_steps)
        assert (loop.ending, len(loop.log_likelihood), len(loop.log_prior)) == (Outcome.COLLAPSED, 0, 0)
    assert len(looped(arrays(array_library, rows), None, start, family, NO_PRIOR, 0).log_likelihood) == 1


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("n_steps", [1, 2, 5])
@pytest.mark.parametrize("from_point", [False, True])
def test_steps_of_a_fold_are_those_that_come_home_each_time(
    family: CovarianceFamily, n_steps: int, from_point: bool
) -> None:
    rows, _, start = make_problem(family)
    problem = Problem(
        Fold(ArraySource(rows), ArrayEngine(), LocalExecutor()),
        Penalized(family, make_prior(family, rows.shape[1], density=True)),
    )
    begun = Point.at(problem, start) if from_point else start
    by = partial(em_loop, ArrayEngine(), Rows(rows))
    there, here = _stepped_there(problem, begun, n_steps, by), _stepped(problem, begun, n_steps, None)
    assert isinstance(there, Steps)
    assert isinstance(here, Steps)
    assert len(there.objectives) == len(there.log_likelihoods) == n_steps
    np.testing.assert_allclose(there.objectives, here.objectives, rtol=1e-12)
    np.testing.assert_allclose(there.log_likelihoods, here.log_likelihoods, rtol=1e-12)
    np.testing.assert_allclose(there.point.parameters.means, here.point.parameters.means, rtol=1e-10, atol=1e-12)
    assert there.point.objective == there.objectives[-1]


def test_steps_that_collapse_are_left_to_the_host() -> None:
    rows = np.concatenate([np.random.default_rng(0).normal(size=(50, 2)), np.full((5, 2), 40.0)])
    start = Parameters(np.array([0.5, 0.5]), np.array([[0.0, 0.0], [40.0, 40.0]]), np.stack([np.eye(2)] * 2))
    problem = Problem(Fold(ArraySource(rows), ArrayEngine(), LocalExecutor()), Penalized(Full(), NO_PRIOR))
    assert _stepped_there(problem, start, 20, partial(em_loop, ArrayEngine(), Rows(rows))) is None


def test_steps_of_rows_on_the_processor_come_home(array_library: str) -> None:
    rows = arrays(array_library, np.zeros((ACCELERATED_ROWS, 2)))
    assert is_on_accelerator(rows) is (array_library == "cuda")
    assert (steps_there(ArrayEngine(), ArraySource(rows)) is not None) is (array_library == "cuda")
    assert steps_there(ArrayEngine(), ArraySource(rows[:100, :])) is None
    assert NativeEngine().device is None
