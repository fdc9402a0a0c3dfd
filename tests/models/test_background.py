from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.errors import InputError
from mixfold.fitting import em_steps
from mixfold.fold import Fold
from mixfold.models import BackgroundParameters, Penalized, Point, Problem, Student, WithBackground
from mixfold.parameters import Parameters
from mixfold.prior import Prior
from mixfold.typing import FloatArray
from tests.examples import NO_PRIOR

PLAIN = Penalized(family_for("full"), Prior.from_rows(0.1, np.eye(2)))


@pytest.fixture
def rows() -> FloatArray:
    random = np.random.default_rng(0)
    return np.concatenate(
        [random.normal(size=(400, 2)), random.normal(size=(400, 2)) + 15.0, random.uniform(-50.0, 50.0, size=(200, 2))]
    )


def climbed(rows: FloatArray) -> tuple[WithBackground, BackgroundParameters]:
    model = WithBackground(PLAIN, 2.0 * np.log(100.0))
    start = Parameters(np.full(2, 0.5), np.array([[0.0, 0.0], [15.0, 15.0]]), np.stack([4.0 * np.eye(2)] * 2))
    end = em_steps(Problem(Fold.of_rows(rows), model), model.begun(start), 60).point.parameters
    assert isinstance(end, BackgroundParameters)
    return model, end


def test_the_share_and_the_components_of_spoilt_rows_are_found(rows: FloatArray) -> None:
    _, end = climbed(rows)
    assert end.share == pytest.approx(0.2, abs=0.02)
    np.testing.assert_allclose(end.means, [[0.0, 0.0], [15.0, 15.0]], atol=0.2)
    np.testing.assert_allclose(end.covariances, np.stack([np.eye(2)] * 2), atol=0.3)


def test_rows_of_the_background_have_no_component(rows: FloatArray) -> None:
    model, end = climbed(rows)
    labels = Fold.of_rows(rows).labels(model.potentials(end))
    assert np.mean(labels[:800] >= 0) > 0.97
    assert np.mean(labels[800:] == -1) > 0.95


def test_the_density_is_that_of_the_components_and_one_over_the_volume() -> None:
    model = WithBackground(PLAIN, np.log(50.0))
    components = Parameters(np.ones(1), np.zeros((1, 2)), np.eye(2)[None])
    density = Fold.of_rows(np.zeros((1, 2))).log_density(model.potentials(BackgroundParameters.of(components, 0.25)))
    np.testing.assert_allclose(np.exp(density), 0.75 / (2.0 * np.pi) + 0.25 / 50.0)


@pytest.mark.parametrize("inner", [PLAIN, Student(family_for("full"), NO_PRIOR)], ids=["normal", "student"])
def test_the_objective_never_falls(inner: Penalized | Student, rows: FloatArray) -> None:
    problem = Problem(Fold.of_rows(rows), WithBackground(inner, 2.0 * np.log(100.0)))
    start = Parameters(np.full(2, 0.5), np.array([[-5.0, 3.0], [5.0, 0.0]]), np.stack([25.0 * np.eye(2)] * 2))
    point = Point.at(problem, problem.model.begun(start))
    for _ in range(40):
        after = Point.at(problem, problem.model.maximize(point.statistics, point.parameters))
        assert after.objective >= point.objective - 1e-12 * abs(point.objective)
        point = after


def test_its_share_is_a_parameter() -> None:
    assert WithBackground(PLAIN, 0.0).n_parameters(3, 2) == PLAIN.n_parameters(3, 2) + 1


def test_arrays_of_parameters_are_parameters_again() -> None:
    model = WithBackground(Student(family_for("diag"), NO_PRIOR), 3.0)
    started = Parameters(np.array([0.3, 0.7]), np.array([[0.0], [5.0]]), np.array([[1.0], [2.0]]))
    before = BackgroundParameters.of(Student(family_for("diag"), NO_PRIOR).begun(started), 0.125)
    after = model.parameters_of(before.arrays)
    assert after.share == 0.125
    assert type(after.components) is type(before.components)
    for name, array in before.arrays.items():
        np.testing.assert_array_equal(after.arrays[name], array)


def test_components_can_be_put_in_another_order(rows: FloatArray) -> None:
    _, end = climbed(rows)
    other = end.reordered(np.array([1, 0]), PLAIN.structure)
    assert other.share == end.share
    np.testing.assert_array_equal(other.means, end.means[::-1])


def test_a_volume_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="`log_volume` must be finite, got -inf"):
        WithBackground(PLAIN, -np.inf)


def test_the_share_is_learned_from_labels_where_rows_are_linked(rows: FloatArray) -> None:
    model, before = climbed(rows)
    statistics = Fold.of_rows(rows).statistics(model.potentials(before), model.structure)
    counted = replace(statistics, label_count=np.array([3.0, 1.0, 4.0]))
    after = model.maximize(counted, before)
    assert after.share == 0.5
    np.testing.assert_allclose(after.components.weights, [0.75, 0.25])
