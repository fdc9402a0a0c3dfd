"""The native loop of EM against the same steps taken by the covariance families in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest

from mixfold.covariance import FAMILIES as NAMED
from mixfold.covariance import CovarianceFamily, Diag, Full, Prior, Spherical, Tied
from mixfold.engines import MStep, StoppingRule, kernels
from mixfold.engines.array import ArrayEngine
from mixfold.engines.em_loop import EMLoop
from mixfold.engines.native_loop import expectation_maximization
from mixfold.fitting import predicted_gain
from mixfold.models import Penalized
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters
from mixfold.rows import Marks, Rows
from mixfold.structures import DIAGONAL, SPHERICAL, Structure

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")

FAMILIES: list[CovarianceFamily] = [Full(), Tied(), Diag(), Spherical()]
RESTRICTED = [family for family in NAMED.values() if not family.has_plain_step]
Values = npt.NDArray[np.floating]


def make_problem(
    family: CovarianceFamily, k: int = 3, d: int = 4
) -> tuple[Values, npt.NDArray[np.float64], Parameters]:
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(60, d)) + center for center in 2.5 * np.eye(k, d)])
    shape = family.shape(k, d)
    covariances = np.ones(shape) if len(shape) == 1 or shape == (k, d) else np.broadcast_to(np.eye(d), shape).copy()
    return rows, rng.random(len(rows)), Parameters(np.full(k, 1.0 / k), rows[::60][:k].copy(), covariances)


def make_prior(family: CovarianceFamily, d: int, *, density: bool) -> Prior:
    if not density:
        return Prior.from_ridge(1e-3)
    one = {SPHERICAL: np.array(0.7), DIAGONAL: np.linspace(0.5, 1.0, d)}
    jitter = np.linspace(1e-4, 2e-4, d)
    return Prior(one.get(family.structure, np.eye(d) + 0.2), count=0.5, jitter=jitter, likeness=2.0)


def run(
    rows: Values,
    weights: Values | None,
    start: Parameters,
    family: CovarianceFamily,
    prior: Prior,
    steps: int,
    rule: StoppingRule | None = None,
    before: Structure | None = None,
) -> EMLoop:
    (loop,) = expectation_maximization(
        Rows(rows, Marks(weights)),
        [(start.weights, start.means, start.covariances)],
        MStep(family.structure, prior, family.kernel_letters, before),
        max_steps=steps,
        rule=rule,
    )
    return loop


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("family", [*FAMILIES, *RESTRICTED], ids=lambda family: family.name)
def test_the_loop_takes_the_steps_of_the_families(family: CovarianceFamily, density: bool) -> None:
    rows, weights, start = make_problem(family)
    prior = make_prior(family, rows.shape[1], density=density)
    got = run(rows, weights, start, family, prior, steps=5)
    parameters = start
    for step in range(6):
        potentials = parameters.potentials(family).jittered(prior.jitter)
        statistics = ArrayEngine().statistics(Rows(rows, Marks(weights)), potentials, family.structure)
        assert got.log_likelihood[step] == pytest.approx(statistics.log_likelihood, rel=1e-11)
        if density:
            constant = family.log_prior_constant(prior, *start.means.shape)
            exact = family.log_prior(potentials.whitener, prior, *start.means.shape)
            assert got.log_prior[step] - constant == pytest.approx(exact, rel=1e-10, abs=1e-10)
        last, parameters = parameters, Penalized(family, prior).maximize(statistics, parameters)
    np.testing.assert_allclose(got.weights, last.weights, rtol=1e-10)
    np.testing.assert_allclose(got.means, last.means, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(got.covariances, last.covariances, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(got.statistics.scatter, statistics.scatter, rtol=1e-9, atol=1e-10)
    assert got.statistics.weight == pytest.approx(weights.sum())
    assert got.ending is Outcome.ITERATION_LIMIT
    assert len(got.log_likelihood) == 6


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("other", [Full(), Diag(), Spherical(), Tied()], ids=lambda family: family.name)
@pytest.mark.parametrize("family", [*FAMILIES, *RESTRICTED], ids=lambda family: family.name)
def test_a_start_of_another_family_shares_rows_out_first(
    family: CovarianceFamily, other: CovarianceFamily, density: bool
) -> None:
    rows, weights, _ = make_problem(family)
    rows[:60] *= [3.0, 1.0, 1.0, 0.3]  # components unlike each other
    _, _, start = make_problem(other)
    prior = make_prior(family, rows.shape[1], density=density)
    got = run(rows, weights, start, family, prior, steps=0, before=other.structure)
    statistics = ArrayEngine().statistics(Rows(rows, Marks(weights)), start.potentials(other), family.structure)
    begun = Penalized(family, prior).maximize(statistics)
    np.testing.assert_allclose(got.weights, begun.weights, rtol=1e-10)
    np.testing.assert_allclose(got.means, begun.means, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(got.covariances, begun.covariances, rtol=1e-6, atol=1e-8)
    assert len(got.log_likelihood) == 1


@pytest.mark.parametrize("family", RESTRICTED, ids=lambda family: family.name)
def test_units_that_are_far_apart_do_not_spoil_the_steps_of_a_family(family: CovarianceFamily) -> None:
    rows, weights, start = make_problem(family, k=2, d=5)
    units = np.array([1e-30, 1e-3, 1.0, 1e5, 1e40])
    if not family.structure.has_shape:
        units[:] = 1e30
    rows = rows * units
    shape = start.covariances.shape[1:]
    squares = {0: units[0] ** 2, 1: units**2, 2: units * units[:, None]}[len(shape)]
    start = Parameters(start.weights, start.means * units, start.covariances * squares)
    prior = Prior(np.array(squares if len(shape) < 2 else np.diag(units**2)), count=0.5)
    got = run(rows, weights, start, family, prior, steps=5)
    parameters = start
    for _ in range(5):
        potentials = parameters.potentials(family)
        statistics = ArrayEngine().statistics(Rows(rows, Marks(weights)), potentials, family.structure)
        parameters = Penalized(family, prior).maximize(statistics, parameters)
    np.testing.assert_allclose(got.covariances / squares, parameters.covariances / squares, rtol=1e-7, atol=1e-7)
    assert len(got.log_likelihood) == 6


@pytest.mark.parametrize("family", RESTRICTED, ids=lambda family: family.name)
def test_a_restricted_step_without_an_answer_ends_the_loop(family: CovarianceFamily) -> None:
    rows, _, start = make_problem(family)
    rows[:, 0] = 1.0
    if not family.structure.has_shape:
        rows[:] = 1.0
    got = run(rows, None, start, family, Prior.from_ridge(0.0), steps=5)
    assert got.ending is Outcome.COLLAPSED
    assert np.all(np.isfinite(got.covariances))


def test_the_start_is_left_as_it_was() -> None:
    rows, _, start = make_problem(Full())
    before = start.means.copy()
    run(rows, None, start, Full(), make_prior(Full(), 4, density=False), steps=3)
    np.testing.assert_array_equal(start.means, before)


def test_the_loop_ends_at_a_look_at_which_there_is_nothing_more_to_gain() -> None:
    rows, _, start = make_problem(Full())
    prior = make_prior(Full(), 4, density=True)
    got = run(rows, None, start, Full(), prior, steps=1000, rule=StoppingRule(interval=10, gain=1e-6))
    assert got.ending is Outcome.CONVERGED
    n_steps = len(got.log_likelihood) - 1
    assert n_steps % 10 == 0
    assert n_steps < 1000
    objectives = (got.log_likelihood + got.log_prior) / len(rows)
    assert predicted_gain(objectives[-3:]) < 1e-6 <= predicted_gain(objectives[-13:-10])


def test_no_steps_are_one_fold_of_the_start() -> None:
    rows, _, start = make_problem(Full())
    got = run(rows, None, start, Full(), make_prior(Full(), 4, density=False), steps=0)
    assert len(got.log_likelihood) == 1
    np.testing.assert_array_equal(got.means, start.means)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_collapse_leaves_the_last_parameters_that_have_a_density(family: CovarianceFamily) -> None:
    rows, _, start = make_problem(family)
    rows = np.zeros_like(rows)
    got = run(rows, None, start, family, Prior.from_ridge(0.0), steps=50)
    assert got.ending is Outcome.COLLAPSED
    assert len(got.log_likelihood) >= 1
    assert np.isfinite(got.log_likelihood).all()
    Parameters(got.weights, got.means, got.covariances).potentials(family)


def test_a_start_without_a_density_has_no_fold() -> None:
    rows, _, start = make_problem(Full())
    flat = Parameters(start.weights, start.means, np.zeros_like(start.covariances))
    got = run(rows, None, flat, Full(), Prior.from_ridge(0.0), steps=5)
    assert got.ending is Outcome.COLLAPSED
    assert len(got.log_likelihood) == 0


def test_a_component_without_rows_keeps_its_mean() -> None:
    rows, _, start = make_problem(Full())
    start.means[1] = 1e4
    got = run(rows, None, start, Full(), make_prior(Full(), 4, density=True), steps=3)
    np.testing.assert_array_equal(got.means[1], start.means[1])
    assert got.weights[1] == 0.0
    assert np.isfinite(got.log_likelihood).all()


def test_float32_rows_are_fitted_as_closely_as_they_are_known() -> None:
    rows, _, start = make_problem(Full())
    prior = make_prior(Full(), 4, density=False)
    single = run(rows.astype("float32"), None, start, Full(), prior, steps=10)
    double = run(rows, None, start, Full(), prior, steps=10)
    np.testing.assert_allclose(single.log_likelihood, double.log_likelihood, rtol=1e-5)
    assert single.means.dtype == np.float64


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("n", [5, 64, 100])
def test_rows_of_any_layout_and_number_have_the_same_bits(n: int, is_weighted: bool, dtype: str) -> None:
    rows, weights, start = make_problem(Full())
    prior, weights = make_prior(Full(), 4, density=True), weights[:n].astype(dtype)
    by_row, by_column = (np.array(rows[:n], dtype=dtype, order=order) for order in ("C", "F"))
    # Columns that are there already are read as they are, and the last rows copied at each step.
    one, other = (run(each, weights if is_weighted else None, start, Full(), prior, 5) for each in (by_row, by_column))
    np.testing.assert_array_equal(one.log_likelihood, other.log_likelihood)
    np.testing.assert_array_equal(one.covariances, other.covariances)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_starts_side_by_side_end_where_each_ends_alone(family: CovarianceFamily) -> None:
    rows, weights, start = make_problem(family)
    prior = make_prior(family, 4, density=True)
    starts = [Parameters(start.weights, rows[first : first + 3].copy(), start.covariances) for first in range(5)]

    def in_two_threads(function: Callable[[], None], _abandon: Callable[[], None]) -> None:
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(function), pool.submit(function)]:
                done.result()

    together = expectation_maximization(
        Rows(rows, Marks(weights)),
        [(each.weights, each.means, each.covariances) for each in starts],
        MStep(family.structure, prior),
        max_steps=4,
        in_every_thread=in_two_threads,
    )
    for each, got in zip(starts, together, strict=True):
        alone = run(rows, weights, each, family, prior, steps=4)
        np.testing.assert_array_equal(got.covariances, alone.covariances)
        np.testing.assert_array_equal(got.statistics.scatter, alone.statistics.scatter)
        np.testing.assert_array_equal(got.log_likelihood, alone.log_likelihood)
