"""Several starts, and the best of what becomes of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.errors import CollapseError
from mixfold.fitting import Iteration, Outcome, Run, best_of
from tests.examples import parameters_of

PARAMETERS = parameters_of(FAMILIES["full"])


def ended(restart: int, objective: float | None) -> Run:
    """Give a run with this objective, or one whose start had no density."""
    if objective is None:
        return Run(restart, "x", None, Outcome.COLLAPSED, f"start {restart} is singular", (), np.zeros(0), None)
    history = (Iteration(restart, 0, objective, objective, 0.0),)
    return Run(restart, "x", PARAMETERS, Outcome.CONVERGED, "", history, np.array([80.0, 80.0, 80.0]), None)


def test_the_highest_objective_is_best() -> None:
    assert best_of([ended(0, -3.0), ended(1, -1.0), ended(2, -2.0)])[0].restart == 1


def test_the_first_among_equals_is_best() -> None:
    assert best_of([ended(0, -2.0), ended(1, -1.0), ended(2, -1.0)])[0].restart == 1


def test_a_collapse_loses_to_anything() -> None:
    assert best_of([ended(0, None), ended(1, -1e9)])[0].restart == 1


def test_a_collapse_on_the_way_loses_to_a_sound_run() -> None:
    # Its objective was on the way to infinity, so it says nothing.
    collapsed = replace(ended(0, 1e3), outcome=Outcome.COLLAPSED)
    assert best_of([collapsed, ended(1, -5.0)])[0].restart == 1
    assert best_of([ended(1, None), collapsed])[0].restart == 0


def test_only_collapses_are_an_error_with_the_reason() -> None:
    with pytest.raises(CollapseError, match="start 0 is singular"):
        best_of([ended(0, None), ended(1, None)])
