from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.errors import InputError
from mixfold.fitting import em_steps
from mixfold.fold import Fold
from mixfold.models import Frozen, Penalized, Point, Problem, WithBackground
from mixfold.observations import Linear
from mixfold.parameters import Parameters
from mixfold.prior import Prior
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from tests.examples import blobs

NAN = np.nan
ROWS = blobs(300, 3, 2, seed=1)[0]
PRIOR = Prior.from_rows(0.1, np.eye(2))
MEANS = np.array([[0.5, NAN], [NAN, NAN], [1.0, -1.0]])
WEIGHTS = np.array([0.3, NAN, NAN])
COVARIANCES = np.stack([np.full((2, 2), NAN), np.full((2, 2), NAN), np.array([[2.0, 0.5], [0.5, 1.0]])])
DIFFERENCES = np.array([[0.0, 0.0], [NAN, NAN], [1.5, -0.5]])
START = Parameters(np.full(3, 1 / 3), ROWS[[0, 100, 200]], np.stack([4.0 * np.eye(2)] * 3))


def frozen(family: str = "full", **known: Any) -> Frozen:
    scale = {"spherical": np.array(1.0), "diag": np.ones(2), "factor:1": np.ones(2)}.get(family, np.eye(2))
    prior = Prior.from_rows(0.1, scale)
    return Frozen(Penalized(family_for(family), prior), **known)


@pytest.mark.parametrize(
    "known",
    [
        {"means": MEANS},
        {"weights": WEIGHTS},
        {"covariances": COVARIANCES},
        {"means": MEANS, "weights": WEIGHTS, "covariances": COVARIANCES},
        {"min_weight": 0.25},
        {"differences": DIFFERENCES},
        {"differences": DIFFERENCES, "weights": WEIGHTS, "covariances": COVARIANCES},
    ],
    ids=["means", "weights", "covariances", "all", "least weight", "differences", "differences and more"],
)
def test_what_is_known_stays_and_the_objective_never_falls(known: dict[str, Any]) -> None:
    model = frozen(**known)
    problem = Problem(Fold.of_rows(ROWS), model)
    steps = em_steps(problem, model.begun(START), 40)
    end = steps.point.parameters
    assert np.all(np.diff(steps.objectives) >= -1e-12 * np.abs(steps.objectives[-1]))
    assert steps.objectives[-1] > Point.at(problem, model.begun(START)).objective
    for name in ("means", "weights", "covariances"):
        if name in known:
            given = ~np.isnan(known[name])
            np.testing.assert_array_equal(getattr(end, name)[given], known[name][given])
    if "differences" in known:
        np.testing.assert_allclose(end.means[2] - end.means[0], [1.5, -0.5], rtol=1e-12)
    assert np.sum(end.weights) == pytest.approx(1.0)
    assert np.min(end.weights) >= known.get("min_weight", 0.0)


def test_a_step_is_the_maximum_of_the_expected_objective() -> None:
    """No small change of what is free, given the other parameters, does better."""
    model = frozen(means=MEANS, weights=WEIGHTS)
    fold = Fold.of_rows(ROWS)
    before = model.begun(START)
    statistics = fold.statistics(model.potentials(before), model.structure)
    after = model.maximize(statistics, before)

    def expected(means: np.ndarray, covariances: np.ndarray) -> float:
        around = statistics.around(means)
        value = -0.5 * np.sum(np.linalg.inv(covariances) * (around.scatter + 0.1 * np.eye(2)))
        return value - 0.5 * (statistics.count + 0.1) @ np.linalg.slogdet(covariances)[1]

    random = np.random.default_rng(0)
    best = expected(after.means, after.covariances)
    there = expected(after.means, before.covariances)
    for _ in range(20):
        step = np.where(np.isnan(MEANS), 0.05 * random.normal(size=MEANS.shape), 0.0)
        assert expected(after.means + step, before.covariances) <= there
        turned = after.covariances + 0.02 * np.einsum("kij,klj->kil", *[random.normal(size=(3, 2, 2))] * 2)
        assert expected(after.means, turned) <= best + 1e-9


