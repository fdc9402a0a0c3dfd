"""Ellipsoids with common axes: what is theirs alone."""

from __future__ import annotations

import numpy as np

from mixfold.covariance.vve import VVE
from tests.examples import NO_PRIOR, learned, statistics_of


def test_covariances_commute() -> None:
    covariances = learned(VVE, statistics_of(VVE, 3, 4), NO_PRIOR)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        np.testing.assert_allclose(covariances[i] @ covariances[j], covariances[j] @ covariances[i], atol=1e-11)


def test_variances_along_the_axes_are_those_of_the_rows() -> None:
    statistics = statistics_of(VVE, 3, 4)
    covariances = learned(VVE, statistics, NO_PRIOR)
    axes = np.linalg.eigh(covariances[0])[1]
    own = statistics.scatter_about_means / statistics.count[:, None, None]
    for covariance, sample in zip(covariances, own, strict=True):
        np.testing.assert_allclose(np.diag(axes.T @ covariance @ axes), np.diag(axes.T @ sample @ axes), rtol=1e-9)


def test_parameters_are_counted() -> None:
    assert VVE.n_parameters(3, 4) == 18
