"""Coordinates in which data in any units are the same."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, family_for
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
