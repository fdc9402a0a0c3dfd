"""What factors have beside the verbs of every structure: a basis."""

from __future__ import annotations

import numpy as np
import pytest
from tests.examples import potentials_of

from mixfold import FactorAnalytic
from mixfold.errors import InputError
from mixfold.structures import DIAGONAL, FULL, Factors


def test_the_projection_is_orthonormal_and_always_the_same() -> None:
    projection = Factors(3).projection(7)
    np.testing.assert_allclose(projection.T @ projection, np.eye(3), atol=1e-14)
    np.testing.assert_array_equal(projection, Factors(3).projection(7))


def test_more_vectors_than_features_are_refused() -> None:
    with pytest.raises(InputError, match="at most n_features = 2, got 3"):
        Factors(3).projection(2)


def test_a_basis_is_the_whiteners_own_or_the_projection() -> None:
    structure = Factors(2)
    whitener = potentials_of(structure, 3, 5).whitener
    np.testing.assert_array_equal(structure.basis(3, 5, whitener), whitener[:, :, :1] * whitener[:, :, 1:])
    np.testing.assert_array_equal(structure.basis(3, 5), np.repeat(structure.projection(5)[None], 3, axis=0))
    assert FULL.basis(3, 5) is None


def test_features_that_others_make_follow_by_a_factor_of_each_that_they_are_made_of() -> None:
    covariances = np.random.default_rng(0).uniform(0.5, 2.0, size=(3, 4, 3))
    linear, variances = np.array([[1.0, 0.0, -2.0, 0.0], [0.0, 0.0, 0.0, 0.0]]), np.array([0.01, 0.02])
    found = Factors(2).extended(covariances, linear, variances)
    assert found.shape == (3, 6, 1 + 2 + 2)
    dense = FactorAnalytic(2).dense(covariances, 3, 4)
    expected = FULL.extended(dense, linear, variances)
    np.testing.assert_allclose(FactorAnalytic(4).dense(found, 3, 6), expected, atol=1e-7)
    np.testing.assert_allclose(
        Factors(2).extended(covariances[0, :, 0], linear, variances),
        DIAGONAL.extended(covariances[0, :, 0], linear, variances),
    )


def test_ranks_are_named() -> None:
    assert (Factors(8).name, Factors(8).rank, FULL.rank) == ("factors:8", 8, 0)
