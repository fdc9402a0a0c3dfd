"""One shape along the features in several sizes: what is theirs alone."""

from __future__ import annotations

import numpy as np

from mixfold.covariance.vei import VEI
from tests.examples import NO_PRIOR, learned, statistics_of


def test_the_sums_of_the_standardized_scatter_are_those_of_a_minimum() -> None:
    # Setting the derivatives to zero: each component's sum is n_k D, each feature's is n.
    statistics = statistics_of(VEI, 3, 4)
    ratios = statistics.scatter_about_means / learned(VEI, statistics, NO_PRIOR)
    np.testing.assert_allclose(np.sum(ratios, axis=1), 4.0 * statistics.count, rtol=1e-10)
    np.testing.assert_allclose(np.sum(ratios, axis=0), np.full(4, 240.0), rtol=1e-10)


def test_the_shapes_are_equal() -> None:
    variances = learned(VEI, statistics_of(VEI, 3, 4), NO_PRIOR)
    shapes = variances / np.prod(variances, axis=1, keepdims=True) ** 0.25
    np.testing.assert_allclose(shapes, np.tile(shapes[0], (3, 1)), rtol=1e-12)


def test_parameters_are_counted() -> None:
    assert VEI.n_parameters(3, 4) == 6
