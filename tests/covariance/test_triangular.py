"""Triangular linear algebra."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import Prior
from mixfold.covariance.triangular import gram, inverse_of_lower, largest_log_prior, log_diagonal

LOWER = np.tril(np.random.default_rng(0).normal(size=(4, 3, 3)), -1) + np.diag([0.5, 2.0, 3.0])


def test_inverses_of_a_stack() -> None:
    np.testing.assert_allclose(inverse_of_lower(LOWER) @ LOWER, np.broadcast_to(np.eye(3), (4, 3, 3)), atol=1e-14)


def test_the_inverse_of_one_matrix() -> None:
    np.testing.assert_allclose(inverse_of_lower(LOWER[0]) @ LOWER[0], np.eye(3), atol=1e-14)


def test_inverses_are_lower_triangular() -> None:
    inverse = inverse_of_lower(LOWER)
    np.testing.assert_array_equal(inverse, np.tril(inverse))


def test_grams_are_products_with_the_transpose() -> None:
    np.testing.assert_array_equal(gram(LOWER), np.swapaxes(LOWER, -1, -2) @ LOWER)


def test_grams_of_any_units_are_exact() -> None:
    units = np.array([1e-150, 1.0, 1e150])
    np.testing.assert_allclose(gram(LOWER * units), np.swapaxes(LOWER, -1, -2) @ LOWER * np.outer(units, units))


def test_what_no_number_can_hold_is_the_largest_number() -> None:
    largest = np.finfo(np.float64).max
    grams = gram(np.array([[1e160, 0.0], [-1e160, 1.0]]))
    np.testing.assert_array_equal(grams, [[largest, -1e160], [-1e160, 1.0]])


def test_log_diagonals_are_log_determinants() -> None:
    np.testing.assert_allclose(log_diagonal(LOWER), np.linalg.slogdet(LOWER)[1])


def test_the_mode_is_where_the_covariance_is_scale_over_count() -> None:
    prior = Prior.from_rows(3.0, np.diag([1.0, 4.0]))
    at_mode = -0.5 * (3.0 * 2.0 + 3.0 * np.log(4.0))
    assert largest_log_prior(prior, 2, 2) == pytest.approx(2.0 * at_mode)
