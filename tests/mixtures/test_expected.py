"""Expected values of functions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mixfold import Mixture
from mixfold.errors import InputError, ShapeError
from mixfold.mixtures import box_probabilities, characteristic_function, expected_value, moment
from tests.examples import mixture_of


def test_one_feature_is_integrated_to_ten_digits() -> None:
    mixture = mixture_of("full", 5, 1)
    value, error = expected_value(mixture, lambda rows: np.cos(rows[:, 0]))
    assert value == pytest.approx(characteristic_function(mixture, [[1.0]])[0].real, abs=1e-10)
    assert error < 1e-9
    parts = [norm(m[0], s[0]).expect(np.abs) for m, s in zip(mixture.means, mixture.deviations, strict=True)]
    assert expected_value(mixture, lambda rows: np.abs(rows[:, 0]))[0] == pytest.approx(
        mixture.weights @ parts, rel=1e-7
    )


def test_a_step_beside_narrow_and_wide_components_is_found() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0], [3.0]], [1e-4, 100.0], "spherical")
    value, error = expected_value(mixture, lambda rows: (rows[:, 0] > 0.013) * 1.0)
    exact = box_probabilities(mixture, [0.013], [np.inf])[0][0]
    assert value == pytest.approx(exact, abs=max(10 * float(error), 1e-9))
    assert error < 1e-6


@pytest.mark.parametrize("d", [2, 7])
def test_an_error_holds_in_several_features(d: int) -> None:
    mixture, direction = mixture_of("full", 4, d), np.full((1, d), 0.3 / d)
    exact = characteristic_function(mixture, direction)[0].real
    ratios = []
    for seed in range(20):
        value, error = expected_value(mixture, lambda rows: np.cos(rows @ direction[0]), 2048, seed)
        ratios.append((value - exact) / error)
        plain = np.std(np.cos(mixture.sample(2048, seed)[0] @ direction[0])) / np.sqrt(2048)
        assert error < plain
    assert np.max(np.abs(ratios)) < 5
    assert 0.5 < np.std(ratios) < 2.0


def test_values_may_be_arrays() -> None:
    mixture = mixture_of("diag", 3, 2)
    value, error = expected_value(mixture, lambda rows: rows[:, :, None] * rows[:, None])
    assert value.shape == error.shape == (2, 2)
    np.testing.assert_allclose(value, moment(mixture, 2), atol=6 * np.max(error))


def test_what_has_no_expectation_is_refused() -> None:
    mixture = mixture_of("full", 2, 2)
    with pytest.raises(ShapeError, match=r"a value for each of 4096 rows, got shape \(\)"):
        expected_value(mixture, np.sum)
    with pytest.raises(InputError, match="finite values"):
        expected_value(mixture, lambda rows: rows[:, 0] * np.nan)
    with pytest.raises(InputError, match="at least 16"):
        expected_value(mixture, lambda rows: rows[:, 0], 8)
