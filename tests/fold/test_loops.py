"""Whole EM steps are made of few rows in memory, by an engine that can."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, Prior
from mixfold.engines import ArrayEngine, NativeEngine
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.fold import LOOP_ROWS, Fold
from mixfold.fold.loops import loops_are_possible
from mixfold.models import Penalized
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
