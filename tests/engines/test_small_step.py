"""The fold of few components in few features (native/small_step.hpp), where its moments would lose digits."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import Assignment, NativeEngine, kernels
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.structures import DIAGONAL, FULL, SPHERICAL, Structure
from tests.engines.oracle import Oracle, assert_same

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
ENGINE = NativeEngine()


@pytest.mark.usefixtures("instruction_set")
def test_a_center_far_from_all_rows_leaves_the_digits_of_other_features() -> None:
    rows = np.random.default_rng(0).normal(size=(120, 2)).astype(np.float32)
    whitener = np.array([[[1.0, 0.0], [-3.0, 2.0]]])
    far = Potentials(np.zeros(1), np.array([[1e6, 0.0]]), whitener, FULL)
    got = ENGINE.statistics(Rows(rows), far, FULL)
    np.testing.assert_allclose(got.shift[0, 1], rows[:, 1].astype(np.float64).sum(), rtol=1e-5)
    assert got.weight == got.count[0] == 120.0


@pytest.mark.usefixtures("instruction_set")
@pytest.mark.parametrize("structure", [FULL, DIAGONAL, SPHERICAL], ids=str)
@pytest.mark.parametrize("d", range(1, 7))
def test_rows_far_from_zero_are_seen_from_centers_that_float32_does_not_have(d: int, structure: Structure) -> None:
    random = np.random.default_rng(d)
    rows = (1e5 + 2.0 * random.normal(size=(64, d))).astype(np.float32)
    whitener = {FULL: np.stack([np.eye(d)] * 3), DIAGONAL: np.ones((3, d)), SPHERICAL: np.ones(3)}[structure]
    potentials = Potentials(np.zeros(3), 1e5 + random.normal(size=(3, d)), whitener, structure)
    oracle = Oracle(rows, None, potentials)
    got = ENGINE.statistics(Rows(rows), potentials, structure)
    assert_same(got, oracle.sums(oracle.responsibilities, structure), 1e-5)


@pytest.mark.parametrize(("dtype", "far", "tolerance"), [("float32", 1e4, 1e-3), ("float64", 1e7, 1e-5)])
@pytest.mark.usefixtures("instruction_set")
def test_rows_far_on_either_side_of_a_mean_leave_the_digits_of_other_features(
    dtype: str, far: float, tolerance: float
) -> None:
    rows = np.random.default_rng(0).normal(size=(122, 2)).astype(dtype)
    rows[0], rows[1] = [far, 0.0], [-far, 0.0]
    whitener = np.array([[[1.0, 0.0], [-3.0, 2.0]]])
    got = ENGINE.statistics(Rows(rows), Potentials(np.zeros(1), np.zeros((1, 2)), whitener, FULL), FULL)
    second = rows[:, 1].astype(np.float64)
    np.testing.assert_allclose(got.scatter[0, 1, 1], second @ second, rtol=tolerance)


@pytest.mark.usefixtures("instruction_set")
@pytest.mark.parametrize("structure", [FULL, SPHERICAL], ids=str)
def test_units_that_are_powers_of_two_change_no_bit_of_a_step_of_k_means(structure: Structure) -> None:
    random, unit = np.random.default_rng(0), 2.0**20
    rows, centers = random.normal(size=(100, 3)).astype(np.float32), random.normal(size=(4, 3))
    one, other = (
        ENGINE.statistics(Rows(rows * np.float32(u)), Potentials.nearest(centers * u), structure, Assignment.HARD)
        for u in (1.0, unit)
    )
    np.testing.assert_array_equal(other.count, one.count)
    np.testing.assert_array_equal(other.shift, one.shift * unit)
    np.testing.assert_array_equal(other.scatter, one.scatter * unit**2)
