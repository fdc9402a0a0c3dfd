"""Every engine with heavy tails and a background, against the definitions written out in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from mixfold.engines import ENGINES, Assignment, Engine, to_numpy
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import DIAGONAL, FULL, SPHERICAL, STRUCTURES, Factors, Structure
from mixfold.typing import Array, FloatArray
from tests.examples import dense_whiteners, potentials_of, scatter_by_loops

engines = pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
ANY_STRUCTURE = (*STRUCTURES, Factors(1))
whiteners = pytest.mark.parametrize("whitener", ANY_STRUCTURE, ids=lambda s: f"{s.name}-whitener")
dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
KINDS = ("neither", "background", "degrees", "both")
kinds = pytest.mark.parametrize("kind", KINDS)
Library = Callable[[FloatArray], Array]
TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}


def covering() -> Iterator[Any]:
    """Give every pair of structures in both precisions, and every kind with each of them, in turn."""
    for (i, whitener), (j, structure) in product(enumerate(ANY_STRUCTURE), repeat=2):
        for turn, dtype in enumerate((np.float64, np.float32)):
            kind = KINDS[(i + j + turn) % len(KINDS)]
            name = f"{whitener.name}-whitener-{structure.name}-scatter-{kind}-{dtype.__name__}"
            yield pytest.param(whitener, structure, kind, dtype, id=name)


def opened(potentials: Potentials, kind: str) -> Potentials:
    """Give the potentials with a background, degrees of freedom from few to many, or both."""
    if kind in {"background", "both"}:
        potentials = replace(potentials, background=-3.0)
    if kind in {"degrees", "both"}:
        potentials = replace(potentials, degrees=np.geomspace(0.7, 300.0, potentials.n_components))
    return potentials


class Oracle:
    """The definitions: scores, shares and scales (n, K) of rows in float64, whatever is computed."""

    def __init__(self, rows: FloatArray, potentials: Potentials) -> None:
        self.rows, self.potentials = np.asarray(rows, np.float64), potentials
        d = rows.shape[1]
        white = np.einsum("kij,nkj->nki", dense_whiteners(potentials), self.rows[:, None] - potentials.center)
        q = np.sum(white**2, axis=2)
        if potentials.degrees is None:
            self.scores, self.scales = potentials.offset - 0.5 * q, np.ones_like(q)
        else:
            v = potentials.degrees
            self.scores = potentials.offset - 0.5 * (v + d) * np.log1p(q / v)
            self.scales = (v + d) / (v + q)
        background = np.full((len(rows), 1), potentials.background)
        self.competing = np.concatenate([self.scores, background], axis=1)
        best = np.max(self.competing, axis=1, keepdims=True)
        exponentials = np.exp(self.competing - best)
        total = np.sum(exponentials, axis=1, keepdims=True)
        self.log_density = (best + np.log(total))[:, 0]
        self.shares = (exponentials / total)[:, :-1]
        self.log_best = -np.log(total)[:, 0]
        self.labels = np.argmax(self.competing, axis=1)

    def sums(self, weights: FloatArray | None, structure: Structure, *, hard: bool = False) -> dict[str, object]:
        """Give every sum by its name."""
        w = np.ones(len(self.rows)) if weights is None else np.asarray(weights, np.float64)
        k = self.potentials.n_components
        shares = (np.eye(k + 1)[self.labels][:, :k] if hard else self.shares) * w[:, None]
        moment, center = shares * self.scales, self.potentials.center
        shift = np.stack([moment[:, j] @ (self.rows - center[j]) for j in range(k)])
        basis = self.potentials.basis(structure)
        sums: dict[str, object] = {
            "count": np.sum(shares, axis=0),
            "shift": shift,
            "scatter": scatter_by_loops(self.rows, moment, center, structure, basis),
            "log_likelihood": w @ (np.max(self.competing, axis=1) if hard else self.log_density),
            "log_best_share": 0.0 if hard else w @ self.log_best,
            "weight": np.sum(w),
        }
        if self.potentials.degrees is not None:
            sums |= {"mass": np.sum(moment, axis=0), "log_mass": np.sum(shares * np.log(self.scales), axis=0)}
        return sums


def rows_and_weights(n: int, d: int, dtype: type) -> tuple[FloatArray, FloatArray]:
    """Give rows and weights (some zero) that have the same values in both precisions."""
    random = np.random.default_rng(5)
    rows = random.normal(scale=2.0, size=(n, d)).astype(np.float32).astype(dtype)
    return rows, random.integers(0, 4, size=n).astype(dtype)


def accepted(engine: Engine, rows: Array) -> Array:
    """Give the rows, or skip the test if they are nothing that the engine computes."""
    if not engine.accepts(rows):
        pytest.skip(f"{engine.name} does not compute {type(rows).__name__} of {rows.dtype}")
    return rows


def assert_sums(actual: SufficientStatistics, expected: dict[str, object], tolerance: float) -> None:
    """Compare all sums, relative to the largest of each kind."""
    assert (actual.mass is None) == (actual.log_mass is None) == ("mass" not in expected)
    for name, value in expected.items():
        ours, theirs = np.asarray(getattr(actual, name)), np.asarray(value)
        assert ours.shape == theirs.shape, name
        scale = 1.0 + np.max(np.abs(theirs))
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=tolerance * scale, err_msg=name)


@engines
@pytest.mark.parametrize(("whitener", "structure", "kind", "dtype"), list(covering()))
def test_sums_are_those_of_the_definitions(
    engine: Engine,
    whitener: Structure,
    structure: Structure,
    kind: str,
    dtype: type,
    library: Library,
) -> None:
    rows, weights = rows_and_weights(150, 3, dtype)
    is_weighted = kind in {"background", "both"}
    ours = accepted(engine, library(rows))
    potentials = opened(potentials_of(whitener, 4, 3), kind)
    actual = engine.statistics(Rows(ours, Marks(library(weights) if is_weighted else None)), potentials, structure)
    expected = Oracle(rows, potentials).sums(weights if is_weighted else None, structure)
    assert_sums(actual, expected, TOLERANCE[dtype])


@engines
@whiteners
@dtypes
@kinds
def test_hard_sums_are_those_of_the_definitions(
    engine: Engine, whitener: Structure, dtype: type, kind: str, library: Library
) -> None:
    rows, weights = rows_and_weights(200, 2, dtype)
    ours = accepted(engine, library(rows))
    for structure in (FULL, DIAGONAL):
        potentials = opened(potentials_of(whitener, 5, 2), kind)
        actual = engine.statistics(Rows(ours, Marks(library(weights))), potentials, structure, Assignment.HARD)
        assert_sums(actual, Oracle(rows, potentials).sums(weights, structure, hard=True), TOLERANCE[dtype])


@engines
@dtypes
@kinds
@pytest.mark.parametrize("d", [2, 40])
def test_many_components_and_features_are_summed_alike(
    engine: Engine, dtype: type, kind: str, d: int, library: Library
) -> None:
    # Far apart, so that kernels may leave most pairs of row and component out.
    random = np.random.default_rng(1)
    centers = 30.0 * random.normal(size=(20, d))
    values = (centers[random.integers(20, size=200)] + random.normal(size=(200, d))).astype(dtype)
    rows = accepted(engine, library(values))
    whitener = np.broadcast_to(np.eye(d), (20, d, d)).copy()
    potentials = opened(Potentials(np.zeros(20), centers, whitener, FULL), kind)
    actual, expected = engine.statistics(Rows(rows), potentials, DIAGONAL), Oracle(values, potentials)
    assert_sums(actual, expected.sums(None, DIAGONAL), 10.0 * TOLERANCE[dtype])


@engines
@whiteners
@dtypes
@kinds
def test_what_is_said_of_rows_is_that_of_the_definitions(
    engine: Engine, whitener: Structure, dtype: type, kind: str, library: Library
) -> None:
    rows, _ = rows_and_weights(300, 3, dtype)
    ours = accepted(engine, library(rows))
    potentials = opened(potentials_of(whitener, 4, 3), kind)
    oracle, tolerance = Oracle(rows, potentials), TOLERANCE[dtype]
    for name in ("scores", "log_density", "shares"):
        said = getattr(engine, "responsibilities" if name == "shares" else name)(ours, potentials)
        assert said.dtype == ours.dtype
        scale = tolerance * (1.0 + np.max(np.abs(getattr(oracle, name))))
        np.testing.assert_allclose(to_numpy(said), getattr(oracle, name), rtol=tolerance, atol=scale, err_msg=name)


@engines
@whiteners
@kinds
def test_a_row_of_the_background_is_labelled_minus_one(
    engine: Engine, whitener: Structure, kind: str, library: Library
) -> None:
    rows, _ = rows_and_weights(300, 3, np.float64)
    ours = accepted(engine, library(rows))
    potentials = opened(potentials_of(whitener, 4, 3), kind)
    labels = to_numpy(engine.labels(ours, potentials))
    expected = Oracle(rows, potentials).labels
    np.testing.assert_array_equal(labels, np.where(expected < 4, expected, -1))
    assert np.any(labels == -1) == (kind in {"background", "both"})


@engines
def test_a_component_comes_before_a_background_of_the_same_score(engine: Engine, library: Library) -> None:
    potentials = replace(Potentials.nearest(np.array([[0.0], [9.0]])), background=-0.5)
    rows = accepted(engine, library(np.array([[1.0], [8.0], [4.0]])))
    np.testing.assert_array_equal(to_numpy(engine.labels(rows, potentials)), [0, 1, -1])
    np.testing.assert_array_equal(
        engine.statistics(Rows(rows), potentials, SPHERICAL, Assignment.HARD).count, [1.0, 1.0]
    )


@engines
@dtypes
@pytest.mark.parametrize("kind", ["background", "degrees", "both"])
def test_rows_far_away_have_finite_sums(engine: Engine, dtype: type, kind: str, library: Library) -> None:
    far = float(np.sqrt(np.finfo(dtype).max)) * 4.0  # its square overflows
    rows = accepted(engine, library(np.array([[far, -far], [1.0, 0.0]], dtype=dtype)))
    potentials = opened(potentials_of(FULL, 3, 2), kind)
    assert np.all(np.isfinite(to_numpy(engine.log_density(rows, potentials))))
    assert np.all(np.isfinite(to_numpy(engine.responsibilities(rows, potentials))))
    statistics = engine.statistics(Rows(rows), potentials, SPHERICAL)
    for name in ("count", "log_likelihood", "log_best_share", "shift"):
        assert np.all(np.isfinite(getattr(statistics, name))), name


@engines
@dtypes
def test_many_degrees_of_freedom_are_gaussian(engine: Engine, dtype: type, library: Library) -> None:
    rows = accepted(engine, library(rows_and_weights(100, 2, dtype)[0]))
    plain = potentials_of(FULL, 3, 2)
    heavy = replace(plain, degrees=np.full(3, 1e15))
    expected, actual = (engine.statistics(Rows(rows), one, FULL) for one in (plain, heavy))
    for name in ("count", "shift", "scatter", "log_likelihood"):
        ours, theirs = getattr(actual, name), getattr(expected, name)
        np.testing.assert_allclose(ours, theirs, rtol=10.0 * TOLERANCE[dtype], atol=10.0 * TOLERANCE[dtype])


@engines
@pytest.mark.parametrize("kind", ["background", "degrees", "both"])
def test_parts_add_up_to_the_whole(engine: Engine, kind: str, library: Library) -> None:
    values, _ = rows_and_weights(300, 3, np.float64)
    rows = accepted(engine, library(values))
    potentials = opened(potentials_of(FULL, 4, 3), kind)
    parts = [engine.statistics(Rows(rows[part]), potentials, FULL) for part in (slice(100), slice(100, 300))]
    assert_sums(parts[0] + parts[1], Oracle(values, potentials).sums(None, FULL), 1e-12)


@pytest.mark.parametrize("kind", ["background", "degrees", "both"])
def test_a_fold_over_many_chunks_has_every_sum(kind: str) -> None:
    values, weights = rows_and_weights(5000, 2, np.float64)
    potentials = opened(potentials_of(FULL, 3, 2), kind)
    statistics = Fold.of_rows(values, Marks(weights)).statistics(potentials, FULL)
    assert_sums(statistics, Oracle(values, potentials).sums(weights, FULL), 1e-12)
