"""What mixtures are as distributions, against formulas in 40 digits, SciPy and quadrature: K from 1 to 20, D from 1 to 10."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import linprog
from scipy.special import ndtr
from scipy.stats import norm

from mixfold import Mixture
from mixfold.mixtures import (
    Regressions,
    box_probabilities,
    cauchy_schwarz,
    cdf,
    characteristic_function,
    convolved,
    expected_polynomial,
    expected_value,
    gradient,
    hessian,
    highest_density_region,
    integrated_squared_error,
    isf,
    log_affinities,
    log_inner_product,
    log_overlaps,
    maximum_mean_discrepancy,
    moment,
    n_modes,
    posterior,
    power,
    ppf,
    product,
    squared_wasserstein,
    transformed,
    transport,
)

SIZES = [(1, 1), (20, 1), (7, 2), (3, 5), (12, 6), (20, 10)]
sizes = pytest.mark.parametrize(("k", "d"), SIZES)
EXACT = 1e-10


def random_mixture(k: int, d: int, seed: int = 0) -> Mixture:
    """Draw a mixture."""
    random = np.random.default_rng((k, d, seed))
    roots = random.standard_normal((k, d, d + 2))
    covariances = roots @ np.swapaxes(roots, 1, 2) / (d + 2) * random.uniform(0.3, 3.0, (k, 1, 1))
    return Mixture(random.dirichlet(np.ones(k)), 2.0 * random.standard_normal((k, d)), covariances)


def exact_log_normal(x: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> mpmath.mpf:  # type: ignore[type-arg]
    """Give a log density in 40 digits."""
    with mpmath.workdps(40):
        step, spread = mpmath.matrix(x.tolist()) - mpmath.matrix(mean.tolist()), mpmath.matrix(covariance.tolist())
        square = (step.T * mpmath.lu_solve(spread, step))[0]
        return -(square + mpmath.log(mpmath.det(spread)) + len(x) * mpmath.log(2 * mpmath.pi)) / 2


def exact_log_density(mixture: Mixture, x: np.ndarray) -> float:  # type: ignore[type-arg]
    with mpmath.workdps(40):
        parts = zip(mixture.weights, mixture.means, mixture.component_covariances, strict=True)
        return float(mpmath.log(mpmath.fsum(w * mpmath.exp(exact_log_normal(x, m, c)) for w, m, c in parts)))


def projected(mixture: Mixture, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Give the means and deviations of the components along a direction."""
    return mixture.means @ direction, np.sqrt(np.einsum("i,kij,j->k", direction, mixture.covariances, direction))


