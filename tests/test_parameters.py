"""Between statistics and potentials."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.engines import ArrayEngine
from mixfold.errors import CollapseError, InputError, RoundedWeightsWarning
from mixfold.parameters import Parameters, n_free_parameters, normalized_weights


def test_a_weight_of_zero_scores_minus_infinity_without_a_warning() -> None:
    parameters = Parameters(np.array([1.0, 0.0]), np.zeros((2, 1)), np.ones(2))
    potentials = parameters.potentials(FAMILIES["spherical"])
    assert potentials.offset[1] == -np.inf
    assert ArrayEngine().log_density(np.zeros((1, 1)), potentials)[0] == pytest.approx(-0.5 * np.log(2 * np.pi))


def test_a_singular_covariance_has_no_potentials() -> None:
    parameters = Parameters(np.array([1.0]), np.zeros((1, 2)), np.ones((1, 2, 2)))
    with pytest.raises(CollapseError, match="positive definite"):
        parameters.potentials(FAMILIES["full"])


def test_weights_are_divided_by_their_sum() -> None:
    assert float(np.sum(normalized_weights(np.array([0.5, 0.5 + 1e-7]), "weights"))) == pytest.approx(1.0, abs=1e-15)


def test_normalizing_twice_changes_no_bit() -> None:
    random = np.random.default_rng(0)
    for k in range(1, 200):
        weights = normalized_weights(random.dirichlet(np.ones(k)), "weights")
        np.testing.assert_array_equal(normalized_weights(weights, "weights"), weights)


@pytest.mark.parametrize("weights", [[0.5, 0.6], [1.5, -0.5], [0.0, 0.0]])
def test_weights_that_are_no_distribution_are_refused(weights: list[float]) -> None:
    with pytest.raises(InputError, match="`weights_init` must be at least zero and sum to one.*Divide"):
        normalized_weights(np.array(weights), "weights_init")


def test_weights_that_somebody_rounded_are_divided_with_a_warning() -> None:
    with pytest.warns(RoundedWeightsWarning, match="`weights` should sum to one, but sum to 0.9999"):
        weights = normalized_weights(np.array([0.3333, 0.6666]), "weights")
    assert float(np.sum(weights)) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(("covariance_type", "expected"), [("full", 17), ("tied", 11), ("diag", 14), ("spherical", 11)])
def test_weights_but_one_means_and_covariances_are_free(covariance_type: str, expected: int) -> None:
    assert n_free_parameters(FAMILIES[covariance_type], 3, 2) == expected
