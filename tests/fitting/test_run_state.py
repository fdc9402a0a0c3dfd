"""A run of EM that was cut anywhere goes on to the bits of one that was not."""

from __future__ import annotations

from copy import deepcopy

import pytest

from mixfold.covariance import FAMILIES
from mixfold.fitting import DataScale, Stopping, em
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from tests.examples import blobs, parameters_of


@pytest.mark.parametrize("family", ["full", "VVE"])
@pytest.mark.parametrize("n_steps", [1, 5, 23])
def test_a_run_goes_on_from_any_step(family, n_steps):
    fold = Fold.of_rows(blobs(300, 3, 2, seed=2, separation=1.5)[0])
    chosen = FAMILIES[family]
    problem = Problem(fold, Penalized(chosen, DataScale.of(fold, n_components=3).prior(chosen, 3)))
    start = parameters_of(chosen, seed=5)
    states = []
    settings = {"restart": 0, "name": "mine", "callback": None}
    whole = em(problem, start, Stopping(1e-9, 60), **settings, moved=lambda _: None)
    em(problem, start, Stopping(1e-9, n_steps), **settings, moved=lambda state: states.append(deepcopy(state)))
    rest = em(problem, states[-1], Stopping(1e-9, 60), **settings, moved=lambda _: None)
    assert [one.objective for one in rest.history] == [one.objective for one in whole.history]
    assert rest.outcome is whole.outcome


def test_a_state_gives_the_objective_after_each_step():
    fold = Fold.of_rows(blobs()[0])
    chosen = FAMILIES["diag"]
    problem = Problem(fold, Penalized(chosen, DataScale.of(fold, n_components=3).prior(chosen, 3)))
    states = []
    em(
        problem,
        parameters_of(chosen),
        Stopping(1e-6, 30),
        restart=0,
        name="mine",
        callback=None,
        moved=lambda state: states.append(deepcopy(state)),
    )
    last = states[-1]
    assert last.objectives == [iteration.objective for iteration in last.history]
    assert last.objectives[-1] == last.point.objective
