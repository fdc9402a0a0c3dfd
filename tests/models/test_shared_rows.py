"""Rows that are shared in one way, under many priors."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.fold import Fold
from mixfold.models.shared_rows import SharedRows
from tests.examples import blobs

ROWS, LABELS = blobs(60, 3, 2)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "EEI", "EII"])
def test_components_are_those_of_the_textbook(covariance_type: str) -> None:
    family, shares = family_for(covariance_type), np.eye(3)[LABELS]
    sums = Fold.of_rows(ROWS).centered_moments(lambda chunk: shares[chunk.span], 3, family.structure)
    mean, scatter, beta, nu = np.array([0.5, -1.0]), np.array([[3.0, 0.4], [0.4, 2.0]]), 0.3, 5.0
    rows = SharedRows.of(sums, family, mean, np.array([0.1, 0.2]))
    found = rows.components(beta, family.structure.reduced(scatter, 2), nu)
    wide, degrees = [], []
    for own in (ROWS[label == LABELS] for label in range(3)):
        n, away = len(own), np.mean(own, axis=0) - mean
        wide.append(scatter + n * np.cov(own.T, bias=True) + n * np.diag([0.1, 0.2]))
        wide[-1] = wide[-1] + beta * n / (beta + n) * np.outer(away, away)
        degrees.append(nu + n)
    if family.are_equal:
        wide, degrees = [np.mean(wide, axis=0)] * 3, [np.mean(degrees)] * 3
    expected = np.array(wide) / np.array(degrees)[:, None, None]
    if not family.structure.is_matrix:
        expected = expected * np.eye(2)
    if not (family.structure.is_matrix or family.structure.has_shape):
        expected = np.trace(expected, axis1=1, axis2=2)[:, None, None] / 2.0 * np.eye(2)
    np.testing.assert_allclose(family.dense(found.covariances, 3, 2), expected, rtol=1e-12)
    np.testing.assert_allclose(found.degrees_of_freedom, degrees)
    np.testing.assert_allclose(found.mean_precision, beta + np.bincount(LABELS))
    np.testing.assert_allclose(np.broadcast_to(found.log_precision, 3), -np.linalg.slogdet(expected)[1], rtol=1e-12)
