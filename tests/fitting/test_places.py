"""Components of another family, and rows that are shared out, are places to begin at."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, family_for
from mixfold.engines import EMLoop
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.errors import CollapseError
from mixfold.fitting import DataScale, Elsewhere, Steps, em_steps, em_steps_together
from mixfold.fitting.places import beginning_of, centers_of
from mixfold.fold import Fold
from mixfold.initialization import KMeans
from mixfold.models import Penalized, Problem
from tests.examples import blobs, parameters_of


def problem_of(family):
    fold = Fold.of_rows(blobs(240, 3, 2)[0])
    return Problem(fold, Penalized(family, DataScale.of(fold, n_components=3).prior(family, 3)))


@pytest.mark.parametrize("family", [*FAMILIES, "factor:1"])
@pytest.mark.parametrize("other", ["full", "spherical", "factor:1"])
def test_steps_from_elsewhere_begin_with_an_m_step(family, other):
    problem = problem_of(family_for(family))
    begun = Elsewhere(parameters_of(family_for(other), seed=3), family_for(other))
    whole, rest = em_steps(problem, begun, 3), em_steps(problem, begun.under(problem), 3)
    np.testing.assert_allclose(whole.objectives, rest.objectives, rtol=1e-9)


def test_places_of_several_kinds_lead_where_each_does_alone():
    problem = problem_of(FAMILIES["VEI"])
    own = parameters_of(FAMILIES["VEI"], seed=3)
    places = [own, *(Elsewhere(parameters_of(FAMILIES[name], seed=3), FAMILIES[name]) for name in ("full", "diag"))]
    places.append(KMeans()(problem.fold, 3, problem.model.structure, np.random.RandomState(1)))
    together = em_steps_together(problem, [*places, places[1]], 4)
    for place, steps in zip([*places, places[1]], together, strict=True):
        assert isinstance(steps, Steps)
        assert steps.objectives == em_steps(problem, place, 4).objectives


def test_components_without_a_density_are_told():
    broken = Elsewhere(parameters_of(FAMILIES["diag"], seed=3), FAMILIES["diag"])
    broken.parameters.covariances[0] = -1.0
    with pytest.raises(CollapseError, match="component 0"):
        em_steps(problem_of(FAMILIES["VVE"]), broken, 3)


@pytest.mark.parametrize("family", [*FAMILIES, "factor:1"])
def test_steps_from_rows_that_are_shared_out_begin_with_an_m_step(family):
    problem = problem_of(family_for(family))
    shared_out = KMeans()(problem.fold, 3, problem.model.structure, np.random.RandomState(1))
    whole, rest = em_steps(problem, shared_out, 3), em_steps(problem, problem.model.maximize(shared_out), 3)
    np.testing.assert_allclose(whole.objectives, rest.objectives, rtol=1e-9)
    assert centers_of(shared_out) is shared_out.center


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_steps_go_on_from_what_a_loop_knows():
    problem = problem_of(FAMILIES["full"])
    steps = em_steps(problem, parameters_of(FAMILIES["full"], seed=3), 3)
    assert isinstance(beginning_of(steps.point), EMLoop)