def test_the_shift_of_known_means_is_the_most_probable_given_covariances() -> None:
    model, fold = frozen(differences=DIFFERENCES), Fold.of_rows(ROWS)
    before = model.begun(START)
    statistics = fold.statistics(model.potentials(before), model.structure)
    after = model.maximize(statistics, before)
    precisions = statistics.count[:, None, None] * np.linalg.inv(before.covariances)

    def away(shift: np.ndarray) -> float:
        steps = (DIFFERENCES + shift - statistics.means)[[0, 2]]
        return float(np.einsum("kd,kde,ke->", steps, precisions[[0, 2]], steps))

    best = away(after.means[0])
    for step in 1e-3 * np.concatenate([np.eye(2), -np.eye(2)]):
        assert away(after.means[0] + step) > best
    np.testing.assert_allclose(after.means[1], statistics.means[1], rtol=1e-12)


@pytest.mark.parametrize("family", ["tied", "diag", "spherical", "VEE", "factor:1"])
@pytest.mark.parametrize("known", [{"means": MEANS}, {"differences": DIFFERENCES}], ids=["means", "differences"])
def test_means_may_be_known_with_every_family(family: str, known: dict[str, Any]) -> None:
    model = frozen(family, **known)
    problem = Problem(Fold.of_rows(ROWS), model)
    begun = model.maximize(problem.fold.statistics(START.potentials(family_for("full")), model.structure))
    objectives = em_steps(problem, begun, 20).objectives
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_it_stands_beside_a_background_and_takes_rows_seen_in_part() -> None:
    model = frozen(means=MEANS)
    noisy = Fold.of_rows(ROWS)
    seen = (Linear(noise=np.array(0.3)),)
    noisy = Fold(ArraySource(ROWS, Marks()), noisy.engine, noisy.executor, seen)
    for problem, begun in (
        (Problem(noisy, model), model.begun(START)),
        (Problem(Fold.of_rows(ROWS), WithBackground(model, 6.0)), model.begun(START)),
    ):
        objectives = em_steps(problem, begun, 20).objectives
        assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_free_parameters_are_counted() -> None:
    plain = frozen().n_parameters(3, 2)
    assert plain == 2 + 6 + 9
    assert frozen(means=MEANS).n_parameters(3, 2) == plain - 3
    assert frozen(differences=DIFFERENCES).n_parameters(3, 2) == plain - 2
    with pytest.raises(InputError, match="got both"):
        frozen(means=MEANS, differences=DIFFERENCES)
    assert frozen(weights=WEIGHTS).n_parameters(3, 2) == plain - 1
    assert frozen(weights=np.full(3, 1 / 3)).n_parameters(3, 2) == plain - 2
    assert frozen(covariances=COVARIANCES).n_parameters(3, 2) == plain - 3
    assert frozen("tied", covariances=np.eye(2)).n_parameters(3, 2) == frozen("tied").n_parameters(3, 2) - 3


def test_least_weights_are_those_of_most_likelihood() -> None:
    model = frozen(min_weight=0.2)
    parameters = model.begun(Parameters(np.array([0.9, 0.06, 0.04]), START.means, START.covariances))
    np.testing.assert_allclose(parameters.weights, [0.6, 0.2, 0.2])


def test_covariances_that_are_shared_are_known_all_or_none() -> None:
    with pytest.raises(InputError, match="of all components or of none"):
        frozen("VEE", covariances=COVARIANCES)
    frozen("VEE", covariances=np.stack([np.eye(2)] * 3))


@pytest.mark.parametrize(
    "known",
    [{"weights": np.array([0.9, 0.3, NAN])}, {"weights": np.array([0.2, 0.2, 0.2])}, {"weights": np.array([-0.1, NAN])},
     {"weights": np.array([0.5, NAN, NAN]), "min_weight": 0.4}],
)  # fmt: skip
def test_weights_that_leave_no_room_are_refused(known: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="leave room for the others"):
        frozen(**known)


def test_weights_that_are_free_are_learned_from_labels() -> None:
    model = frozen(weights=WEIGHTS)
    begun = model.begun(START)
    statistics = Fold.of_rows(ROWS).statistics(model.potentials(begun), model.structure)
    statistics = replace(statistics, label_count=np.array([5.0, 3.0, 1.0, 0.0]))
    np.testing.assert_allclose(model.maximize(statistics, begun).weights, [0.3, 0.525, 0.175])
