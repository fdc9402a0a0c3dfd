"""One covariance for all components: what is its alone."""

from __future__ import annotations

import numpy as np

from mixfold.covariance import Prior, Tied
from tests.examples import NO_PRIOR, blobs, learned, statistics_of


def test_maximize_gives_the_pooled_covariance() -> None:
    rows, labels = blobs(240, 3, 2)
    residuals = np.concatenate([rows[labels == k] - np.mean(rows[labels == k], axis=0) for k in range(3)])
    expected = residuals.T @ residuals / 240
    np.testing.assert_allclose(learned(Tied(), statistics_of(Tied()), NO_PRIOR), expected, rtol=1e-11)


def test_a_prior_counts_once_for_every_component() -> None:
    statistics = statistics_of(Tied())
    none, prior = learned(Tied(), statistics, NO_PRIOR), Prior.from_rows(5.0, np.eye(2))
    expected = (240.0 * none + 15.0 * np.eye(2)) / 255.0
    np.testing.assert_allclose(learned(Tied(), statistics, prior), expected, rtol=1e-12)


def test_parameters_are_counted() -> None:
    assert Tied().n_parameters(3, 4) == 10


def test_dense_gives_every_component_a_matrix_of_its_own() -> None:
    dense = Tied().dense(np.eye(2), 3, 2)
    dense[0] = 7.0
    np.testing.assert_array_equal(dense[1], np.eye(2))


def test_precisions_cholesky_is_upper_triangular() -> None:
    whitener = Tied().whiten(learned(Tied(), statistics_of(Tied(), 3, 4), NO_PRIOR))
    factor = Tied().precisions_cholesky(whitener)
    np.testing.assert_array_equal(factor, np.triu(factor))
    np.testing.assert_allclose(factor @ factor.T, Tied().precisions(whitener), rtol=1e-12)
