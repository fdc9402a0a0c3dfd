"""What every model must fulfil. A new one is a line in `MODELS`."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import trapezoid

from mixfold.covariance import FAMILIES, CovarianceFamily, FactorAnalytic, Prior
from mixfold.engines import engine_for
from mixfold.executors import LocalExecutor
from mixfold.fitting import em_steps
from mixfold.fold import Fold
from mixfold.models import (
    DirichletPrior,
    GammaBelief,
    Model,
    Penalized,
    Point,
    Problem,
    StickPrior,
    Student,
    Variational,
    WeightPrior,
)
from mixfold.models.student import Degrees
from mixfold.parameters import Parameters
from mixfold.sources import ArraySource
from tests.examples import NO_PRIOR, blobs

K = 3


def nothing(family: CovarianceFamily, d: int) -> Prior:
    """Give the likelihood alone."""
    del family, d
    return NO_PRIOR


def wishart(family: CovarianceFamily, d: int) -> Prior:
    """Give pseudo-rows that are in the objective."""
    return Prior.from_rows(2.0, family.structure.reduced(np.array(0.5), d))


def interval(family: CovarianceFamily, d: int) -> Prior:
    """Give what a fit has by default: pseudo-rows, some of them in each component's own size, and rows as intervals."""
    likeness = 3.0 if family.structure.has_shape and d > 1 else 0.0
    return Prior(family.structure.reduced(np.array(0.3), d), 1.0, np.array(0.05), likeness)


def likeness(family: CovarianceFamily, d: int) -> Prior:
    """Give what a fit has by default of continuous numbers: `interval` without its jitter."""
    return replace(interval(family, d), jitter=np.zeros(()))


def penalized(family: CovarianceFamily, prior: Callable[[CovarianceFamily, int], Prior]) -> Callable[[int], Model]:
    return lambda d: Penalized(family, prior(family, d))


ALL_FAMILIES = [*FAMILIES.values(), FactorAnalytic(1), FactorAnalytic(1, shared=True)]
PRIORS: dict[str, Callable[[CovarianceFamily, int], Prior]] = {
    "nothing": nothing,
    "wishart": wishart,
    "interval": interval,
}
MODELS: dict[str, Callable[[int], Model]] = {
    f"{family.name}-{name}": penalized(family, prior) for family in ALL_FAMILIES for name, prior in PRIORS.items()
}
"""For each the model of data with so many features."""
POINTWISE = {name: model for name, model in MODELS.items() if not name.endswith("interval")}
"""Those whose potentials are a density of points: neither of intervals nor an expectation."""


def variational(covariance_type: str, weights: WeightPrior) -> Callable[[int], Model]:
    family = FAMILIES[covariance_type]
    return lambda d: Variational(family, weights, np.ones(d), 0.5, family.structure.reduced(np.array(0.3), d), d + 1.0)


MODELS |= {
    f"{covariance_type}-{name}-variational": variational(covariance_type, weights)
    for covariance_type in ("full", "tied", "diag", "spherical")
    for name, weights in {
        "stick": StickPrior(GammaBelief()),
        "dirichlet": DirichletPrior(0.5),
        "dynamic": DirichletPrior(GammaBelief()),
    }.items()
}


def student(
    family: CovarianceFamily, prior: Callable[[CovarianceFamily, int], Prior], degrees: Degrees
) -> Callable[[int], Model]:
    return lambda d: Student(family, prior(family, d), degrees)


MODELS |= {
    f"{family.name}-{name}-student": student(family, prior, "each")
    for family in ALL_FAMILIES
    for name, prior in {"nothing": nothing, "wishart": wishart, "likeness": likeness}.items()
}
MODELS |= {
    f"{covariance_type}-{degrees}-student": student(FAMILIES[covariance_type], wishart, degrees)
    for covariance_type in ("full", "tied", "diag", "spherical")
    for degrees in ("one", 3.0)
}

AT_NIGHT = {
    f"{family.name}-{prior}-student"
    for i, family in enumerate(ALL_FAMILIES)
    for j, prior in enumerate(["nothing", "wishart", "likeness"])
    if i % 3 != j
}
"""Every family with heavy tails has one prior in turn by day, and the others at night."""


def parametrized(models: dict[str, Callable[[int], Model]]) -> pytest.MarkDecorator:
    """Give a test each of the models."""
    each = [
        pytest.param(model, id=name, marks=pytest.mark.nightly if name in AT_NIGHT else [])
        for name, model in models.items()
    ]
    return pytest.mark.parametrize("model_of", each)


models = parametrized(MODELS)


def start_of(model: Model, fold: Fold, seed: int) -> Parameters:
    """Learn from rows that are shared out at random, but for the largest part."""
    random = np.random.default_rng(seed)
    n, d = fold.source.n_rows, fold.source.n_features
    shares = random.dirichlet(np.full(K, 0.3), size=n)
    statistics = fold.centered_moments(lambda rows: shares[rows.span], K, model.structure)
    assert statistics.center.shape == (K, d)
    return model.maximize(statistics)


def problem_on(model: Model, n_rows: int, d: int, engine: str = "array") -> Problem[Model]:
    rows, _ = blobs(n_rows, K, d, seed=3)
    return Problem(Fold(ArraySource(rows), engine_for(rows, engine), LocalExecutor()), model)