@sizes
def test_log_density_shares_and_conditionals_are_exact(k: int, d: int) -> None:
    mixture = random_mixture(k, d)
    rows = 3.0 * np.random.default_rng(1).standard_normal((2, d))
    exact = np.array([exact_log_density(mixture, row) for row in rows])
    np.testing.assert_allclose(mixture.log_density(rows), exact, rtol=EXACT)
    first = [float(exact_log_normal(row, mixture.means[0], mixture.covariances[0])) for row in rows]
    shares = mixture.weights[0] * np.exp(first - exact)
    np.testing.assert_allclose(mixture.responsibilities(rows)[:, 0], shares, rtol=EXACT, atol=1e-14)
    if d > 1:
        known = {index: float(rows[0, index]) for index in range(d // 2)}
        rest = mixture.conditional(known).log_density(rows[:1, d // 2 :])
        below = mixture.marginal(list(known)).log_density(rows[:1, : d // 2])
        np.testing.assert_allclose(rest + below, exact[:1], rtol=EXACT)
        # The same of many rows at once.
        regressions = Regressions.of(mixture, list(known))
        expected = np.array([mixture.conditional(dict(enumerate(row))).mean for row in rows[:, : d // 2]])
        shares = regressions.known.responsibilities(rows[:, : d // 2])
        found = np.einsum("nk,nkt->nt", shares, regressions.expected(rows[:, : d // 2]))
        np.testing.assert_allclose(found, expected, rtol=EXACT)


@sizes
def test_moments_and_polynomials_are_exact(k: int, d: int) -> None:
    mixture, direction = random_mixture(k, d), np.random.default_rng(2).standard_normal(d)
    means, deviations = projected(mixture, direction)
    for order in (1, 2, 3, 4):
        tensor = moment(mixture, order, about=np.zeros(d)) if order > 1 else mixture.mean
        for _ in range(order):
            tensor = np.tensordot(tensor, direction, axes=(0, 0))
        expected = mixture.weights @ [norm(m, s).moment(order) for m, s in zip(means, deviations, strict=True)]
        assert float(tensor) == pytest.approx(expected, rel=EXACT)
    powers = (3,) + (0,) * (d - 1)
    cube = mixture.weights @ (mixture.means[:, 0] ** 3 + 3 * mixture.means[:, 0] * mixture.covariances[:, 0, 0])
    assert expected_polynomial(mixture, {powers: 2.0}) == pytest.approx(2.0 * cube, rel=EXACT)


@sizes
def test_the_characteristic_function_is_that_of_quadrature(k: int, d: int) -> None:
    mixture, direction = random_mixture(k, d), np.random.default_rng(3).standard_normal(d)
    direction /= np.linalg.norm(direction)
    means, deviations = projected(mixture, direction)
    ends = (means - 12 * deviations).min(), (means + 12 * deviations).max()

    def density(x: float) -> float:
        return float(mixture.weights @ norm.pdf(x, means, deviations))

    points = np.unique(np.sort(means))
    found = characteristic_function(mixture, direction[None])
    cosine = quad(lambda x: np.cos(x) * density(x), *ends, points=points, limit=500, epsabs=1e-12)[0]
    sine = quad(lambda x: np.sin(x) * density(x), *ends, points=points, limit=500, epsabs=1e-12)[0]
    assert complex(np.ravel(found)[0]) == pytest.approx(complex(cosine, sine), abs=EXACT)


@sizes
def test_overlaps_affinities_and_discrepancies_are_exact(k: int, d: int) -> None:
    one, other = random_mixture(k, d), random_mixture(2, d, seed=1)
    overlaps = [
        [float(exact_log_normal(m, n, c + s)) for n, s in zip(other.means, other.covariances, strict=True)]
        for m, c in zip(one.means, one.covariances, strict=True)
    ]
    np.testing.assert_allclose(log_overlaps(one, other), overlaps, rtol=EXACT)
    # Of halves: N(m; n, (C + S) / 2) with what the normalizations differ by.
    c, s = one.covariances[0], other.covariances[0]
    log_volumes = [np.linalg.slogdet(2.0 * np.pi * each)[1] for each in (c, s, (c + s) / 2.0)]
    step = one.means[0] - other.means[0]
    affinity = 0.25 * (log_volumes[0] + log_volumes[1]) - 0.5 * log_volumes[2]
    affinity -= step @ np.linalg.solve((c + s) / 2.0, step) / 8.0
    assert log_affinities(one, other)[0, 0] == pytest.approx(affinity, rel=EXACT)

    def kernel(a: Mixture, b: Mixture) -> float:
        unit = 0.5 * d * np.log(2.0 * np.pi * 9.0)
        return float(
            sum(
                v * w * np.exp(float(exact_log_normal(m, n, c + s + 9.0 * np.eye(d))) + unit)
                for v, m, c in zip(a.weights, a.means, a.covariances, strict=True)
                for w, n, s in zip(b.weights, b.means, b.covariances, strict=True)
            )
        )

    if k * d <= 20:
        square = kernel(one, one) - 2.0 * kernel(one, other) + kernel(other, other)
        assert maximum_mean_discrepancy(one, other, 3.0) ** 2 == pytest.approx(square, abs=EXACT)


@sizes
def test_products_posteriors_and_sums_are_exact(k: int, d: int) -> None:
    random = np.random.default_rng(4)
    one, other = random_mixture(k, d), random_mixture(2, d, seed=1)
    x = random.standard_normal(d)
    both, log_integral = product(one, other)
    exact = exact_log_density(one, x) + exact_log_density(other, x)
    assert both.log_density(x[None])[0] + log_integral == pytest.approx(exact, rel=EXACT)
    matrix, noise = random.standard_normal((1, d)), np.array([[0.7]])
    squared, log_integral = power(other, 3)
    assert squared.log_density(x[None])[0] + log_integral == pytest.approx(3.0 * exact_log_density(other, x), rel=EXACT)
    after, log_evidence = posterior(one, [0.5], matrix, noise)
    exact = exact_log_density(one, x) + norm.logpdf(0.5, float((matrix @ x)[0]), np.sqrt(0.7))
    assert after.log_density(x[None])[0] + log_evidence == pytest.approx(exact, rel=EXACT)
    both_ways = characteristic_function(one, x[None]) * characteristic_function(other, x[None])
    np.testing.assert_allclose(characteristic_function(convolved(one, other), x[None]), both_ways, atol=1e-13)
    difference = convolved(one, transformed(other, -np.eye(d), np.zeros(d)))
    both_ways = characteristic_function(one, x[None]) * characteristic_function(other, -x[None])
    np.testing.assert_allclose(characteristic_function(difference, x[None]), both_ways, atol=1e-13)
    map_ = random.standard_normal((d, d)) + 2.0 * np.eye(d)
    moved = transformed(one, map_, x)
    exact = exact_log_density(one, 2.0 * x) - np.linalg.slogdet(map_)[1]
    assert moved.log_density((map_ @ x)[None])[0] == pytest.approx(exact, rel=EXACT)


@sizes
def test_slopes_and_curvatures_are_exact(k: int, d: int) -> None:
    mixture, random = random_mixture(k, d), np.random.default_rng(5)
    x, direction = random.standard_normal(d), random.standard_normal(d)
    direction /= np.linalg.norm(direction)
    # Along a line each component is exp(a + b t + c t^2).
    inverses = np.linalg.inv(mixture.covariances)
    steps = x - mixture.means
    a = [
        np.log(mixture.weights[i]) + float(exact_log_normal(x, mixture.means[i], mixture.covariances[i]))
        for i in range(k)
    ]
    b = -np.einsum("ki,kij,j->k", steps, inverses, direction)
    c = -0.5 * np.einsum("i,kij,j->k", direction, inverses, direction)

    def along(t: mpmath.mpf) -> mpmath.mpf:
        return mpmath.log(mpmath.fsum(mpmath.exp(p + q * t + r * t * t) for p, q, r in zip(a, b, c, strict=True)))

    with mpmath.workdps(40):
        slope, curvature = (float(mpmath.diff(along, 0, order)) for order in (1, 2))
    assert float(gradient(mixture, x[None])[0] @ direction) == pytest.approx(slope, rel=EXACT, abs=EXACT)
    found = direction @ hessian(mixture, x[None])[0] @ direction
    assert float(found) == pytest.approx(curvature, rel=1e-9, abs=EXACT)


@pytest.mark.parametrize("k", [1, 5, 20])
def test_quantiles_have_the_probability_that_was_asked(k: int) -> None:
    mixture = random_mixture(k, 1)
    for q in (1e-12, 0.03, 0.5, 0.99):
        (at,) = ppf(mixture, [q])
        with mpmath.workdps(40):
            parts = zip(mixture.weights, mixture.means[:, 0], mixture.deviations[:, 0], strict=True)
            exact = float(mpmath.fsum(w * mpmath.ncdf(at, m, s) for w, m, s in parts))
        assert exact == pytest.approx(q, rel=EXACT)
        assert cdf(mixture, [at])[0] == pytest.approx(exact, rel=EXACT)


@sizes
def test_wasserstein_distances_of_components_are_exact(k: int, d: int) -> None:
    one, other = random_mixture(k, d), random_mixture(1, d, seed=1)
    values, vectors = np.linalg.eigh(other.covariances[0])
    root = vectors * np.sqrt(values) @ vectors.T
    with mpmath.workdps(30):
        inner = mpmath.eigsy(mpmath.matrix((root @ one.covariances[0] @ root).tolist()), eigvals_only=True)
        middle = float(mpmath.fsum(mpmath.sqrt(each) for each in inner))
    traces = np.trace(one.covariances[0]) + np.trace(other.covariances[0])
    exact = np.sum((one.means[0] - other.means[0]) ** 2) + traces - 2.0 * middle
    assert squared_wasserstein(one, other)[0, 0] == pytest.approx(exact, rel=EXACT)


@pytest.mark.parametrize(("k", "d"), [(20, 1), (7, 2), (5, 5), (2, 10)])
def test_squared_errors_and_inner_products_are_exact(k: int, d: int) -> None:
    one, other = random_mixture(k, d), random_mixture(2, d, seed=1)

    def inner(a: Mixture, b: Mixture) -> mpmath.mpf:
        return mpmath.fsum(
            v * w * mpmath.exp(exact_log_normal(m, n, c + s))
            for v, m, c in zip(a.weights, a.means, a.covariances, strict=True)
            for w, n, s in zip(b.weights, b.means, b.covariances, strict=True)
        )

    with mpmath.workdps(40):
        own, cross, others = inner(one, one), inner(one, other), inner(other, other)
        error, unlike = own - 2 * cross + others, -mpmath.log(cross / mpmath.sqrt(own * others))
        assert log_inner_product(one, other) == pytest.approx(float(mpmath.log(cross)), rel=EXACT)
        assert integrated_squared_error(one, other) == pytest.approx(float(error), rel=EXACT)
        assert cauchy_schwarz(one, other) == pytest.approx(float(unlike), rel=EXACT)


@pytest.mark.parametrize(("k", "d"), [(1, 2), (20, 2), (3, 3), (12, 3)])
def test_probabilities_of_boxes_are_those_of_quadrature(k: int, d: int) -> None:
    mixture, random = random_mixture(k, d), np.random.default_rng(6)
    low = np.sort(2.0 * random.standard_normal((2, d)), axis=0)
    found, errors = box_probabilities(mixture, low[0], low[1])
    # All features but the last by Gauss and Legendre, the last by its distribution function given the others.
    nodes, shares = np.polynomial.legendre.leggauss(120)
    grid = np.stack(np.meshgrid(*[nodes] * (d - 1), indexing="ij"), axis=-1).reshape(120 ** (d - 1), d - 1)
    factors = np.prod(np.stack(np.meshgrid(*[shares] * (d - 1), indexing="ij"), -1).reshape(len(grid), d - 1), axis=1)
    middle, half = (low[1] + low[0]) / 2.0, (low[1] - low[0]) / 2.0
    rows = middle[:-1] + half[:-1] * grid
    expected = 0.0
    for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.covariances, strict=True):
        gain = np.linalg.solve(covariance[:-1, :-1], covariance[:-1, -1])
        deviation = np.sqrt(covariance[-1, -1] - gain @ covariance[:-1, -1])
        center = mean[-1] + (rows - mean[:-1]) @ gain
        density = np.exp(Mixture([1.0], [mean[:-1]], [covariance[:-1, :-1]]).log_density(rows))
        inside = ndtr((low[1, -1] - center) / deviation) - ndtr((low[0, -1] - center) / deviation)
        expected += weight * float(np.sum(factors * density * inside) * np.prod(half[:-1]))
    assert found[0] == pytest.approx(expected, abs=EXACT)
    assert errors[0] == 0.0


@pytest.mark.parametrize(("k", "d"), [(20, 1), (7, 2), (3, 5), (20, 10)])
def test_expected_values_are_within_their_errors(k: int, d: int) -> None:
    mixture, direction = random_mixture(k, d), np.random.default_rng(3).standard_normal(d)
    exact = characteristic_function(mixture, direction[None] / d)[0].real
    value, error = expected_value(mixture, lambda rows: np.cos(rows @ direction / d), 8192)
    assert abs(value - exact) < max(6.0 * float(error), EXACT)


@pytest.mark.parametrize("k", [1, 5, 20])
def test_regions_and_upper_quantiles_have_the_probability_that_was_asked(k: int) -> None:
    mixture = random_mixture(k, 1)
    ends = highest_density_region(mixture, 0.9).intervals()
    assert len(ends) <= n_modes(mixture)
    (above,) = isf(mixture, [1e-15])
    with mpmath.workdps(40):
        parts = list(zip(mixture.weights, mixture.means[:, 0], mixture.deviations[:, 0], strict=True))

        def below(x: float) -> mpmath.mpf:
            return mpmath.fsum(w * mpmath.ncdf(x, m, s) for w, m, s in parts)

        assert float(1 - below(above)) == pytest.approx(1e-15, rel=EXACT)
        assert float(mpmath.fsum(below(right) - below(left) for left, right in ends)) == pytest.approx(0.9, abs=EXACT)


@pytest.mark.parametrize(("k", "others", "d"), [(20, 20, 2), (20, 7, 10), (3, 12, 5)])
def test_no_plan_is_cheaper_than_that_of_linear_programming(k: int, others: int, d: int) -> None:
    one, other = random_mixture(k, d), random_mixture(others, d, seed=1)
    rows, columns = np.kron(np.eye(k), np.ones(others)), np.kron(np.ones(k), np.eye(others))
    totals = np.concatenate([one.weights, other.weights])
    costs = squared_wasserstein(one, other)
    cheapest = linprog(costs.ravel(), A_eq=np.concatenate([rows, columns])[:-1], b_eq=totals[:-1])
    assert transport(one, other).distance ** 2 == pytest.approx(cheapest.fun, rel=1e-9)
