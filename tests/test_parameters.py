"""Between statistics and potentials."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.engines import ArrayEngine
from mixfold.errors import CollapseError
from mixfold.parameters import Parameters
from tests.examples import NO_PRIOR, blobs, statistics_of


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_maximize_gives_shares_and_means_of_the_rows(covariance_type: str) -> None:
    rows, labels = blobs(240, 3, 2)
    parameters = Parameters.maximize(statistics_of(FAMILIES[covariance_type]), FAMILIES[covariance_type], NO_PRIOR)
    np.testing.assert_allclose(parameters.weights, np.bincount(labels) / 240)
    for component in range(3):
        np.testing.assert_allclose(parameters.means[component], np.mean(rows[labels == component], axis=0), rtol=1e-12)


def test_a_weight_of_zero_scores_minus_infinity_without_a_warning() -> None:
    parameters = Parameters(np.array([1.0, 0.0]), np.zeros((2, 1)), np.ones(2))
    potentials = parameters.potentials(FAMILIES["spherical"])
    assert potentials.offset[1] == -np.inf
    assert ArrayEngine().log_density(np.zeros((1, 1)), potentials)[0] == pytest.approx(-0.5 * np.log(2 * np.pi))


def test_a_singular_covariance_has_no_potentials() -> None:
    parameters = Parameters(np.array([1.0]), np.zeros((1, 2)), np.ones((1, 2, 2)))
    with pytest.raises(CollapseError, match="positive definite"):
        parameters.potentials(FAMILIES["full"])
