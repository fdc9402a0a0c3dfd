"""What a run leaves behind."""

from __future__ import annotations

import numpy as np

from mixfold.fitting import Iteration, Outcome, Run


def test_a_run_is_summed_up_by_its_last_iteration() -> None:
    history = (Iteration(2, 0, -3.0, -3.5, 0.1), Iteration(2, 1, -2.0, -2.5, 0.2))
    run = Run(2, "kmeans", None, Outcome.CONVERGED, "", history, np.array([3.0, 1.5]), 0.25)
    assert (run.n_iter, run.log_likelihood, run.objective, run.seconds) == (1, -2.0, -2.5, 0.2)
    assert run.smallest_count == 1.5


def test_a_run_that_never_began_has_no_likelihood() -> None:
    run = Run(0, "kmeans", None, Outcome.COLLAPSED, "", (), np.zeros(0), 0.0)
    assert (run.n_iter, run.log_likelihood, run.objective, run.seconds) == (0, float("-inf"), float("-inf"), 0.0)
