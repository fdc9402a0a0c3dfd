"""Triangular linear algebra."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import Prior
from mixfold.covariance.triangular import inverse_of_lower, largest_log_prior, log_diagonal

LOWER = np.tril(np.random.default_rng(0).normal(size=(4, 3, 3)), -1) + np.diag([0.5, 2.0, 3.0])


def test_inverses_of_a_stack() -> None:
    np.testing.assert_allclose(inverse_of_lower(LOWER) @ LOWER, np.broadcast_to(np.eye(3), (4, 3, 3)), atol=1e-14)


def test_the_inverse_of_one_matrix() -> None:
    np.testing.assert_allclose(inverse_of_lower(LOWER[0]) @ LOWER[0], np.eye(3), atol=1e-14)


def test_inverses_are_lower_triangular() -> None:
    inverse = inverse_of_lower(LOWER)
    np.testing.assert_array_equal(inverse, np.tril(inverse))


def test_log_diagonals_are_log_determinants() -> None:
    np.testing.assert_allclose(log_diagonal(LOWER), np.linalg.slogdet(LOWER)[1])


def test_the_mode_is_where_the_covariance_is_scale_over_count() -> None:
    prior = Prior.from_rows(3.0, np.diag([1.0, 4.0]))
    at_mode = -0.5 * (3.0 * 2.0 + 3.0 * np.log(4.0))
    assert largest_log_prior(prior, 2, 2) == pytest.approx(2.0 * at_mode)
