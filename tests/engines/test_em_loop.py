"""What a loop in the engine leaves is a point of EM, with the trace of how it came there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.engines import MStep
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.fold import Fold
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters
from tests.examples import NO_PRIOR, blobs, parameters_of

pytestmark = pytest.mark.skipif(not NATIVE_AVAILABLE, reason="needs the native engine")


def loop_of(family, n_steps, rows=None, start=None):
    chosen = FAMILIES[family]
    fold = Fold.of_rows(blobs()[0] if rows is None else rows)
    begun = start or parameters_of(chosen)
    begun = replace(begun, means=begun.means + 0.3)
    arrays = [(begun.weights, begun.means, begun.covariances)]
    return fold.loops(arrays, MStep(chosen.structure, NO_PRIOR), n_steps)[0], fold, chosen


@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical"])
def test_the_last_statistics_are_those_of_the_last_parameters(family):
    loop, fold, chosen = loop_of(family, 7)
    parameters = Parameters(loop.weights, loop.means, loop.covariances)
    again = fold.statistics(parameters.potentials(chosen), chosen.structure)
    np.testing.assert_allclose(loop.statistics.count, again.count, rtol=1e-10)
    np.testing.assert_allclose(loop.statistics.scatter, again.scatter, rtol=1e-8, atol=1e-8)
    assert loop.log_likelihood[-1] == pytest.approx(again.log_likelihood, rel=1e-12)


def test_there_is_a_log_likelihood_for_the_start_and_after_each_step():
    loop, *_ = loop_of("full", 7)
    assert len(loop.log_likelihood) == len(loop.log_prior) == 8
    assert np.all(np.diff(loop.log_likelihood) > -1e-9)
    np.testing.assert_array_equal(loop.log_prior, 0.0)
    assert loop.ending is Outcome.ITERATION_LIMIT


def test_rows_that_coincide_collapse_the_loop_at_once_or_later():
    rows = np.concatenate([np.random.default_rng(0).normal(size=(50, 2)), np.full((5, 2), 40.0)])
    start = parameters_of(FAMILIES["full"], n_components=2)
    start = Parameters(start.weights, np.array([[0.0, 0.0], [40.0, 40.0]]), start.covariances)
    loop, *_ = loop_of("full", 50, rows, start)
    assert loop.ending is Outcome.COLLAPSED
    assert np.all(np.isfinite(loop.covariances))
