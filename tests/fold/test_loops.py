"""Whole EM steps are made of few rows in memory, by an engine that can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, Prior
from mixfold.engines import ArrayEngine, NativeEngine
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.executors import LocalExecutor
from mixfold.fold import LOOP_ROWS, Fold
from mixfold.fold.loops import loops_are_possible
from mixfold.models import DirichletPrior, Penalized, Problem, Variational
from mixfold.sources import ArraySource, BlocksSource
from tests.examples import blobs, parameters_of


def test_loops_need_an_engine_that_has_them_and_few_rows_in_memory() -> None:
    few = np.zeros((10, 2))
    assert loops_are_possible(NativeEngine(), ArraySource(few))
    assert not loops_are_possible(ArrayEngine(), ArraySource(few))
    assert not loops_are_possible(NativeEngine(), BlocksSource([few]))
    assert not loops_are_possible(NativeEngine(), ArraySource(np.zeros((LOOP_ROWS + 1, 1))))


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_a_loop_takes_the_steps_of_the_fold() -> None:
    fold, model = Fold.of_rows(blobs(200, 3, 2)[0]), Penalized(FAMILIES["full"], Prior.from_ridge(1e-6))
    start = parameters_of(model.family, 3, 2)
    (loop,) = fold.loops([(start.weights, start.means, start.covariances)], model.kernel.m_step(), n_steps=1)
    once = model.maximize(fold.statistics(model.potentials(start), model.structure), start)
    np.testing.assert_allclose(loop.means, once.means, rtol=1e-9)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("name", ["full", "tied", "diag", "spherical", "VVE"])
def test_a_loop_goes_on_from_where_another_ended_as_if_it_were_one(name: str) -> None:
    fold, model = Fold.of_rows(blobs(200, 3, 2)[0]), Penalized(FAMILIES[name], Prior.from_ridge(1e-6))
    start, step = parameters_of(model.family, 3, 2), model.kernel.m_step()
    starts = [(start.weights, start.means + shift, start.covariances) for shift in (0.0, 0.5)]
    whole, half = (fold.loops(starts, step, n_steps=n_steps) for n_steps in (6, 3))
    for one, other in zip(whole, fold.loops(half, step, n_steps=3), strict=True):
        np.testing.assert_array_equal(other.log_likelihood, one.log_likelihood[3:])
        np.testing.assert_array_equal(other.log_prior, one.log_prior[3:])
        for name_of_array in ("weights", "means", "covariances"):
            np.testing.assert_array_equal(getattr(other, name_of_array), getattr(one, name_of_array))


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("is_leaping", [False, True])
def test_a_loop_that_goes_on_looks_at_no_row_before_the_first_step(*, is_leaping: bool) -> None:
    rows, model = blobs(200, 3, 2)[0], Penalized(FAMILIES["full"], Prior.from_ridge(1e-6))
    fold, start = Fold.of_rows(rows), parameters_of(model.family, 3, 2)
    step = replace(model.kernel.m_step(), is_leaping=is_leaping)
    ended = fold.loops([(start.weights, start.means, start.covariances)], model.kernel.m_step(), n_steps=3)
    elsewhere = Fold.of_rows(rows + 100.0)
    (here,), (there,) = (one.loops(ended, step, n_steps=0) for one in (fold, elsewhere))
    np.testing.assert_array_equal(there.log_likelihood, here.log_likelihood)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_no_steps_are_made_where_work_was_stopped() -> None:
    executor, model = LocalExecutor(), Penalized(FAMILIES["full"], Prior.from_ridge(1e-6))
    fold = Fold(ArraySource(blobs(200, 3, 2)[0]), NativeEngine(), executor)
    start = parameters_of(model.family, 3, 2)
    executor.stop()
    with pytest.raises(KeyboardInterrupt):
        fold.loops([(start.weights, start.means, start.covariances)], model.kernel.m_step(), n_steps=1)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_no_variational_steps_are_made_where_work_was_stopped() -> None:
    executor, family = LocalExecutor(), FAMILIES["full"]
    fold = Fold(ArraySource(blobs(200, 3, 2)[0]), NativeEngine(), executor)
    model = Variational(family, DirichletPrior(1.0), np.zeros(2), 0.1, np.eye(2), 4.0)
    shares = np.eye(3)[np.arange(200) % 3]
    start = model.maximize(fold.centered_moments(lambda rows: shares[rows.span], 3, model.structure))
    assert Problem(fold, model).posterior_loop(start, 1) is not None
    executor.stop()
    with pytest.raises(KeyboardInterrupt):
        Problem(fold, model).posterior_loop(start, 1)
