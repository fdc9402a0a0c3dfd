"""Ellipsoids of equal volume: what is theirs alone."""

from __future__ import annotations

import numpy as np

from mixfold.covariance import Full
from mixfold.covariance.evv import EVV
from tests.examples import NO_PRIOR, learned, statistics_of


def test_the_shapes_are_those_of_full_and_the_volumes_equal() -> None:
    statistics = statistics_of(EVV, 3, 4)
    own, actual = learned(Full(), statistics, NO_PRIOR), learned(EVV, statistics, NO_PRIOR)
    determinants = np.linalg.det(actual)
    np.testing.assert_allclose(determinants, np.full(3, determinants[0]), rtol=1e-10)
    for ours, theirs in zip(actual, own, strict=True):
        np.testing.assert_allclose(ours / ours[0, 0], theirs / theirs[0, 0], rtol=1e-10)


def test_parameters_are_counted() -> None:
    assert EVV.n_parameters(3, 4) == 28
