"""What keeps covariances away from singularity."""

from __future__ import annotations

import numpy as np

from mixfold.covariance import Prior


def test_a_ridge_is_no_density() -> None:
    prior = Prior.from_ridge(1e-6)
    assert not prior.is_density
    assert (prior.count, prior.ridge, float(prior.scale)) == (0.0, 1e-6, 0.0)


def test_rows_are_a_density() -> None:
    prior = Prior.from_rows(2.0, np.eye(2), shrink=0.5)
    assert prior.is_density
    np.testing.assert_array_equal(prior.scale, np.eye(2))


def test_components_without_rows_and_prior_have_next_to_none_and_not_zero() -> None:
    rows = Prior.from_ridge(1e-6).beside(np.array([0.0, 2.0]))
    assert 0.0 < rows[0] < 1e-300
    assert rows[1] == 2.0


def test_the_log_determinant_of_a_scale_is_that_of_the_matrix_over_a_number() -> None:
    scale = np.array([[4.0, 1.0], [1.0, 2.0]])
    prior = Prior(scale)
    for over in (1.0, 8.0, 1e-3):
        assert np.isclose(prior.log_determinant(over), np.linalg.slogdet(scale / over)[1], rtol=1e-14)
