"""What a run leaves behind."""

from __future__ import annotations

import numpy as np

from mixfold.fitting import Iteration, Outcome, Run
from mixfold.parameters import Parameters
from mixfold.structures import DIAGONAL


def test_a_run_is_summed_up_by_its_last_iteration() -> None:
    history = (Iteration(2, 0, -3.0, -3.5, 0.1), Iteration(2, 1, -2.0, -2.5, 0.2))
    run = Run(2, "kmeans", None, Outcome.CONVERGED, "", history, np.array([3.0, 1.5]), None)
    assert (run.n_iter, run.log_likelihood, run.objective, run.seconds) == (1, -2.0, -2.5, 0.2)
    assert run.smallest_count == 1.5


def test_a_run_that_never_began_has_no_likelihood() -> None:
    run = Run(0, "kmeans", None, Outcome.COLLAPSED, "", (), np.zeros(0), None)
    assert (run.n_iter, run.log_likelihood, run.objective, run.seconds) == (0, float("-inf"), float("-inf"), 0.0)


def test_components_come_in_the_order_of_their_weights() -> None:
    parameters = Parameters(np.array([0.2, 0.5, 0.3]), np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [2.0], [3.0]]))
    run = Run(0, "kmeans", parameters, Outcome.CONVERGED, "", (), np.array([2.0, 5.0, 3.0]), DIAGONAL)
    ordered = run.largest_first(DIAGONAL)
    assert ordered.parameters is not None
    assert ordered.parameters.means.ravel().tolist() == [1.0, 2.0, 0.0]
    assert ordered.parameters.covariances.ravel().tolist() == [2.0, 3.0, 1.0]
    assert ordered.counts.tolist() == [5.0, 3.0, 2.0]
    assert ordered.smallest_eigenvalue == 1.0


def test_rounding_orders_nothing() -> None:
    parameters = Parameters(np.array([0.5 - 1e-12, 0.5 + 1e-12]), np.zeros((2, 1)), np.ones((2, 1)))
    run = Run(0, "kmeans", parameters, Outcome.CONVERGED, "", (), np.array([5.0, 5.0]), DIAGONAL)
    assert run.largest_first(DIAGONAL) is run
