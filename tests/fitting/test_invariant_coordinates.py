"""Coordinates in which data in any units are the same."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, family_for
from mixfold.engines import kernels
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.parameters import Parameters

RNG = np.random.default_rng(0)
ROWS = np.concatenate(
    [RNG.normal(size=(80, 3)) @ [[2.0, 0.3, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 3.0]], RNG.exponential(size=(40, 3))]
)
ONES = np.ones(len(ROWS))


@pytest.mark.parametrize("covariance_type", ["full", "tied", "VEE", "EVV"])
def test_a_matrix_does_not_change_the_coordinates(covariance_type: str) -> None:
    family, matrix = FAMILIES[covariance_type], np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 0.5], [3.0, 0.0, 1.0]])
    moved = ROWS @ matrix.T + [1.0, 2.0, 3.0]
    expected, actual = (
        InvariantCoordinates.of(ROWS, ONES, family).into(ROWS),
        InvariantCoordinates.of(moved, ONES, family).into(moved),
    )
    np.testing.assert_allclose(actual, expected, atol=1e-8)
    np.testing.assert_allclose(np.cov(actual.T, bias=True), np.eye(3), atol=1e-8)


@pytest.mark.parametrize("covariance_type", ["diag", "EEI", "VEI", "factor:1"])
def test_units_do_not_change_the_coordinates(covariance_type: str) -> None:
    family, units = family_for(covariance_type), np.array([1e-5, 1.0, 1e7])
    expected, actual = (
        InvariantCoordinates.of(ROWS, ONES, family).into(ROWS),
        InvariantCoordinates.of(ROWS * units, ONES, family).into(ROWS * units),
    )
    np.testing.assert_allclose(actual, expected, atol=1e-10)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_mixture_comes_back_as_it_went(covariance_type: str) -> None:
    family = FAMILIES[covariance_type]
    coordinates = InvariantCoordinates.of(ROWS, ONES, family)
    means, covariances = ROWS[:2], np.ones(family.shape(2, 3))
    if covariances.ndim == 3:
        covariances = covariances + np.eye(3)
    there = coordinates.inside(Parameters(np.full(2, 0.5), means, covariances), family)
    np.testing.assert_array_equal(there.means, coordinates.into(means))
    back = coordinates.back(there, family)
    np.testing.assert_allclose(back.means, means, atol=1e-10)
    np.testing.assert_allclose(back.covariances, covariances, atol=1e-10)


def wide_rows() -> np.ndarray:
    rows = np.random.default_rng(5).normal(size=(40, 70)) * np.geomspace(0.1, 10.0, 70)
    rows[:20] += 2.0 * np.geomspace(0.1, 10.0, 70)
    return rows


def test_coordinates_of_one_matrix_span_the_rows_where_these_are_fewer_than_the_features() -> None:
    rows, family = wide_rows(), FAMILIES["tied"]
    coordinates = InvariantCoordinates.of(rows[:35], np.ones(35), family, others=rows[35:])
    standard, there = rows / np.std(rows[:35], axis=0), coordinates.into(rows)
    assert coordinates.is_reduced
    assert there.shape == (40, 39)
    distances, expected = (np.linalg.norm(some[:, None] - some, axis=2) for some in (there, standard))
    np.testing.assert_allclose(distances, expected, rtol=1e-8, atol=1e-8)
    assert not InvariantCoordinates.of(rows, np.ones(40), FAMILIES["full"]).is_reduced
    assert not InvariantCoordinates.of(np.tile(rows, (2, 1)), np.ones(80), family).is_reduced


def test_a_mixture_comes_back_from_the_span_of_its_rows_with_what_is_outside() -> None:
    rows, family = wide_rows(), FAMILIES["tied"]
    coordinates, outside = InvariantCoordinates.of(rows, np.ones(40), family), np.geomspace(1.0, 2.0, 70)
    inside = Parameters(np.full(2, 0.5), coordinates.into(rows[:2]), np.cov(coordinates.into(rows).T))
    back = coordinates.back(inside, family, outside)
    np.testing.assert_allclose(back.means, rows[:2], atol=1e-8)
    np.testing.assert_allclose(
        coordinates.linear @ back.covariances @ coordinates.linear.T, inside.covariances, atol=1e-8
    )
    left_out = np.eye(70) - coordinates.inverse @ coordinates.linear
    np.testing.assert_allclose(left_out @ back.covariances @ left_out.T, left_out * outside @ left_out.T, atol=1e-8)
    np.testing.assert_allclose(coordinates.inside(back, family).covariances, inside.covariances, atol=1e-8)


def test_coordinates_of_standardized_rows_are_those_of_the_rows() -> None:
    rows, weights = np.random.default_rng(5).normal(size=(60, 3)) @ np.diag([1.0, 1e3, 1e-3]) + 7.0, np.ones(60)
    middle, units = rows[3], np.std(rows, axis=0)
    inside = InvariantCoordinates.of((rows - middle) / units, weights, family_for("full"))
    direct = InvariantCoordinates.of(rows, weights, family_for("full"))
    np.testing.assert_allclose(inside.of_unit(middle, units).into(rows), direct.into(rows), atol=1e-8)


def test_equal_rows_that_are_fewer_than_the_features_have_coordinates() -> None:
    rows = np.full((20, 70), 3.0)
    coordinates = InvariantCoordinates.of(rows, np.ones(20), family_for("tied"))
    np.testing.assert_array_equal(coordinates.into(rows), np.zeros((20, 70)))


@pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("n_features", [2, 5, kernels.DECOMPOSED_FEATURES])
def test_kernels_find_the_coordinates_of_arrays(n_features: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(n_features)
    rows = random.exponential(size=(300, n_features)) * np.arange(1, n_features + 1)
    rows = rows @ (np.eye(n_features) + 0.2 * random.normal(size=(n_features, n_features))) + 1e3
    weights = random.integers(1, 4, size=300).astype(float)
    found = InvariantCoordinates.of(rows, weights, FAMILIES["full"])
    assert found.onto is not None
    np.testing.assert_allclose(found.inverse @ found.linear, np.eye(n_features), atol=1e-11)
    monkeypatch.setattr(kernels, "NATIVE_AVAILABLE", False)
    expected = InvariantCoordinates.of(rows, weights, FAMILIES["full"])
    assert expected.onto is None
    np.testing.assert_allclose(found.into(rows), expected.into(rows), atol=1e-9)
    np.testing.assert_allclose(found.inverse, expected.inverse, atol=1e-9)


def test_rows_in_which_a_feature_never_varies_or_follows_from_others_are_left_to_arrays() -> None:
    constant, determined = ROWS * [1.0, 0.0, 1.0] + 5.0, ROWS @ [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    for rows in (constant, determined):
        coordinates = InvariantCoordinates.of(rows, ONES, FAMILIES["full"])
        assert coordinates.onto is None
        assert np.all(np.isfinite(coordinates.into(rows)))
