"""One ellipsoid in several sizes: what is theirs alone."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance.vee import VEE
from mixfold.errors import CollapseError
from tests.examples import NO_PRIOR, learned, statistics_of, with_flat_feature


def test_the_traces_of_the_whitened_scatter_are_those_of_a_minimum() -> None:
    # Setting the derivatives to zero: each component's trace is n_k D, and the whole is n times the identity.
    statistics = statistics_of(VEE, 3, 4)
    white = statistics.scatter_about_means @ np.linalg.inv(learned(VEE, statistics, NO_PRIOR))
    np.testing.assert_allclose(np.einsum("kii->k", white), 4.0 * statistics.count, rtol=1e-10)
    np.testing.assert_allclose(np.sum(white, axis=0), 240.0 * np.eye(4), atol=1e-8)


def test_covariances_are_multiples_of_each_other() -> None:
    covariances = learned(VEE, statistics_of(VEE, 3, 4), NO_PRIOR)
    for other in covariances[1:]:
        np.testing.assert_allclose(other / other[0, 0], covariances[0] / covariances[0, 0, 0], rtol=1e-11)


def test_a_singular_scatter_is_refused() -> None:
    with pytest.raises(CollapseError, match="positive definite"):
        VEE.whiten(learned(VEE, with_flat_feature(statistics_of(VEE)), NO_PRIOR))


def test_parameters_are_counted() -> None:
    assert VEE.n_parameters(3, 4) == 12
