"""Full covariances: what is theirs alone."""

from __future__ import annotations

import numpy as np

from mixfold.covariance import Full, Prior
from tests.examples import NO_PRIOR, blobs, learned, statistics_of


def test_maximize_gives_the_sample_covariances() -> None:
    rows, labels = blobs(240, 3, 2)
    expected = [np.cov(rows[labels == component].T, bias=True) for component in range(3)]
    np.testing.assert_allclose(learned(Full(), statistics_of(Full()), NO_PRIOR), expected, rtol=1e-11)


def test_a_prior_is_so_many_rows_of_its_covariance() -> None:
    rows, labels = blobs(240, 3, 2)
    prior = Prior.from_rows(5.0, np.array([[2.0, 0.5], [0.5, 1.0]]))
    n = np.bincount(labels)[0]
    sample = np.cov(rows[labels == 0].T, bias=True)
    expected = (n * sample + 5.0 * np.array([[2.0, 0.5], [0.5, 1.0]])) / (n + 5.0)
    np.testing.assert_allclose(learned(Full(), statistics_of(Full()), prior)[0], expected, rtol=1e-11)


def test_parameters_are_counted() -> None:
    assert Full().n_parameters(3, 4) == 30


def test_precisions_cholesky_is_upper_triangular() -> None:
    whitener = Full().whiten(learned(Full(), statistics_of(Full(), 3, 4), NO_PRIOR))
    factor = Full().precisions_cholesky(whitener)
    np.testing.assert_array_equal(factor, np.triu(factor))
    np.testing.assert_allclose(factor @ np.swapaxes(factor, 1, 2), Full().precisions(whitener), rtol=1e-12)