@models
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in (1, 2))])
def test_no_em_step_lowers_the_objective(model_of: Callable[[int], Model], seed: int) -> None:
    problem = problem_on(model_of(3), 90, 3)
    point = Point.at(problem, start_of(problem.model, problem.fold, seed))
    for _ in range(15):
        after = Point.at(problem, problem.model.maximize(point.statistics, point.parameters))
        assert after.objective >= point.objective - 1e-12 * abs(point.objective)
        point = after


@models
def test_parameters_are_arrays_and_arrays_are_parameters(model_of: Callable[[int], Model]) -> None:
    problem = problem_on(model_of(2), 60, 2)
    learned = problem.model.maximize(Point.at(problem, start_of(problem.model, problem.fold, 0)).statistics)
    again = problem.model.parameters_of(learned.arrays)
    assert type(again) is type(learned)
    for name, array in learned.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)
    before, after = (Point.at(problem, parameters) for parameters in (learned, again))
    assert before.objective == after.objective


@models
def test_what_maximizes_maximizes_again(model_of: Callable[[int], Model]) -> None:
    # Of one expected objective, in which steps of an iteration of the model's own come to an end.
    problem = problem_on(model_of(2), 90, 2)
    point = Point.at(problem, start_of(problem.model, problem.fold, 0))
    if not problem.model.structure.is_streamable:
        pytest.skip("its statistics are those of the parameters before alone")
    end = point.parameters
    for _ in range(300):
        before, end = end, problem.model.maximize(point.statistics, end)
        if np.allclose(before.means, end.means) and np.allclose(before.covariances, end.covariances, rtol=1e-9):
            break
    again = problem.model.maximize(point.statistics, end)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(again, name), getattr(end, name), rtol=1e-6, atol=1e-9)


@parametrized(POINTWISE)
def test_its_potentials_integrate_to_one(model_of: Callable[[int], Model]) -> None:
    assert _integral(model_of(1)) == pytest.approx(1.0, abs=1e-9)


@models
def test_its_potentials_never_integrate_to_more_than_one(model_of: Callable[[int], Model]) -> None:
    assert _integral(model_of(1)) <= 1.0 + 1e-9


def _integral(model: Model) -> float:
    """Give the integral of the density that rows of one feature have under learned parameters."""
    problem = problem_on(model, 60, 1)
    potentials = model.potentials(start_of(model, problem.fold, 0))
    grid = np.linspace(-60.0, 60.0, 40_001)
    return float(trapezoid(np.exp(Fold.of_rows(grid[:, None]).log_density(potentials)), grid))


@models
def test_it_has_parameters_and_no_fewer_for_more_components(model_of: Callable[[int], Model]) -> None:
    for d in (1, 2, 5):
        numbers = [model_of(d).n_parameters(k, d) for k in range(1, 5)]
        assert numbers[0] > 0
        assert numbers == sorted(numbers)


@models
def test_its_log_prior_is_a_number_and_no_more_than_that_of_its_mode(model_of: Callable[[int], Model]) -> None:
    problem = problem_on(model_of(2), 60, 2)
    start = start_of(problem.model, problem.fold, 0)
    log_prior = problem.model.log_prior(start, problem.model.potentials(start))
    assert -np.inf < log_prior <= 0.0


@models
def test_a_pickled_one_learns_to_the_same_bits(model_of: Callable[[int], Model]) -> None:
    model = model_of(2)
    problem = problem_on(model, 60, 2)
    start = start_of(model, problem.fold, 0)
    statistics = problem.fold.statistics(model.potentials(start), model.structure)
    again = pickle.loads(pickle.dumps(model))
    for name in ("weights", "means", "covariances"):
        one, other = (getattr(each.maximize(statistics, start), name) for each in (model, again))
        np.testing.assert_array_equal(one, other)


@models
def test_where_components_may_be_exchanged_a_step_does_not_depend_on_their_order(
    model_of: Callable[[int], Model],
) -> None:
    problem, order = problem_on(model_of(2), 60, 2), np.array([2, 0, 1])
    if not problem.model.is_symmetric:
        pytest.skip("its components have a place")
    start = start_of(problem.model, problem.fold, 0)
    other = start.reordered(order, problem.model.structure)
    one, two = (em_steps(problem, each, 2).point.parameters for each in (start, other))
    np.testing.assert_allclose(two.weights, one.weights[order], rtol=1e-9)
    np.testing.assert_allclose(two.means, one.means[order], rtol=1e-8, atol=1e-9)


@models
def test_where_an_engine_repeats_the_step_it_takes_the_same_ones(model_of: Callable[[int], Model]) -> None:
    stepped, looped = problem_on(model_of(2), 90, 2), problem_on(model_of(2), 90, 2, "auto")
    start = start_of(stepped.model, stepped.fold, 1)
    expected, actual = em_steps(stepped, start, 10), em_steps(looped, start, 10)
    np.testing.assert_allclose(actual.objectives, expected.objectives, rtol=1e-9)
    np.testing.assert_allclose(actual.point.parameters.means, expected.point.parameters.means, rtol=1e-6, atol=1e-7)
