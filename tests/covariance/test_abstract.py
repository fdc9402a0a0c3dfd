"""What the families share: factorizations that explain themselves, and scales that are never zero."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance.abstract import cholesky, positive_definite, positive_roots, positive_variances
from mixfold.errors import CollapseError

SPD = np.array([[2.0, 0.5], [0.5, 1.0]])


def test_a_stack_of_matrices_is_factorized() -> None:
    factors = cholesky(np.stack([SPD, 4.0 * SPD]), "covariance")
    np.testing.assert_allclose(factors @ np.swapaxes(factors, 1, 2), [SPD, 4.0 * SPD])


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_an_asymmetric_matrix_is_refused_in_any_units(scale: float) -> None:
    with pytest.raises(CollapseError, match="one is not symmetric"):
        cholesky(scale * np.array([[1.0, 0.5], [0.4, 1.0]]), "covariance")


def test_asymmetry_of_rounding_is_accepted() -> None:
    cholesky(SPD * (1.0 + 1e-12 * np.array([[0.0, 1.0], [-1.0, 0.0]])), "covariance")


def test_the_component_with_the_smallest_eigenvalue_is_named() -> None:
    with pytest.raises(CollapseError, match="the smallest eigenvalue of component 1 is -1"):
        cholesky(np.stack([np.eye(2), np.diag([1.0, -1.0])]), "covariance")


def test_a_shared_matrix_is_named_without_a_component() -> None:
    with pytest.raises(CollapseError, match="the smallest eigenvalue is 0"):
        cholesky(np.zeros((2, 2)), "precision")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_matrix_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(CollapseError, match="positive definite"):
        cholesky(np.array([[1.0, bad], [bad, 1.0]]), "covariance")


@pytest.mark.parametrize("bad", [0.0, -2.0, np.nan])
def test_a_number_that_is_not_positive_is_refused(bad: float) -> None:
    with pytest.raises(CollapseError, match="component 1"):
        positive_roots(np.array([1.0, bad]), "variance")


def test_variances_that_vary_are_left_alone() -> None:
    variances = np.array([1e-20, 1.0])
    assert positive_variances(variances, np.zeros(2)) is variances


def test_a_constant_feature_far_from_zero_is_recognized() -> None:
    # Its variance is the square of what rounding leaves.
    assert positive_variances(np.array([1e-22, 4.0]), np.array([1e6, 0.0])).tolist() == [4.0, 4.0]


@pytest.mark.parametrize(("mean", "expected"), [(3.0, 9.0), (0.0, 1.0)])
def test_where_nothing_varies_the_values_are_the_scale(mean: float, expected: float) -> None:
    assert positive_variances(np.zeros(2), np.full(2, mean)).tolist() == [expected, expected]


def test_collinear_features_become_positive_definite() -> None:
    singular = np.outer([1.0, 1e3], [1.0, 1e3])
    assert np.all(np.linalg.eigvalsh(positive_definite(singular, np.zeros(2))) > 0.0)


def test_a_sound_covariance_is_hardly_changed() -> None:
    np.testing.assert_allclose(positive_definite(SPD, np.zeros(2)), SPD, rtol=2e-6)
