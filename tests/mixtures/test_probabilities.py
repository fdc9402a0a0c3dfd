"""Probabilities of boxes, and quantiles."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import multivariate_normal, norm

from mixfold import Mixture
from mixfold.errors import InputError, ShapeError
from mixfold.mixtures import box_probabilities, cdf, interval, isf, ppf
from tests.examples import mixture_of


def of_correlation(*rhos: float) -> Mixture:
    d = {1: 2, 3: 3}[len(rhos)]
    matrix = np.eye(d)
    matrix[np.triu_indices(d, 1)] = rhos
    matrix = np.maximum(matrix, matrix.T) + np.minimum(matrix, matrix.T) - np.diag(np.diag(matrix))
    matrix[np.diag_indices(d)] = 1.0
    return Mixture([1.0], np.zeros((1, d)), [np.triu(matrix) + np.triu(matrix, 1).T])


def test_one_feature_is_scipy_s() -> None:
    mixture = mixture_of("full", 3, 1)
    x = np.linspace(-10, 10, 41)
    parts = [norm(m[0], np.sqrt(s[0, 0])).cdf(x) for m, s in zip(mixture.means, mixture.covariances, strict=True)]
    np.testing.assert_allclose(cdf(mixture, x), mixture.weights @ parts, rtol=1e-12)


@pytest.mark.parametrize("rho", [-0.9999, -0.7, 0.0, 0.3, 0.95, 0.999999])
@pytest.mark.parametrize("corner", [(0.0, 0.0), (0.5, -1.2), (-2.0, 0.0), (3.0, 2.9)])
def test_two_features_are_the_integral(rho: float, corner: tuple[float, float]) -> None:
    # The conditional's distribution function against the density of the first feature, in 30 digits.
    root = mpmath.sqrt((1 - mpmath.mpf(rho)) * (1 + mpmath.mpf(rho)))

    def value(x: mpmath.mpf) -> mpmath.mpf:
        return mpmath.npdf(x) * mpmath.ncdf((corner[1] - rho * x) / root)

    turn = corner[1] / rho if rho else 0.0
    points = sorted({-12.0, corner[0], *(p for p in (turn - 0.01, turn, turn + 0.01, 0.0) if -12 < p < corner[0])})
    with mpmath.workdps(25):
        expected = float(mpmath.quad(value, points))
    found = cdf(of_correlation(rho), [corner])[0]
    assert found == pytest.approx(expected, abs=1e-11)


def test_rectangles_are_the_integral_of_the_density() -> None:
    mixture = mixture_of("full", 2, 2)
    low, high = mixture.mean - np.array([1.0, 2.0]), mixture.mean + np.array([0.5, 1.0])
    expected = dblquad(
        lambda y, x: float(np.exp(mixture.log_density([[x, y]])[0])), low[0], high[0], low[1], high[1], epsabs=1e-10
    )[0]
    found, errors = box_probabilities(mixture, low, high)
    assert found[0] == pytest.approx(expected, abs=1e-9)
    assert errors[0] == 0.0


@pytest.mark.parametrize("rhos", [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.9, -0.3, -0.2), (0.99, 0.5, 0.5)])
def test_octants_of_three_features_are_known(rhos: tuple[float, float, float]) -> None:
    # Of standard normals at zero: 1/8 + (asin r12 + asin r13 + asin r23) / (4 pi) (Sheppard 1898).
    expected = 0.125 + np.sum(np.arcsin(rhos)) / (4 * np.pi)
    found = cdf(of_correlation(*rhos), [[0.0, 0.0, 0.0]])[0]
    assert found == pytest.approx(expected, abs=1e-10)


def test_boxes_of_three_features_that_are_independent_are_products() -> None:
    mixture = Mixture([0.4, 0.6], [[0.0, 1.0, 2.0], [3.0, 0.0, -1.0]], [[1.0, 4.0, 0.25], [0.1, 1.0, 9.0]], "diag")
    low, high = np.array([-1.0, -np.inf, 0.0]), np.array([2.9, 0.5, np.inf])
    parts = [np.prod(norm(m, np.sqrt(s)).cdf(high) - norm(m, np.sqrt(s)).cdf(low))
             for m, s in zip(mixture.means, mixture.covariances, strict=True)]  # fmt: skip
    found = box_probabilities(mixture, low, high)[0][0]
    assert found == pytest.approx(float(mixture.weights @ parts), abs=1e-11)


def test_more_features_are_estimated_with_an_error_that_holds() -> None:
    d = 5
    covariance = 0.5 * np.eye(d) + 0.5
    mixture = Mixture([1.0], np.zeros((1, d)), [covariance])
    found, errors = box_probabilities(mixture, np.full(d, -np.inf), np.zeros(d))
    assert found[0] == pytest.approx(1.0 / (d + 1), abs=5 * errors[0] + 1e-6)  # of equal correlations of one half
    assert 0.0 < errors[0] < 1e-3
    again = box_probabilities(mixture, np.full(d, -np.inf), np.zeros(d))[0]
    assert again[0] == found[0]


def test_boxes_of_many_features_agree_with_scipy() -> None:
    mixture = mixture_of("diag", 2, 4)
    low, high = mixture.mean - 2.0, mixture.mean + 1.0
    expected = sum(
        w * np.prod(norm(m, np.sqrt(s)).cdf(high) - norm(m, np.sqrt(s)).cdf(low))
        for w, m, s in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    )
    assert box_probabilities(mixture, low, high)[0][0] == pytest.approx(expected, abs=1e-10)
    full = Mixture([1.0], [np.zeros(4)], [np.eye(4) + 0.3])
    expected = multivariate_normal(np.zeros(4), np.eye(4) + 0.3).cdf(np.ones(4), lower_limit=-np.ones(4))
    found, errors = box_probabilities(full, -np.ones(4), np.ones(4))
    assert found[0] == pytest.approx(float(expected), abs=5 * errors[0] + 1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_quantiles_invert_the_distribution_function(seed: int) -> None:
    mixture = mixture_of("full", 4, 1, seed=seed)
    q = np.array([1e-12, 1e-3, 0.1, 0.5, 0.9, 0.999])
    np.testing.assert_allclose(cdf(mixture, ppf(mixture, q)), q, rtol=1e-9)
    far = np.array([1e-12, 1e-200, 0.3])
    mirrored = Mixture(mixture.weights, -mixture.means, mixture.covariances)
    np.testing.assert_allclose(isf(mixture, far), -ppf(mirrored, far), rtol=1e-12)
    np.testing.assert_allclose(isf(mixture, q), ppf(mixture, 1 - q), rtol=1e-4)


def test_quantiles_of_one_component_are_scipy_s() -> None:
    mixture = Mixture([1.0], [[3.0]], [4.0], "spherical")
    q = np.array([0.0, 1e-300, 0.025, 0.5, 1.0])
    np.testing.assert_allclose(ppf(mixture, q), norm(3.0, 2.0).ppf(q), rtol=1e-12)
    assert interval(mixture, 0.95) == pytest.approx(norm(3.0, 2.0).interval(0.95), rel=1e-12)


def test_what_is_no_box_or_probability_is_refused() -> None:
    mixture = mixture_of("full", 2, 2)
    with pytest.raises(InputError, match="at least that in `lower`"):
        box_probabilities(mixture, [1.0, 0.0], [0.0, 1.0])
    with pytest.raises(ShapeError, match="n_features = 2"):
        box_probabilities(mixture, [0.0], [1.0])
    with pytest.raises(ShapeError, match="of one feature"):
        ppf(mixture, 0.5)
    with pytest.raises(InputError, match="from 0 to 1"):
        ppf(mixture.marginal([0]), 1.5)
