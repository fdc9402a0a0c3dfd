"""Every observation, through a fold, gives what the formulas give row by row: any family, engine, type and place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, Prior, family_for
from mixfold.engines import ArrayEngine, Assignment, Engine, NativeEngine, to_numpy
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.executors import DaskExecutor, Executor, LocalExecutor
from mixfold.fold import Fold
from mixfold.models import Penalized, Point, Problem
from mixfold.observations import Complete, Components, Observation
from mixfold.potentials import Potentials
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import ArraySource, source_for
from mixfold.structures import STRUCTURES, Factors, Structure
from mixfold.typing import FloatArray
from tests.examples import blobs, parameters_of, potentials_of
from tests.observations.oracle import D, K, Oracle, kinds

ENGINES: list[Engine] = [ArrayEngine(), *([NativeEngine()] if NATIVE_AVAILABLE else [])]
KINDS = kinds()
N = 30


def rows_of(kind: str, n_rows: int = N, seed: int = 0) -> tuple[FloatArray, Marks]:
    """Give rows, NaN where their observation does not look, and marks."""
    random = np.random.default_rng(seed)
    values, observations = blobs(n_rows, K, D, seed=seed)[0], KINDS[kind]
    marks = Marks(random.uniform(0.2, 2.0, size=n_rows), random.integers(len(observations), size=n_rows))
    for stratum, observation in enumerate(observations):
        if observation.columns is not None:
            hidden = np.setdiff1d(np.arange(D), observation.columns)
            values[np.ix_(np.flatnonzero(marks.strata == stratum), hidden)] = np.nan
    return values, marks


def expected_of(kind: str, potentials: Potentials, values: FloatArray, marks: Marks, **how: Assignment) -> Oracle:
    """Give the oracle of all rows."""
    weights = np.ones(len(values)) if marks.weights is None else marks.weights
    return Oracle(Components.of(potentials), KINDS[kind], values.astype(np.float64), marks.strata, weights, **how)


def covering() -> Iterator[Any]:
    """Give every kind with every structure, weighted and not, and both assignments with each of them, in turn."""
    for (i, kind), (j, structure) in product(enumerate(KINDS), enumerate([*STRUCTURES, Factors(2)])):
        for turn, weighted in enumerate((True, False)):
            assignment = list(Assignment)[(i + j + turn) % len(Assignment)]
            name = f"{kind}-{structure.name}-{'weighted' if weighted else 'alike'}-{assignment.name}"
            yield pytest.param(kind, structure, weighted, assignment, id=name)


@cache
def oracle_of(kind: str, weighted: bool, structure: Structure, assignment: Assignment) -> Oracle:
    """Give the oracle of all rows, once for all engines."""
    values, marks = rows_of(kind)
    marks = marks if weighted else Marks(strata=marks.strata)
    return expected_of(kind, potentials_of(structure, K, D), values, marks, assignment=assignment)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize(("kind", "structure", "weighted", "assignment"), list(covering()))
def test_sums_are_those_of_the_rows_one_by_one(
    kind: str, structure: Structure, weighted: bool, assignment: Assignment, engine: Engine
) -> None:
    potentials, (values, marks) = potentials_of(structure, K, D), rows_of(kind)
    marks = marks if weighted else Marks(strata=marks.strata)
    fold = Fold(ArraySource(values, marks), engine, LocalExecutor(), tuple(KINDS[kind]))
    actual = fold.statistics(potentials, structure, assignment)
    oracle = oracle_of(kind, weighted, structure, assignment)
    scatter = structure.of_scatter(oracle.scatter, potentials.basis(structure))
    np.testing.assert_allclose(actual.count, oracle.count, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(actual.shift, oracle.shift, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(actual.scatter, scatter, rtol=1e-11, atol=1e-11 * np.max(np.abs(scatter)))
    assert actual.log_likelihood == pytest.approx(oracle.log_likelihood, rel=1e-12)
    assert actual.n_rows == N
    assert actual.structure == structure


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_single_precision_give_the_same_to_theirs(kind: str, engine: Engine) -> None:
    structure = STRUCTURES[0]
    potentials, (values, marks) = potentials_of(structure, K, D), rows_of(kind)
    single = values.astype(np.float32)
    fold = Fold(ArraySource(single, marks), engine, LocalExecutor(), tuple(KINDS[kind]))
    actual, oracle = fold.statistics(potentials, structure), expected_of(kind, potentials, single, marks)
    np.testing.assert_allclose(actual.count, oracle.count, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(actual.scatter, oracle.scatter, rtol=1e-4, atol=1e-5 * np.max(np.abs(oracle.scatter)))


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_of_rows_is_said_of_what_is_seen_of_them(kind: str, engine: Engine) -> None:
    potentials, (values, marks) = potentials_of(STRUCTURES[0], K, D), rows_of(kind)
    fold = Fold(ArraySource(values, marks), engine, LocalExecutor(), tuple(KINDS[kind]))
    oracle = expected_of(kind, potentials, values, marks)
    np.testing.assert_allclose(fold.log_density(potentials), oracle.log_density, rtol=1e-11)
    np.testing.assert_allclose(fold.responsibilities(potentials), oracle.responsibilities, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(fold.labels(potentials), np.argmax(oracle.responsibilities, axis=1))
    total, weight = fold.log_likelihood(potentials)
    assert total == pytest.approx(oracle.log_likelihood, rel=1e-11)
    assert weight == pytest.approx(np.sum(marks.weights))


@pytest.fixture(params=["threads", "dask"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """Give an executor that computes elsewhere than the calling thread."""
    if request.param == "threads":
        with LocalExecutor(3) as threads:
            yield threads
        return
    distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")
    with (
        distributed.Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None) as client,
        DaskExecutor(client) as workers,
    ):
        yield workers


@pytest.mark.parametrize("kind", ["missing", "all at once"])
def test_every_place_gives_the_bits_of_one_thread(kind: str, executor: Executor, tmp_path) -> None:
    potentials, structure = potentials_of(STRUCTURES[0], K, D), STRUCTURES[0]
    values, marks = rows_of(kind, 3 * CHUNK_ROWS + 7)
    np.save(tmp_path / "rows.npy", values)
    on_disk = source_for(tmp_path / "rows.npy").with_marks(marks)
    here = Fold(ArraySource(values, marks), ENGINES[-1], LocalExecutor(), tuple(KINDS[kind]))
    there = Fold(on_disk, ENGINES[-1], executor, tuple(KINDS[kind]))
    expected, actual = here.statistics(potentials, structure), there.statistics(potentials, structure)
    assert actual.scatter.tobytes() == expected.scatter.tobytes()
    assert actual.log_likelihood == expected.log_likelihood
    np.testing.assert_array_equal(to_numpy(there.labels(potentials)), here.labels(potentials))


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_complete_rows_have_the_bits_of_rows_without_observations(structure: Structure, engine: Engine) -> None:
    potentials, values = potentials_of(structure, K, D), blobs(2 * CHUNK_ROWS, K, D)[0]
    plain = Fold(ArraySource(values), engine, LocalExecutor()).statistics(potentials, structure)
    kinds_of_rows: tuple[Observation, ...] = (Complete(), KINDS["missing"][1])
    for observations in (kinds_of_rows[:1], kinds_of_rows):
        marks = Marks(strata=np.zeros(len(values), dtype=int))
        fold = Fold(ArraySource(values, marks), engine, LocalExecutor(), observations)
        actual = fold.statistics(potentials, structure)
        assert actual.scatter.tobytes() == plain.scatter.tobytes()
        assert actual.log_likelihood == plain.log_likelihood


@pytest.mark.parametrize(
    ("family", "kind", "jitter"),
    [
        (family, kind, (0.0, 0.05)[(i + j) % 2])
        for i, family in enumerate(["full", "tied", "diag", "spherical", "VVE", "EEI", "factor:1"])
        for j, kind in enumerate(KINDS)
    ],
)
def test_the_objective_never_falls(family: str, kind: str, jitter: float) -> None:
    values, marks = rows_of(kind, 300, seed=3)
    engine, learned = ENGINES[-1], FAMILIES.get(family) or family_for(family)
    prior = Prior.from_rows(0.5, learned.structure.reduced(np.eye(D), D))
    prior = replace(prior, jitter=np.array(jitter))
    fold = Fold(ArraySource(values, marks), engine, LocalExecutor(), tuple(KINDS[kind]))
    problem = Problem(fold, Penalized(learned, prior))
    point = Point.at(problem, parameters_of(learned, K, D, seed=2))
    climbed = [point.objective]
    for _ in range(15):
        point = Point.at(problem, problem.model.maximize(point.statistics, point.parameters))
        climbed.append(point.objective)
    assert np.all(np.diff(climbed) > -1e-10)
    assert climbed[-1] > climbed[0]
