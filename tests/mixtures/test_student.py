from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mixfold.covariance import family_for
from mixfold.errors import InputError
from mixfold.fold import Fold
from mixfold.mixtures import HeavyTailedMixture, row_weights
from mixfold.models import Student, StudentParameters
from tests.examples import NO_PRIOR


@pytest.fixture
def mixture() -> HeavyTailedMixture:
    means, scales = np.array([[0.0, 0.0], [50.0, 0.0]]), np.array([[[2.0, 1.0], [1.0, 3.0]], np.eye(2)])
    parameters = StudentParameters(np.array([0.3, 0.7]), means, scales, np.array([4.0, 9.0]))
    return HeavyTailedMixture(parameters, Student(family_for("full"), NO_PRIOR))


def test_sampled_rows_have_the_tails_of_their_component(mixture: HeavyTailedMixture) -> None:
    rows, labels = mixture.sample(20_000, random_state=0)
    for k, degrees in enumerate(mixture.degrees):
        deviation = np.sqrt(mixture.parameters.covariances[k, 0, 0])
        standardized = (rows[labels == k, 0] - mixture.parameters.means[k, 0]) / deviation
        assert stats.kstest(standardized, stats.t(degrees).cdf).pvalue > 0.001


def test_as_many_rows_are_sampled_as_asked_for_and_no_part_of_one(mixture: HeavyTailedMixture) -> None:
    assert mixture.sample(7, random_state=0)[0].shape == (7, 2)
    with pytest.raises(InputError, match="whole number of at least 1, got 2.5"):
        mixture.sample(2.5)


def test_a_row_counts_less_the_farther_it_is(mixture: HeavyTailedMixture) -> None:
    rows = np.array([[50.0, 0.0], [50.0, 5.0], [50.0, 500.0]])
    weights = row_weights(Fold.of_rows(rows), mixture.potentials)
    np.testing.assert_allclose(weights[:2], [11.0 / 9.0, 11.0 / (9.0 + 25.0)], rtol=1e-4)
    assert weights[2] < 1e-3


def test_degrees_that_were_learned_are_counted_and_told(mixture: HeavyTailedMixture) -> None:
    assert mixture.n_parameters == 1 + 4 + 6 + 2
    assert mixture.summary().splitlines()[-1] == "degrees of freedom: 4.0, 9.0"
