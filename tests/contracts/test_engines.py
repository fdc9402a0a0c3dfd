"""Every engine against the reference engine, which itself is tested against loops, on every library and precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from mixfold.engines import ENGINES, ArrayEngine, Assignment, Engine, to_numpy
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import FULL, SPHERICAL, STRUCTURES, Factors, Structure
from mixfold.typing import Array, FloatArray
from tests.examples import potentials_of

engines = pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
ANY_STRUCTURE = (*STRUCTURES, Factors(1))
whiteners = pytest.mark.parametrize("whitener", ANY_STRUCTURE, ids=lambda s: f"{s.name}-whitener")
scatters = pytest.mark.parametrize("structure", ANY_STRUCTURE, ids=lambda s: f"{s.name}-scatter")
SIZES = [(1, 1, 1), (5, 3, 2), (333, 4, 7), (1000, 17, 3)]
sizes = pytest.mark.parametrize(("n", "k", "d"), SIZES)
dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
Library = Callable[[FloatArray], Array]


def covering() -> Iterator[Any]:
    """Give every pair of structures in both precisions, and every size with each of them, in turn."""
    for (i, whitener), (j, structure) in product(enumerate(ANY_STRUCTURE), repeat=2):
        for turn, dtype in enumerate((np.float64, np.float32)):
            which = (i + j + 2 * turn) % len(SIZES)
            n, k, d = SIZES[which]
            name = f"{whitener.name}-whitener-{structure.name}-scatter-{n}-{k}-{d}-{dtype.__name__}"
            yield pytest.param(whitener, structure, n, k, d, which % 2 == 1, dtype, id=name)


def accepted(engine: Engine, rows: Array) -> Array:
    """Give the rows, or skip the test if they are nothing that the engine computes."""
    if not engine.accepts(rows):
        pytest.skip(f"{engine.name} does not compute {type(rows).__name__} of {rows.dtype}")
    return rows


def data(n: int, d: int, dtype: type, seed: int = 3) -> tuple[FloatArray, FloatArray]:
    """Give rows and weights (some zero) that have the same values in both precisions."""
    random = np.random.default_rng(seed)
    rows = random.normal(scale=2.0, size=(n, d)).astype(np.float32).astype(dtype)
    return rows, random.integers(0, 4, size=n).astype(dtype)


def assert_same(actual: SufficientStatistics, expected: SufficientStatistics, dtype: type) -> None:
    """Compare all sums, relative to the largest of each kind."""
    tolerance = 1e-11 if dtype is np.float64 else 3e-5
    for name in ("count", "shift", "scatter"):
        ours, theirs = getattr(actual, name), getattr(expected, name)
        assert ours.dtype == np.float64
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(
            ours, theirs, rtol=0.0, atol=tolerance * (1.0 + np.max(np.abs(theirs))), err_msg=name
        )
    scale = 1.0 + abs(expected.log_likelihood)
    assert actual.log_likelihood == pytest.approx(expected.log_likelihood, rel=0.0, abs=10.0 * tolerance * scale)
    assert (actual.n_rows, actual.weight, actual.structure) == (expected.n_rows, expected.weight, expected.structure)
    np.testing.assert_array_equal(actual.center, expected.center)


@engines
@pytest.mark.parametrize(("whitener", "structure", "n", "k", "d", "weighted", "dtype"), list(covering()))
def test_statistics_equal_the_reference(
    engine: Engine,
    whitener: Structure,
    structure: Structure,
    n: int,
    k: int,
    d: int,
    weighted: bool,
    dtype: type,
    library: Library,
) -> None:
    potentials = potentials_of(whitener, k, d)
    rows, weights = data(n, d, dtype)
    ours = accepted(engine, library(rows))
    actual = engine.statistics(Rows(ours, Marks(library(weights) if weighted else None)), potentials, structure)
    weights64 = weights.astype(np.float64) if weighted else None
    expected = ArrayEngine().statistics(Rows(rows.astype(np.float64), Marks(weights64)), potentials, structure)
    assert_same(actual, expected, dtype)


@engines
@whiteners
@dtypes
def test_hard_assignment_equals_the_reference(
    engine: Engine, whitener: Structure, dtype: type, library: Library
) -> None:
    potentials = potentials_of(whitener, 6, 3)
    rows, weights = data(500, 3, dtype)
    ours = accepted(engine, library(rows))
    actual = engine.statistics(Rows(ours, Marks(library(weights))), potentials, FULL, Assignment.HARD)
    expected = ArrayEngine().statistics(
        Rows(rows.astype(np.float64), Marks(weights.astype(np.float64))), potentials, FULL, Assignment.HARD
    )
    assert_same(actual, expected, dtype)


@engines
@scatters
@dtypes
def test_moments_equal_the_reference(engine: Engine, structure: Structure, dtype: type, library: Library) -> None:
    rows, weights = data(333, 4, dtype)
    shares = np.random.default_rng(0).dirichlet(np.ones(5), size=333)
    center = potentials_of(structure, 5, 4).center
    ours = accepted(engine, library(rows))
    actual = engine.moments(Rows(ours, Marks(library(weights))), shares, center, structure)
    expected = ArrayEngine().moments(
        Rows(rows.astype(np.float64), Marks(weights.astype(np.float64))), shares, center, structure
    )
    assert_same(actual, expected, dtype)


@engines
@whiteners
@sizes
@dtypes
def test_scores_of_rows_equal_the_reference(
    engine: Engine, whitener: Structure, n: int, k: int, d: int, dtype: type, library: Library
) -> None:
    potentials = potentials_of(whitener, k, d)
    rows, _ = data(n, d, dtype)
    ours, theirs = accepted(engine, library(rows)), rows.astype(np.float64)
    tolerance = {"rtol": 1e-11, "atol": 1e-11} if dtype is np.float64 else {"rtol": 1e-4, "atol": 1e-4}
    for question in ("log_density", "responsibilities"):
        actual = getattr(engine, question)(ours, potentials)
        expected = getattr(ArrayEngine(), question)(theirs, potentials)
        np.testing.assert_allclose(to_numpy(actual), expected, err_msg=question, **tolerance)


@engines
@whiteners
def test_labels_are_the_largest_responsibilities(engine: Engine, whitener: Structure, library: Library) -> None:
    potentials = potentials_of(whitener, 5, 3)
    rows = accepted(engine, library(data(400, 3, np.float64)[0]))
    shares = to_numpy(engine.responsibilities(rows, potentials))
    np.testing.assert_array_equal(to_numpy(engine.labels(rows, potentials)), np.argmax(shares, axis=1))


@engines
@dtypes
def test_scores_keep_library_and_dtype(engine: Engine, dtype: type, library: Library) -> None:
    rows = accepted(engine, library(data(20, 3, dtype)[0]))
    potentials = potentials_of(FULL, 2, 3)
    for question in ("log_density", "responsibilities"):
        result = getattr(engine, question)(rows, potentials)
        assert type(result) is type(rows)
        assert result.dtype == rows.dtype


@engines
@whiteners
def test_rows_in_columns_order_give_the_same(engine: Engine, whitener: Structure) -> None:
    rows = accepted(engine, data(100, 4, np.float64)[0])
    potentials = potentials_of(whitener, 3, 4)
    expected = engine.statistics(Rows(rows), potentials, FULL)
    strided = np.repeat(rows, 2, axis=0)[::2]
    for other in (np.asfortranarray(rows), strided, rows[:, ::-1][:, ::-1]):
        assert_same(engine.statistics(Rows(other), potentials, FULL), expected, np.float64)


@engines
def test_read_only_rows_are_accepted(engine: Engine) -> None:
    rows = data(50, 3, np.float64)[0]
    rows.setflags(write=False)
    assert engine.statistics(Rows(accepted(engine, rows)), potentials_of(FULL, 2, 3), FULL).n_rows == 50


@engines
@whiteners
@dtypes
def test_rows_far_away_have_finite_responsibilities(
    engine: Engine, whitener: Structure, dtype: type, library: Library
) -> None:
    far = float(np.sqrt(np.finfo(dtype).max)) * 4.0  # its square overflows
    values = np.array([[far, -far, far], [1e3, 1e3, 1e3], [0.0, 0.0, 0.0]], dtype=dtype)
    rows = accepted(engine, library(values))
    potentials = potentials_of(whitener, 4, 3)
    shares = to_numpy(engine.responsibilities(rows, potentials))
    np.testing.assert_allclose(np.sum(shares, axis=1), 1.0, rtol=1e-6)
    assert np.all(np.isfinite(to_numpy(engine.log_density(rows, potentials))))
    assert np.isfinite(engine.statistics(Rows(rows[1:]), potentials, FULL).log_likelihood)


@engines
@whiteners
def test_a_component_of_weight_zero_takes_nothing(engine: Engine, whitener: Structure, library: Library) -> None:
    base = potentials_of(whitener, 3, 2)
    potentials = Potentials(np.array([0.0, -np.inf, 0.0]), base.center, base.whitener, base.structure)
    rows = accepted(engine, library(data(100, 2, np.float64)[0]))
    assert np.all(to_numpy(engine.responsibilities(rows, potentials))[:, 1] == 0.0)
    statistics = engine.statistics(Rows(rows), potentials, FULL)
    assert statistics.count[1] == 0.0
    assert np.isfinite(statistics.log_likelihood)


@engines
def test_hard_assignment_takes_the_first_among_equals(engine: Engine, library: Library) -> None:
    potentials = Potentials.nearest(np.array([[5.0], [1.0], [1.0]]))
    rows = accepted(engine, library(np.array([[0.0], [1.0], [2.0]])))
    statistics = engine.statistics(Rows(rows), potentials, SPHERICAL, Assignment.HARD)
    np.testing.assert_array_equal(statistics.count, [0.0, 3.0, 0.0])
    np.testing.assert_array_equal(to_numpy(engine.labels(rows, potentials)), [1, 1, 1])


@engines
@whiteners
def test_parts_add_up_to_the_whole(engine: Engine, whitener: Structure) -> None:
    rows = accepted(engine, data(301, 3, np.float64)[0])
    potentials = potentials_of(whitener, 4, 3)
    parts = [engine.statistics(Rows(rows[part]), potentials, FULL) for part in (slice(100), slice(100, 301))]
    assert_same(parts[0] + parts[1], engine.statistics(Rows(rows), potentials, FULL), np.float64)


@engines
def test_far_from_zero_nothing_cancels(engine: Engine) -> None:
    # Rows on a grid of 2^-20 around 2^20: shifting them is exact, so the statistics must be equal.
    rows = accepted(engine, np.round(data(500, 3, np.float64)[0] * 2**20) / 2**20)
    base = potentials_of(FULL, 3, 3)
    center = np.round(base.center * 2**20) / 2**20
    near = Potentials(base.offset, center, base.whitener, base.structure)
    far = Potentials(base.offset, center + 2.0**20, base.whitener, base.structure)
    expected = engine.statistics(Rows(rows), near, FULL)
    actual = engine.statistics(Rows(rows + 2.0**20), far, FULL)
    np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=1e-12)
    assert actual.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-13)


@engines
def test_an_engine_is_registered_under_its_name(engine: Engine) -> None:
    assert ENGINES[engine.name] is engine
