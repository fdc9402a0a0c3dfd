"""Log densities to the last digits, against 60-digit arithmetic, where naive formulas have none left."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from mixfold import Mixture
from mixfold.typing import FloatArray

mpmath.mp.dps = 60


def exact_log_density(mixture: Mixture, row: FloatArray) -> float:
    """Give the log density of one row in many digits, rounded once at the end."""
    d = mixture.n_features
    total = mpmath.mpf(0)
    for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.component_covariances, strict=True):
        difference = mpmath.matrix(
            [mpmath.mpf(float(x)) - mpmath.mpf(float(m)) for x, m in zip(row, mean, strict=True)]
        )
        matrix = mpmath.matrix([[mpmath.mpf(float(value)) for value in line] for line in covariance])
        distance = (difference.T * mpmath.lu_solve(matrix, difference))[0]
        total += (
            mpmath.mpf(float(weight))
            * mpmath.exp(-distance / 2)
            / mpmath.sqrt((2 * mpmath.pi) ** d * mpmath.det(matrix))
        )
    return float(mpmath.log(total))


@pytest.mark.parametrize("steps", [0.0, 1.0, 30.0, 1000.0])
def test_a_tight_cluster_far_from_zero_keeps_its_digits(steps: float) -> None:
    # Standard deviation 2^-20 at 2^20: x^2 alone has 17 digits fewer than the difference needs.
    variance = 2.0**-40
    mixture = Mixture(
        [0.25, 0.75],
        [[2.0**20, -(2.0**20)], [2.0**20 + 2.0**-18, -(2.0**20)]],
        np.array([[[1.0, 0.5], [0.5, 1.0]], [[2.0, 0.0], [0.0, 1.0]]]) * variance,
    )
    row = np.array([2.0**20 + steps * 2.0**-20, -(2.0**20) + 2.0**-21])
    assert mixture.log_density(row[None])[0] == pytest.approx(exact_log_density(mixture, row), rel=1e-13)


def test_a_row_whose_density_underflows_keeps_its_logarithm() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 4.0], "spherical")
    row = np.array([1e4])
    assert np.exp(mixture.log_density(row[None])[0]) == 0.0
    assert mixture.log_density(row[None])[0] == pytest.approx(exact_log_density(mixture, row), rel=1e-14)


def test_nearly_collinear_features_keep_their_digits() -> None:
    # Correlation 1 - 1e-6: the condition number costs six digits of sixteen, not more.
    rho = 1.0 - 1e-6
    mixture = Mixture([1.0], [[3.0, -2.0]], [[[1.0, rho], [rho, 1.0]]])
    row = np.array([3.5, -1.4])
    assert mixture.log_density(row[None])[0] == pytest.approx(exact_log_density(mixture, row), rel=1e-9)


def test_responsibilities_far_out_are_decided_exactly() -> None:
    # Between two equal spheres the log odds are linear in x: 2^10 standard deviations out they are still exact.
    mixture = Mixture([0.5, 0.5], [[0.0], [2.0**-9]], [1.0, 1.0], "spherical")
    x = 2.0**10
    odds = mpmath.exp(mpmath.mpf(2) ** -9 * (mpmath.mpf(x) - mpmath.mpf(2) ** -10))
    expected = float(odds / (1 + odds))
    assert mixture.responsibilities([[x]])[0, 1] == pytest.approx(expected, rel=1e-9)
