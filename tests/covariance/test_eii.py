"""Equal spheres: what is theirs alone."""

from __future__ import annotations

import numpy as np

from mixfold.covariance import Prior
from mixfold.covariance.eii import EII
from tests.examples import NO_PRIOR, blobs, learned, statistics_of


def test_the_variance_is_the_mean_of_all_variances_within() -> None:
    rows, labels = blobs(240, 3, 4)
    within = np.concatenate([rows[labels == k] - np.mean(rows[labels == k], axis=0) for k in range(3)])
    actual = learned(EII, statistics_of(EII, 3, 4), NO_PRIOR)
    np.testing.assert_allclose(actual, np.full(3, np.mean(within**2)), rtol=1e-12)


def test_a_prior_counts_once_for_every_component() -> None:
    statistics = statistics_of(EII, 3, 4)
    none = learned(EII, statistics, NO_PRIOR)
    expected = (240.0 * none + 15.0 * 7.0) / 255.0
    np.testing.assert_allclose(learned(EII, statistics, Prior.from_rows(5.0, np.array(7.0))), expected, rtol=1e-12)


def test_parameters_are_counted() -> None:
    assert EII.n_parameters(3, 4) == 1
