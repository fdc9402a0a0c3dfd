"""What covariances are learned from."""

from __future__ import annotations

import numpy as np
import pytest
from tests.examples import blobs, statistics_of

from mixfold.covariance import FAMILIES, FactorAnalytic


@pytest.mark.parametrize("family", [*FAMILIES.values(), FactorAnalytic(1)], ids=lambda family: family.name)
def test_it_does_not_depend_on_the_center_that_sums_were_taken_around(family) -> None:
    statistics = statistics_of(family)
    scatter, again = statistics.about_means, statistics.around(np.ones((3, 2))).about_means
    assert scatter.n_features == again.n_features == 2
    np.testing.assert_allclose(again.values, scatter.values, rtol=1e-9, atol=1e-9)
    assert scatter.basis is again.basis


def test_it_is_that_of_rows_around_their_means() -> None:
    rows, labels = blobs(240, 3, 2)
    scatter = statistics_of(FAMILIES["full"]).about_means.values
    for component in range(3):
        expected = np.cov(rows[labels == component].T, bias=True) * np.sum(labels == component)
        np.testing.assert_allclose(scatter[component], expected, rtol=1e-10)
