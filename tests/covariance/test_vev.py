"""One ellipsoid in several sizes, turned: what is theirs alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance.vev import VEV
from mixfold.errors import CollapseError
from tests.examples import NO_PRIOR, learned, statistics_of


def test_the_sums_of_the_standardized_eigenvalues_are_those_of_a_minimum() -> None:
    statistics = statistics_of(VEV, 3, 4)
    values = np.linalg.eigvalsh(statistics.scatter_about_means)
    ratios = values / np.linalg.eigvalsh(learned(VEV, statistics, NO_PRIOR))
    np.testing.assert_allclose(np.sum(ratios, axis=1), 4.0 * statistics.count, rtol=1e-9)
    np.testing.assert_allclose(np.sum(ratios, axis=0), np.full(4, 240.0), rtol=1e-9)


def test_scatter_that_overflowed_is_refused() -> None:
    statistics = statistics_of(VEV)
    statistics = replace(statistics, scatter=np.where(statistics.scatter > 0.0, np.inf, statistics.scatter))
    with pytest.raises(CollapseError, match="NaN or infinity"):
        VEV.whiten(learned(VEV, statistics, NO_PRIOR))


def test_parameters_are_counted() -> None:
    assert VEV.n_parameters(3, 4) == 24
