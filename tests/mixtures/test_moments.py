"""Moments of a mixture."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import norm

from mixfold import Mixture
from mixfold.errors import InputError, ShapeError
from mixfold.mixtures import characteristic_function, expected_polynomial, moment
from tests.examples import mixture_of


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("covariance_type", ["full", "diag", "factor:1"])
def test_moments_are_expected_products(order: int, covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 3)
    found = moment(mixture, order)
    for at in product(range(3), repeat=order):
        powers = tuple(np.bincount(at, minlength=3).tolist())
        assert found[at] == pytest.approx(expected_polynomial(mixture, {powers: 1.0}), rel=1e-10)


def test_central_moments_are_the_covariance() -> None:
    mixture = mixture_of("full", 3, 2)
    np.testing.assert_allclose(moment(mixture, 1), mixture.mean)
    np.testing.assert_allclose(moment(mixture, 2, mixture.mean), mixture.covariance)


@pytest.mark.parametrize("power", range(1, 13))
def test_powers_of_one_feature_are_scipy_s(power: int) -> None:
    mixture = Mixture([0.3, 0.7], [[-1.5], [2.0]], [[[0.5]], [[2.0]]])
    expected = 0.3 * norm(-1.5, np.sqrt(0.5)).moment(power) + 0.7 * norm(2.0, np.sqrt(2.0)).moment(power)
    assert expected_polynomial(mixture, {(power,): 1.0}) == pytest.approx(expected, rel=1e-10)


def test_polynomials_are_means_of_large_samples() -> None:
    mixture = mixture_of("full", 2, 2)
    rows = mixture.sample(400_000, random_state=0)[0]
    values = 3.0 * rows[:, 0] ** 2 * rows[:, 1] - rows[:, 1] + 2.0
    found = expected_polynomial(mixture, {(2, 1): 3.0, (0, 1): -1.0, (0, 0): 2.0})
    assert found == pytest.approx(values.mean(), abs=5 * values.std() / np.sqrt(len(rows)))


def test_the_characteristic_function_is_an_expectation_and_has_the_moments_as_slopes() -> None:
    mixture = mixture_of("full", 3, 2)
    t = np.array([[0.3, -0.2]])
    rows = mixture.sample(400_000, random_state=0)[0]
    assert characteristic_function(mixture, t)[0] == pytest.approx(np.mean(np.exp(1j * rows @ t[0])), abs=0.01)
    step = 1e-6
    slope = (characteristic_function(mixture, [[step, 0.0]]) - characteristic_function(mixture, [[-step, 0.0]]))[0]
    assert slope / (2 * step) == pytest.approx(1j * mixture.mean[0], abs=1e-6)


def test_what_has_no_moment_is_refused() -> None:
    mixture = mixture_of("full", 2, 2)
    with pytest.raises(InputError, match="1, 2, 3 or 4, got 5"):
        moment(mixture, 5)
    with pytest.raises(InputError, match="whole numbers"):
        expected_polynomial(mixture, {(-1, 0): 1.0})
    with pytest.raises(ShapeError, match="each of the 2 features"):
        expected_polynomial(mixture, {(1,): 1.0})
