"""Some features of a mixture when others are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.covariance import FAMILIES
from mixfold.errors import InputError
from mixfold.mixtures import Regressions, pull_and_precision
from tests.examples import mixture_of

families = pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])


@families
def test_a_conditional_density_is_the_joint_one_over_that_of_what_is_known(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 4)
    random = np.random.default_rng(0)
    known, values, rows = [3, 1], random.normal(size=2), random.normal(size=(20, 2))
    joint = np.empty((20, 4))
    joint[:, known], joint[:, [0, 2]] = values, rows
    expected = mixture.log_density(joint) - mixture.marginal(known).log_density(values[None])
    conditional = mixture.conditional(dict(zip(known, values.tolist(), strict=True)))
    np.testing.assert_allclose(conditional.log_density(rows), expected, rtol=1e-9, atol=1e-10)


@families
def test_regressions_have_that_density_for_many_rows_at_once(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 4)
    joint = np.random.default_rng(0).normal(size=(20, 4))
    regressions = Regressions.of(mixture, [3, 1])
    shares, expected = regressions.known.responsibilities(joint[:, [3, 1]]), regressions.expected(joint[:, [3, 1]])
    found = regressions.log_density(shares, expected, joint[:, [0, 2]])
    np.testing.assert_allclose(
        found,
        mixture.log_density(joint) - mixture.marginal([3, 1]).log_density(joint[:, [3, 1]]),
        rtol=1e-9,
        atol=1e-10,
    )
    one = regressions.at(joint[0, [3, 1]])
    np.testing.assert_allclose(one.means, expected[0])
    np.testing.assert_allclose(one.weights, shares[0])


def test_directions_without_variance_tell_nothing() -> None:
    covariance = np.array([[1.0, 1.0, 0.5], [1.0, 1.0 + 1e-13, 0.5], [0.5, 0.5, 1.0]])
    gain = Regressions.of(Mixture([1.0], [[0.0] * 3], covariance[None]), [0, 1], least_variance=1e-10).gains[0]
    np.testing.assert_allclose(gain, [[0.25], [0.25]], rtol=1e-6)


def test_each_feature_is_what_its_conditional_says_given_all_others() -> None:
    mixture = mixture_of("full", 1, 3)
    row = np.array([1.0, -2.0, 0.5])
    (pulls,), precisions = pull_and_precision(mixture.component_covariances[0], row[None] - mixture.means[0])
    for feature in range(3):
        others = {index: float(row[index]) for index in range(3) if index != feature}
        conditional = mixture.conditional(others)
        np.testing.assert_allclose(row[feature] - pulls[feature] / precisions[feature], conditional.means[0, 0])
        np.testing.assert_allclose(1.0 / precisions[feature], conditional.covariances[0, 0, 0])


def test_a_conditional_of_one_gaussian_is_a_regression() -> None:
    joint = Mixture([1.0], [[1.0, 2.0]], [[[4.0, 3.0], [3.0, 9.0]]], feature_names=["x", "y"])
    conditional = joint.conditional({"x": 3.0})
    np.testing.assert_allclose(conditional.means, [[2.0 + 3.0 / 4.0 * 2.0]])
    np.testing.assert_allclose(conditional.covariances, [[[9.0 - 9.0 / 4.0]]])
    assert conditional.feature_names == ("y",)


def test_a_conditional_far_from_everything_is_still_a_mixture() -> None:
    joint = Mixture([0.5, 0.5], [[0.0, 1.0], [3.0, 3.0]], [1.0, 1.0], "spherical")
    assert joint.conditional({0: 1e6}).weights.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({0: 1.0, 1: 2.0}, "at least one of the 2 features free"),
        ({}, "at least one of them"),
        ({5: 1.0}, "from 0 to 1"),
        ({"x": 1.0}, "unknown"),
        ({0: np.nan}, "finite"),
        ({0: "a"}, "real numbers"),
    ],
)
def test_useless_conditions_are_refused(given: dict[Any, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        mixture_of().conditional(given)
