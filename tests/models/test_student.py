from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mixfold.covariance import FAMILIES, family_for
from mixfold.engines import engine_for
from mixfold.errors import InputError
from mixfold.executors import LocalExecutor
from mixfold.fitting import em_steps
from mixfold.fold import Fold
from mixfold.models import Point, Problem, Student, StudentParameters
from mixfold.models.student import MOST_DEGREES, Degrees
from mixfold.parameters import Parameters
from mixfold.prior import Prior
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray
from tests.examples import NO_PRIOR


def of_one(rows: FloatArray, degrees: Degrees, n_steps: int = 300) -> StudentParameters:
    """Fit one component of full scale matrix, beginning at the sample's moments."""
    model = Student(family_for("full"), NO_PRIOR, degrees)
    start = Parameters(np.ones(1), rows.mean(axis=0)[None], np.cov(rows.T).reshape(1, *[rows.shape[1]] * 2))
    end = em_steps(Problem(Fold.of_rows(rows), model), model.begun(start), n_steps).point.parameters
    assert isinstance(end, StudentParameters)
    return end


def test_the_density_is_that_of_scipy() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(20, 3))
    scales = np.stack([np.diag([1.0, 2.0, 3.0]), np.eye(3) + 0.3])
    parameters = StudentParameters(np.array([0.3, 0.7]), random.normal(size=(2, 3)), scales, np.array([1.5, 7.0]))
    density = Fold.of_rows(rows).log_density(parameters.potentials(family_for("full")))
    each = [
        weight * stats.multivariate_t.pdf(rows, mean, scale, df)
        for weight, mean, scale, df in zip(
            parameters.weights, parameters.means, scales, parameters.degrees, strict=True
        )
    ]
    np.testing.assert_allclose(density, np.log(np.sum(each, axis=0)), rtol=1e-12)


def test_one_feature_has_scipys_maximum() -> None:
    rows = stats.t.rvs(4.0, loc=3.0, scale=2.0, size=2000, random_state=0)
    degrees, mean, scale = stats.t.fit(rows)
    end = of_one(rows[:, None], "each")
    np.testing.assert_allclose(end.degrees[0], degrees, rtol=1e-3)
    np.testing.assert_allclose([end.means[0, 0], end.covariances[0, 0, 0]], [mean, scale**2], rtol=1e-3)


def test_rows_of_light_tails_get_as_many_degrees_as_there_may_be() -> None:
    rows = np.random.default_rng(0).uniform(size=(500, 2))
    assert of_one(rows, "each").degrees[0] == pytest.approx(MOST_DEGREES)


def test_known_degrees_stay() -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2))
    assert of_one(rows, 5.0).degrees.tolist() == [5.0]


def test_outliers_move_the_mean_little() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 2))
    spoilt = np.concatenate([rows, np.full((10, 2), 1000.0)])
    assert np.max(np.abs(of_one(spoilt, "each").means)) < 0.3


def test_dividing_by_the_mass_needs_few_steps() -> None:
    rows = stats.multivariate_t.rvs(np.zeros(5), np.eye(5), df=1.0, size=500, random_state=0)
    np.testing.assert_allclose(of_one(rows, 1.0, 25).covariances, of_one(rows, 1.0, 500).covariances, rtol=1e-6)


def test_all_components_may_have_the_same_degrees() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.standard_t(3.0, size=(300, 1)), 50.0 + random.normal(size=(300, 1))])
    start = Parameters(np.full(2, 0.5), np.array([[0.0], [50.0]]), np.ones((2, 1)))
    found = {}
    for degrees in ("each", "one"):
        model = Student(family_for("diag"), NO_PRIOR, degrees)
        end = em_steps(Problem(Fold.of_rows(rows), model), model.begun(start), 200).point.parameters
        assert isinstance(end, StudentParameters)
        found[degrees] = end.degrees
    assert found["each"][0] < found["one"][0] == found["one"][1] < found["each"][1]


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(FAMILIES)),
    degrees=st.sampled_from(["each", "one", 1.0, 4.0]),
    dtype=st.sampled_from(["float32", "float64"]),
    count=st.sampled_from([0.0, 0.01, 3.0]),
    seed=st.integers(0, 2**16),
)
def test_the_objective_never_falls(name: str, degrees: Degrees, dtype: str, count: float, seed: int) -> None:
    random, family = np.random.default_rng(seed), FAMILIES[name]
    rows = (random.standard_t(1.5, size=(80, 2)) + 3.0 * random.integers(0, 3, size=(80, 1))).astype(dtype)
    prior = Prior.from_rows(count, family.structure.reduced(np.array(0.2), 2)) if count else NO_PRIOR
    source = ArraySource(rows, Marks(random.uniform(0.2, 3.0, size=80).astype(dtype)))
    problem = Problem(Fold(source, engine_for(rows, "auto"), LocalExecutor()), Student(family, prior, degrees))
    start = Parameters(
        np.full(3, 1 / 3),
        random.normal(size=(3, 2)) * 3.0,
        family.maximize(  # a round sphere in the shape of any family
            problem.fold.statistics(
                Parameters(np.ones(1), np.zeros((1, 2)), np.ones(1)).potentials(family_for("spherical")),
                family.structure,
            ).about_means,
            np.array([80.0]),
            NO_PRIOR,
        ),
    )
    if not family.structure.is_shared:
        start = replace(start, covariances=np.repeat(start.covariances, 3, axis=0))
    point = Point.at(problem, problem.model.begun(start))
    rounding = 1e-12 if dtype == "float64" else 1e-6
    for _ in range(15):
        after = Point.at(problem, problem.model.maximize(point.statistics, point.parameters))
        assert after.objective >= point.objective - rounding * max(1.0, abs(point.objective))
        point = after


@pytest.mark.parametrize("degrees", ["some", 0.0, -1.0, np.nan, np.inf])
def test_degrees_that_are_none_are_refused(degrees: Degrees) -> None:
    with pytest.raises(InputError, match=r"`degrees` must be 'each', 'one', or a positive number, got"):
        Student(family_for("full"), NO_PRIOR, degrees)


def test_jitter_is_refused() -> None:
    with pytest.raises(InputError, match="must have no jitter"):
        Student(family_for("full"), replace(NO_PRIOR, jitter=np.array(0.1)))


@pytest.mark.parametrize(("degrees", "more"), [("each", 3), ("one", 1), (4.0, 0)])
def test_degrees_that_are_learned_are_counted(degrees: Degrees, more: int) -> None:
    assert Student(family_for("spherical"), NO_PRIOR, degrees).n_parameters(3, 2) == 3 - 1 + 6 + 3 + more


def test_components_can_be_put_in_another_order() -> None:
    parameters = StudentParameters(np.array([0.3, 0.7]), np.eye(2), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert parameters.reordered(np.array([1, 0]), family_for("spherical").structure).degrees.tolist() == [4.0, 3.0]


def test_means_far_from_all_rows_are_no_obstacle() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2))
    problem = Problem(Fold.of_rows(rows), Student(family_for("full"), Prior.from_ridge(1e-6)))
    start = Parameters(np.ones(1), np.full((1, 2), 1e12), 1e24 * np.eye(2)[None])
    steps = em_steps(problem, start, 30)
    assert steps.collapse is None
    np.testing.assert_allclose(steps.point.parameters.means[0], np.median(rows, axis=0), atol=0.3)
