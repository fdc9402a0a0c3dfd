"""The native engine against sums in extended precision and against the array engine."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from mixfold.engines import kernels
from mixfold.engines.abstract import Assignment
from mixfold.engines.array import ArrayEngine
from mixfold.engines.known import KnownRows
from mixfold.engines.native import NativeEngine
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL, STRUCTURES, Structure
from tests.engines.oracle import Oracle, assert_same, make_potentials, make_rows

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")

SIZES = [*range(1, 41), 64, 127, 128, 200]
ENGINE = NativeEngine()
EDGES = [
    pytest.param(n, d, marks=[] if at % 3 == which else pytest.mark.nightly)
    for at, n in enumerate([1, 2, 3, 5, 15, 16, 17, 31, 33, 63, 65, 127, 129, 257, 1025])
    for which, d in enumerate([2, 7, 18])
]
"""Numbers of rows and of features; each of the former with one of the latter in turn, and at night with all."""


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.usefixtures("instruction_set")
def test_statistics_of_every_size_equal_sums_in_extended_precision(structure: Structure) -> None:
    for d in SIZES:
        rows = make_rows(70 if d < 50 else 20, d)
        weights = np.random.default_rng(d).random(len(rows))
        potentials = make_potentials(3, d, structure)
        oracle = Oracle(rows, weights, potentials)
        got = ENGINE.statistics(Rows(rows, Marks(weights)), potentials, structure)
        assert_same(got, oracle.sums(oracle.responsibilities, structure), 1e-12)
        np.testing.assert_allclose(got.log_likelihood, float(oracle.weight @ oracle.log_density), rtol=1e-12)
        assert got.weight == pytest.approx(float(weights.sum()), rel=1e-14)
        assert got.n_rows == len(rows)


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 8, 16, 17, 23, 40, 127])
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.usefixtures("instruction_set")
def test_float32_rows_lose_no_more_than_single_precision(structure: Structure, d: int) -> None:
    rows = make_rows(300, d, "float32")
    potentials = make_potentials(3, d, structure)
    oracle = Oracle(rows, None, potentials)
    got = ENGINE.statistics(Rows(rows), potentials, structure)
    assert_same(got, oracle.sums(oracle.responsibilities, structure), 2e-6 * np.sqrt(d))
    terms = float(np.abs(oracle.log_density).sum())
    np.testing.assert_allclose(got.log_likelihood, float(oracle.log_density.sum()), rtol=0, atol=1e-6 * terms)


@pytest.mark.parametrize("scatter", STRUCTURES)
@pytest.mark.parametrize("whitener", STRUCTURES)
@pytest.mark.parametrize("assignment", Assignment)
@pytest.mark.parametrize("d", [3, 21])
@pytest.mark.usefixtures("instruction_set")
def test_every_whitener_goes_with_every_scatter(
    whitener: Structure, scatter: Structure, assignment: Assignment, d: int
) -> None:
    rows, weights = make_rows(333, d), np.random.default_rng(1).random(333)
    potentials = make_potentials(5, d, whitener)
    oracle = Oracle(rows, weights, potentials)
    shares = np.eye(5)[oracle.labels] if assignment is Assignment.HARD else oracle.responsibilities
    density = oracle.scores.max(axis=0) if assignment is Assignment.HARD else oracle.log_density
    got = ENGINE.statistics(Rows(rows, Marks(weights)), potentials, scatter, assignment)
    assert_same(got, oracle.sums(shares, scatter), 1e-12)
    np.testing.assert_allclose(got.log_likelihood, float(oracle.weight @ density), rtol=1e-12)


@pytest.mark.parametrize(("n", "d"), EDGES)
@pytest.mark.usefixtures("instruction_set")
def test_no_row_is_lost_or_counted_twice_at_the_edge_of_a_tile(n: int, d: int) -> None:
    potentials = make_potentials(4, d, FULL)
    for dtype, tolerance in (("float64", 1e-12), ("float32", 1e-5)):
        rows = make_rows(n, d, dtype)
        oracle = Oracle(rows, None, potentials)
        for structure in STRUCTURES:
            got = ENGINE.statistics(Rows(rows), potentials, structure)
            assert_same(got, oracle.sums(oracle.responsibilities, structure), tolerance)
        np.testing.assert_array_equal(ENGINE.labels(rows, potentials), oracle.labels)
        assert len(ENGINE.log_density(rows, potentials)) == n


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.usefixtures("instruction_set")
def test_scores_of_every_size_equal_their_formulas(structure: Structure) -> None:
    for d in SIZES:
        rows, potentials = make_rows(37, d), make_potentials(3, d, structure)
        oracle = Oracle(rows, None, potentials)
        np.testing.assert_allclose(ENGINE.log_density(rows, potentials), oracle.log_density.astype(float), rtol=1e-12)
        # Relative, down to the least share: these are results, not terms of a sum.
        shares = ENGINE.responsibilities(rows, potentials)
        np.testing.assert_allclose(shares, oracle.responsibilities.astype(float), rtol=1e-10, atol=1e-300)
        np.testing.assert_array_equal(ENGINE.labels(rows, potentials), oracle.labels)
        single = ENGINE.responsibilities(rows.astype("float32"), potentials)
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, shares, rtol=0, atol=1e-4)


def layouts(rows: npt.NDArray[np.floating]) -> dict[str, npt.NDArray[np.floating]]:
    n, d = rows.shape
    item = rows.dtype.itemsize
    strided = np.zeros((3 * n, 2 * d), rows.dtype)
    strided[::3, ::2] = rows
    misaligned = np.frombuffer(b"\0" + rows.tobytes(), dtype=np.uint8)[1:].view(rows.dtype).reshape(n, d)
    packed = np.zeros(n, dtype=np.dtype({"names": ["x"], "formats": [(rows.dtype, (d,))], "itemsize": d * item + 1}))
    packed["x"] = rows
    reverse = np.ascontiguousarray(rows[::-1, ::-1])[::-1, ::-1]
    read_only = rows.copy()
    read_only.setflags(write=False)
    return {
        "fortran": np.asfortranarray(rows),
        "strided": strided[::3, ::2],
        "misaligned": misaligned,
        "odd stride": packed["x"],
        "reverse": reverse,
        "read-only": read_only,
    }


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("d", [3, 19])
@pytest.mark.usefixtures("instruction_set")
def test_the_layout_of_the_rows_does_not_change_a_bit(dtype: str, d: int) -> None:
    rows, potentials = make_rows(101, d, dtype), make_potentials(4, d, FULL)
    expected = ENGINE.statistics(Rows(rows), potentials, FULL)
    density = ENGINE.log_density(rows, potentials)
    for name, same in layouts(rows).items():
        np.testing.assert_array_equal(same, rows)
        got = ENGINE.statistics(Rows(same), potentials, FULL)
        assert np.array_equal(got.scatter, expected.scatter), name
        assert got.log_likelihood == expected.log_likelihood, name
        assert np.array_equal(ENGINE.log_density(same, potentials), density), name


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("d", [2, 20])
@pytest.mark.usefixtures("instruction_set")
def test_the_same_block_gives_the_same_bits(structure: Structure, d: int) -> None:
    rows, potentials = make_rows(700, d), make_potentials(6, d, structure)
    first, second = (ENGINE.statistics(Rows(rows.copy()), potentials, structure) for _ in range(2))
    assert first.scatter.tobytes() == second.scatter.tobytes()
    assert first.log_likelihood == second.log_likelihood


@pytest.mark.parametrize("assignment", Assignment)
@pytest.mark.parametrize("d", [2, 6, 20])
@pytest.mark.usefixtures("instruction_set")
def test_rows_of_weight_zero_change_nothing(assignment: Assignment, d: int) -> None:
    rows, potentials = make_rows(200, d), make_potentials(3, d, FULL)
    weights = np.where(np.arange(200) % 2 == 0, 0.0, 1.5)
    oracle = Oracle(rows[1::2], np.full(100, 1.5), potentials)
    shares = np.eye(3)[oracle.labels] if assignment is Assignment.HARD else oracle.responsibilities
    for structure in STRUCTURES:
        got = ENGINE.statistics(Rows(rows, Marks(weights)), potentials, structure, assignment)
        assert_same(got, oracle.sums(shares, structure), 1e-12)
    assert got.weight == 150.0


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.usefixtures("instruction_set")
def test_one_component_takes_every_row_whole(structure: Structure) -> None:
    rows, potentials = make_rows(500, 6), make_potentials(1, 6, structure)
    got = ENGINE.statistics(Rows(rows), potentials, structure)
    assert got.count[0] == pytest.approx(500.0, rel=1e-15)
    np.testing.assert_allclose(got.means[0], rows.mean(axis=0), atol=1e-13)
    np.testing.assert_array_equal(ENGINE.responsibilities(rows, potentials), np.ones((500, 1)))


@pytest.mark.parametrize("d", [2, 20])
@pytest.mark.usefixtures("instruction_set")
def test_a_component_that_owns_nothing_has_empty_sums(d: int) -> None:
    base = make_potentials(3, d, FULL)
    for offset, center in ((-np.inf, base.center), (0.0, base.center + np.array([[0.0], [1e3], [0.0]]))):
        potentials = Potentials(np.where(np.arange(3) == 1, offset, base.offset), center, base.whitener, base.structure)
        got = ENGINE.statistics(Rows(make_rows(90, d)), potentials, FULL)
        assert got.count[1] == 0.0
        assert not got.shift[1].any()
        assert not got.scatter[1].any()
        assert got.count.sum() == pytest.approx(90.0, rel=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("far", [0.5, 1.0])
@pytest.mark.usefixtures("instruction_set")
def test_a_row_whose_distances_overflow_stays_finite(structure: Structure, dtype: str, far: float) -> None:
    potentials = make_potentials(3, 4, structure)
    row = np.full((1, 4), np.finfo(dtype).max ** far, dtype)
    assert np.isfinite(ENGINE.log_density(row, potentials)).all()
    shares = ENGINE.responsibilities(row, potentials)
    assert np.isfinite(shares).all()
    assert shares.sum() == pytest.approx(1.0, rel=1e-6)


def test_a_row_far_from_components_as_narrow_as_numbers_can_tell_has_finite_moments() -> None:
    one = make_potentials(3, 2, FULL)
    narrow = replace(one, center=1e-12 * one.center, whitener=1e12 * one.whitener)
    got = ENGINE.statistics(Rows(np.full((1, 2), 1e9, np.float32)), narrow, FULL)
    np.testing.assert_allclose(got.scatter.sum(axis=0), 1e18, rtol=1e-5)


@pytest.mark.usefixtures("instruction_set")
def test_centers_keep_more_precision_than_float32_rows_have() -> None:
    rows = (1e4 + np.random.default_rng(0).normal(size=(400, 3)) * 1e-1).astype("float32")
    center = rows.astype("float64").mean(axis=0)[None]
    potentials = Potentials(np.zeros(1), center, np.full(1, 10.0), SPHERICAL)
    got = ENGINE.statistics(Rows(rows), potentials, FULL)
    oracle = Oracle(rows, None, potentials)
    _, shift, scatter = oracle.sums(oracle.responsibilities, FULL)
    # Centers rounded to float32 would be wrong by up to 5e-4 for each of the 400 rows.
    np.testing.assert_allclose(got.shift, shift.astype(float), rtol=0, atol=1e-4)
    np.testing.assert_allclose(got.scatter, scatter.astype(float), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("d", [3, 20])
@pytest.mark.usefixtures("instruction_set")
def test_given_responsibilities_are_summed_as_they_are(structure: Structure, d: int) -> None:
    rows, potentials = make_rows(150, d), make_potentials(4, d, structure)
    rng = np.random.default_rng(3)
    given = np.asfortranarray(rng.dirichlet(np.ones(4), size=150) * (rng.random((150, 1)) > 0.3))
    weights = rng.random(150)
    got = ENGINE.moments(Rows(rows, Marks(weights)), given, potentials.center, structure)
    assert_same(got, Oracle(rows, weights, potentials).sums(given.astype(np.longdouble), structure), 1e-12)
    assert got.log_likelihood == 0.0
    assert got.weight == pytest.approx(weights.sum(), rel=1e-14)


@pytest.mark.usefixtures("instruction_set")
def test_the_engine_agrees_with_the_reference_engine_on_many_components() -> None:
    rows, weights = make_rows(2000, 9), np.random.default_rng(0).random(2000)
    for structure in STRUCTURES:
        potentials = make_potentials(40, 9, structure, seed=5)
        for assignment in Assignment:
            ours = ENGINE.statistics(Rows(rows, Marks(weights)), potentials, structure, assignment)
            reference = ArrayEngine().statistics(Rows(rows, Marks(weights)), potentials, structure, assignment)
            assert_same(ours, (reference.count, reference.shift, reference.scatter), 1e-12)
            assert ours.log_likelihood == pytest.approx(reference.log_likelihood, rel=1e-12)


@pytest.mark.parametrize(
    ("whitener", "d", "distance"),
    [(FULL, 4, 3.0), (FULL, 5, 10.0), (FULL, 6, 10.0), (FULL, 34, 10.0), (POOLED, 5, 3.0), (POOLED, 13, 10.0)],
)
@pytest.mark.usefixtures("instruction_set")
def test_skipping_components_that_are_far_away_changes_no_sum(whitener: Structure, d: int, distance: float) -> None:
    rng = np.random.default_rng(d)
    base = make_potentials(20, d, whitener)
    potentials = Potentials(base.offset, distance * rng.normal(size=(20, d)), base.whitener, whitener)
    # Enough rows for several tiles, of which the first shows that few components have a share.
    rows = potentials.center[rng.integers(20, size=1111)] + rng.normal(size=(1111, d))
    weights = rng.random(1111)
    oracle = Oracle(rows, weights, potentials)
    shares = oracle.responsibilities
    assert distance < 10.0 or (shares > 1e-17).mean() < 0.125  # so that something is skipped
    for structure in STRUCTURES:
        assert_same(
            ENGINE.statistics(Rows(rows, Marks(weights)), potentials, structure), oracle.sums(shares, structure), 1e-12
        )
    got = ENGINE.statistics(Rows(rows.astype("float32"), Marks(weights.astype("float32"))), potentials, FULL)
    assert_same(got, oracle.sums(shares, FULL), 1e-4)
    assert got.log_likelihood == pytest.approx(float(oracle.weight @ oracle.log_density), rel=1e-5)


def make_clusters(n: int, k: int, d: int, structure: Structure) -> tuple[npt.NDArray[np.float64], Potentials]:
    """Give rows around components that are elongated and mostly, but not all, far from each other."""
    rng = np.random.default_rng([n, k, d])
    base = make_potentials(k, d, structure)
    center = (60.0 if d < 4 else 12.0) * rng.normal(size=(k, d))
    center[1] = center[0] + 0.5
    rows = center[rng.integers(k, size=n)] + rng.normal(size=(n, d)) * np.linspace(0.2, 1.5, d)
    return rows, Potentials(base.offset, center, base.whitener, structure)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("whitener", STRUCTURES)
@pytest.mark.parametrize("d", [2, 13, 34])
@pytest.mark.usefixtures("instruction_set")
def test_guesses_change_what_is_computed_and_no_bit_of_the_sums(whitener: Structure, d: int, dtype: str) -> None:
    rows, potentials = make_clusters(2500, 40, d, whitener)
    rows = rows.astype(dtype)
    weights = np.random.default_rng(0).random(2500).astype(dtype)
    expected = ENGINE.statistics(Rows(rows, Marks(weights)), potentials, FULL)
    rng = np.random.default_rng(1)
    kept = np.full(2500, -1, np.int32)
    for guesses in (kept, kept, rng.integers(40, size=2500, dtype=np.int32), rng.integers(-9, 99, 2500, np.int32)):
        got = ENGINE.statistics(Rows(rows, Marks(weights)), potentials, FULL, known=KnownRows(guesses))
        for name in ("count", "shift", "scatter"):
            assert getattr(got, name).tobytes() == getattr(expected, name).tobytes()
        assert got.log_likelihood == expected.log_likelihood
    skipped = ENGINE.statistics(Rows(rows, Marks(weights)), potentials, FULL, known=KnownRows(kept)).share_skipped
    assert 0.0 <= expected.share_skipped < 1.0
    assert 0.2 < skipped < 1.0


@pytest.mark.usefixtures("instruction_set")
@pytest.mark.parametrize(
    ("k", "nats", "least", "most"),
    [(300, 20.2, 0.0, 1e-12), (300, 20.4, 2e-7, 1e-6), (2000, 14.4, 0.0, 1e-12), (2000, 14.6, 5e-4, 1e-3)],
)
@pytest.mark.parametrize("spread", [0.0, 1e-3])
def test_of_many_components_what_is_left_out_is_less_than_a_millionth_and_of_very_many_than_a_thousandth(
    k: int, nats: float, least: float, most: float, spread: float
) -> None:
    n = 2000
    center = np.full((k, 2), math.sqrt(nats))  # scores are so many nats below that of the first
    center[0] = 0.0
    rows = spread * np.random.default_rng(0).uniform(-1.0, 1.0, (n, 2))
    potentials = Potentials(np.zeros(k), center, np.ones((k, 2)), DIAGONAL)
    exact = float(np.sum(ArrayEngine().log_density(rows, potentials)))
    for known in (None, KnownRows(np.zeros(n, np.int32))):
        left = ENGINE.statistics(Rows(rows), potentials, DIAGONAL, known=known).log_likelihood
        assert least <= max((exact - left) / n, 0.0) < most


@pytest.mark.usefixtures("instruction_set")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("d", [2, 9])
def test_what_cannot_be_better_than_a_background_is_left_out_too(d: int, dtype: str) -> None:
    rows, plain = make_clusters(2500, 40, d, FULL)
    rng = np.random.default_rng(3)
    rows[::5] = rng.uniform(rows.min(axis=0), rows.max(axis=0), size=(500, d))
    rows, potentials = rows.astype(dtype), replace(plain, background=-25.0)
    expected = ArrayEngine().statistics(Rows(rows.astype("float64")), potentials, FULL)
    kept = np.full(2500, -1, np.int32)
    first = ENGINE.statistics(Rows(rows), potentials, FULL, known=KnownRows(kept))
    assert np.all((kept >= -1) & (kept < 40))
    for known in (KnownRows(kept), None, KnownRows(rng.integers(40, size=2500, dtype=np.int32))):
        got = ENGINE.statistics(Rows(rows), potentials, FULL, known=known)
        for name in ("count", "shift", "scatter", "log_likelihood", "log_best_share"):
            np.testing.assert_array_equal(getattr(got, name), getattr(first, name), err_msg=name)
    assert ENGINE.statistics(Rows(rows), potentials, FULL, known=KnownRows(kept)).share_skipped > 0.2
    assert 0.02 < expected.background_weight / 2500 < 0.3
    tolerance = 1e-11 if dtype == "float64" else 1e-4
    for name in ("count", "shift", "scatter", "log_likelihood", "log_best_share"):
        ours, theirs = np.asarray(getattr(got, name)), np.asarray(getattr(expected, name))
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=tolerance * (1.0 + np.max(np.abs(theirs))))


@pytest.mark.usefixtures("instruction_set")
def test_a_segment_of_more_shares_than_there_is_room_for_is_computed_whole() -> None:
    # The first tile promises few shares, and then come rows between all components.
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(8192, 4))
    rows[:1000] += 1e3
    potentials = Potentials(np.zeros(64), rng.normal(size=(64, 4)), np.ones(64), SPHERICAL)
    oracle = Oracle(rows, None, potentials)
    got = ENGINE.statistics(Rows(rows), potentials, FULL)
    assert_same(got, oracle.sums(oracle.responsibilities, FULL), 1e-12)
    assert got.share_skipped == 0.0


@pytest.mark.usefixtures("instruction_set")
def test_rows_that_are_shared_by_all_components_skip_nothing() -> None:
    rows, potentials = make_rows(3000, 5), make_potentials(20, 5, FULL)
    assert ENGINE.statistics(Rows(rows), potentials, FULL).share_skipped == 0.0


@pytest.mark.usefixtures("instruction_set")
def test_the_first_of_equal_components_gets_the_label() -> None:
    base = make_potentials(1, 3, FULL)
    twice = Potentials(*(np.repeat(a, 4, axis=0) for a in (base.offset, base.center, base.whitener)), base.structure)
    assert not ENGINE.labels(make_rows(50, 3), twice).any()


def test_no_rows_give_empty_sums() -> None:
    potentials = make_potentials(2, 3, FULL)
    got = ENGINE.statistics(Rows(np.empty((0, 3))), potentials, FULL)
    assert got.weight == got.log_likelihood == got.scatter.sum() == 0.0
    assert ENGINE.labels(np.empty((0, 3)), potentials).shape == (0,)


@pytest.mark.parametrize(("dtype", "lowest"), [("float64", -708.0), ("float32", -87.0)])
@pytest.mark.usefixtures("instruction_set")
def test_the_exponential_is_within_three_units_in_the_last_place(dtype: str, lowest: float) -> None:
    values = np.linspace(lowest, 0.0, 100_003).astype(dtype)
    result = np.empty_like(values)
    kernels.compiled.exponential(values, result)
    exact = np.exp(values.astype(np.longdouble))
    assert np.abs(result - exact).max() > 0.0
    units = np.abs(result - exact) / np.spacing(exact.astype(dtype))
    assert units.max() < 3.0


def test_rows_that_have_no_density_leave_the_process_alive() -> None:
    rows, center = np.zeros((5000, 2)), np.zeros((20, 2))
    potentials = Potentials(np.full(20, np.nan), center, np.repeat(np.eye(2)[None], 20, axis=0), FULL)
    statistics = NativeEngine().statistics(Rows(rows), potentials, FULL)
    assert np.isnan(statistics.log_likelihood)
