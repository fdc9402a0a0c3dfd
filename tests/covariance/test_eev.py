"""One ellipsoid, turned: what is theirs alone."""

from __future__ import annotations

import numpy as np

from mixfold.covariance.eev import EEV
from tests.examples import NO_PRIOR, learned, statistics_of, with_flat_component


def test_eigenvalues_are_the_means_of_the_scatters_eigenvalues() -> None:
    statistics = statistics_of(EEV, 3, 4)
    expected = np.sum(np.linalg.eigvalsh(statistics.scatter_about_means), axis=0) / 240.0
    actual = np.linalg.eigvalsh(learned(EEV, statistics, NO_PRIOR))
    np.testing.assert_allclose(actual, np.tile(expected, (3, 1)), rtol=1e-11)


def test_axes_are_those_of_each_component() -> None:
    statistics = statistics_of(EEV, 3, 4)
    covariances, scatter = learned(EEV, statistics, NO_PRIOR), statistics.scatter_about_means
    np.testing.assert_allclose(covariances @ scatter, scatter @ covariances, atol=1e-9)


def test_a_component_without_rows_takes_the_shape_of_the_others() -> None:
    covariances = learned(EEV, with_flat_component(statistics_of(EEV)), NO_PRIOR)
    assert np.all(np.isfinite(EEV.whiten(covariances)))


def test_parameters_are_counted() -> None:
    assert EEV.n_parameters(3, 4) == 22
