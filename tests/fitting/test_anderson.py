"""Accelerated EM climbs as EM does, and sooner."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES, Prior
from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fitting import em_steps, prior_for
from mixfold.fitting.anderson import accelerated_em_steps, is_slow, pays
from mixfold.fold import Fold
from mixfold.initialization import KMeans
from mixfold.models import Penalized, Point, Problem, UnconstrainedCoordinates
from mixfold.parameters import Parameters
from mixfold.sources import ArraySource

families = pytest.mark.parametrize("covariance_type", [name for name in FAMILIES if FAMILIES[name].has_plain_step])


def overlapping(n_rows: int = 1500) -> np.ndarray:
    random = np.random.default_rng(3)
    centers = np.array([[0.0, 0.0], [1.5, 1.0], [3.0, 0.0]])[random.integers(3, size=n_rows)]
    return centers + random.normal(size=(n_rows, 2)) * [1.0, 1.5]


def begun(covariance_type: str, rows: np.ndarray, n_components: int = 3) -> tuple[Problem, Point]:
    """Give the problem, and the point where k-means begins."""
    family = FAMILIES[covariance_type]
    fold = Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())
    problem = Problem(fold, Penalized(family, prior_for("auto", fold, family, n_components)))
    statistics = KMeans()(fold, n_components, family.structure, np.random.RandomState(0))
    return problem, Point.at(problem, problem.model.maximize(statistics))


@families
def test_coordinates_lead_back_to_the_parameters(covariance_type: str) -> None:
    problem, point = begun(covariance_type, overlapping())
    there = em_steps(problem, point, 3).point.parameters
    coordinates = UnconstrainedCoordinates(problem.model.family, point.parameters)
    back = coordinates.parameters(coordinates.of(there))
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(back, name), getattr(there, name), rtol=1e-12, atol=1e-13)


@families
def test_coordinates_do_not_depend_on_the_units(covariance_type: str) -> None:
    found = []
    for scale in (1.0, 1e-6, 1e6):
        problem, point = begun(covariance_type, scale * overlapping())
        found.append(
            UnconstrainedCoordinates(problem.model.family, point.parameters).of(
                em_steps(problem, point, 2).point.parameters
            )
        )
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-6, atol=1e-8)


@families
def test_the_objective_never_falls(covariance_type: str) -> None:
    problem, point = begun(covariance_type, overlapping())
    objectives = [point.objective, *accelerated_em_steps(problem, point, 60).objectives]
    assert np.min(np.diff(objectives)) > -1e-12


@families
def test_as_many_steps_lead_at_least_as_far_on_overlapping_components(covariance_type: str) -> None:
    problem, point = begun(covariance_type, overlapping())
    plain, accelerated = (steps(problem, point, 150).objectives[-1] for steps in (em_steps, accelerated_em_steps))
    assert accelerated > plain - 1e-7


def test_overlapping_spheres_converge_in_a_third_of_the_steps() -> None:
    problem, point = begun("spherical", overlapping(600))
    paths = [
        np.array(steps(problem, point, n).objectives) for steps, n in ((em_steps, 2500), (accelerated_em_steps, 500))
    ]
    limit = max(path[-1] for path in paths)
    plain, accelerated = (int(np.argmax(path > limit - 1e-6)) for path in paths)
    assert 0 < accelerated < plain / 3


def test_a_saddle_is_left_in_an_eighth_of_the_steps() -> None:
    rows = np.random.default_rng(0).normal([[-1.0], [1.0]], 1.0, (2, 1000)).reshape(-1, 1)
    problem, _ = begun("full", rows, 2)
    alike = Parameters(np.full(2, 0.5), np.array([[-0.01], [0.01]]), np.full((2, 1, 1), np.var(rows)))
    point = Point.at(problem, alike)
    assert em_steps(problem, point, 800).objectives[-1] < -1.777
    assert accelerated_em_steps(problem, point, 100).objectives[-1] > -1.764


def test_it_begins_by_itself_where_em_is_slow_and_steps_are_costly() -> None:
    problem, point = begun("full", overlapping(100_000))
    slow = [-(0.999**step) for step in range(60)]
    assert is_slow(slow)
    assert not is_slow([-(0.5**step) for step in range(40)])
    assert not is_slow(slow[:10])
    assert pays(problem, 3)
    small, _ = begun("full", overlapping(200))
    assert not pays(small, 3)
    no_loop, _ = begun("full", overlapping(20_000)[:, :1])
    assert pays(no_loop, 3)
    assert not pays(Problem(problem.fold, Penalized(problem.model.family, Prior.from_ridge(1e-6))), 3)
    assert point.log_likelihood < 0.0


@pytest.mark.nightly
def test_a_slow_fit_ends_where_plain_em_does() -> None:
    rows = overlapping(60_000)
    model = GaussianMixture(3, covariance_type="diag", init_params="kmeans", random_state=0, max_iter=5000).fit(rows)
    problem, _ = begun("diag", rows)
    parameters = Parameters(model.mixture_.weights, model.mixture_.means, model.mixture_.covariances)
    further = em_steps(problem, Point.at(problem, parameters), 200).objectives
    assert further[-1] - further[0] < 1e-5
