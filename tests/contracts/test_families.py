"""Every covariance family against dense matrices: what a family is must not depend on how it is stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from mixfold.covariance import FAMILIES, CovarianceFamily, Prior
from mixfold.engines import ArrayEngine
from mixfold.errors import CollapseError
from mixfold.models import Penalized
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL
from mixfold.typing import FloatArray
from tests.decompositions import first_axes, has_letters, letters_of, member, n_coordinates
from tests.examples import NO_PRIOR, blobs, full_statistics_of, learned, parameters_of, scale_of, statistics_of

families = pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))
parsimonious = pytest.mark.parametrize(
    "family", [family for family in FAMILIES.values() if has_letters(family)], ids=lambda family: family.name
)
"""Those of a volume, a shape and an orientation, which are the same or vary: a family of another kind is none."""
features = pytest.mark.parametrize("d", [1, 2, 5])
K = 3


def dense(family: CovarianceFamily, covariances: FloatArray, k: int, d: int) -> FloatArray:
    """Give the covariances as matrices."""
    matrices = family.dense(covariances, k, d)
    assert matrices.shape == (k, d, d)
    return matrices


def expected_log_likelihood(full: SufficientStatistics, covariances: FloatArray) -> float:
    """Give the part of the expected log-likelihood that depends on the covariances, from whole scatter matrices."""
    value = 0.0
    for count, scatter, covariance in zip(full.count, full.scatter_about_means, covariances, strict=True):
        value -= 0.5 * (count * np.linalg.slogdet(covariance)[1] + np.trace(np.linalg.solve(covariance, scatter)))
    return value


def prior_on(family: CovarianceFamily, d: int, count: float = 4.0) -> Prior:
    """Give a strong prior at the scale of the data of `statistics_of`."""
    return Prior.from_rows(count, scale_of(family, statistics_of(family, 1, d)), shrink=0.3)


@families
@features
def test_log_density_equals_scipys(family: CovarianceFamily, d: int) -> None:
    parameters = parameters_of(family, K, d)
    rows, _ = blobs(50, K, d, seed=5)
    covariances = dense(family, parameters.covariances, K, d)
    expected = logsumexp(
        [
            np.log(weight) + np.atleast_1d(multivariate_normal(mean, covariance).logpdf(rows))
            for weight, mean, covariance in zip(parameters.weights, parameters.means, covariances, strict=True)
        ],
        axis=0,
    )
    actual = ArrayEngine().log_density(rows, parameters.potentials(family))
    np.testing.assert_allclose(actual, expected, rtol=1e-11)


@families
@features
def test_covariances_have_the_shape_that_the_family_names(family: CovarianceFamily, d: int) -> None:
    parameters = parameters_of(family, K, d)
    assert parameters.covariances.shape == family.shape(K, d)
    assert family.precisions(family.whiten(parameters.covariances)).shape == family.shape(K, d)


@families
@features
def test_precisions_are_inverses(family: CovarianceFamily, d: int) -> None:
    covariances = parameters_of(family, K, d).covariances
    precisions = family.precisions(family.whiten(covariances))
    product = dense(family, precisions, K, d) @ dense(family, covariances, K, d)
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(d), (K, d, d)), atol=1e-11)


@families
@features
def test_from_precisions_undoes_precisions(family: CovarianceFamily, d: int) -> None:
    covariances = parameters_of(family, K, d).covariances
    again = family.from_precisions(family.precisions(family.whiten(covariances)))
    np.testing.assert_allclose(again, covariances, rtol=1e-10, atol=1e-12)


@families
@features
def test_from_precisions_cholesky_undoes_precisions_cholesky(family: CovarianceFamily, d: int) -> None:
    covariances = parameters_of(family, K, d).covariances
    again = family.from_precisions_cholesky(family.precisions_cholesky(family.whiten(covariances)))
    np.testing.assert_allclose(again, covariances, rtol=1e-10, atol=1e-12)


@families
@features
def test_half_log_precision_is_half_the_log_determinant(family: CovarianceFamily, d: int) -> None:
    covariances = parameters_of(family, K, d).covariances
    expected = -0.5 * np.linalg.slogdet(dense(family, covariances, K, d))[1]
    np.testing.assert_allclose(
        family.half_log_precision(family.whiten(covariances), K, d), expected, rtol=1e-11, atol=1e-12
    )


@families
@features
def test_marginal_takes_rows_and_columns(family: CovarianceFamily, d: int) -> None:
    covariances = parameters_of(family, K, d).covariances
    chosen = np.arange(d)[::-2]
    actual = dense(family, family.marginal(covariances, chosen), K, len(chosen))
    np.testing.assert_allclose(actual, dense(family, covariances, K, d)[:, chosen][:, :, chosen])


@families
@features
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_maximize_beats_other_members_of_the_family(family: CovarianceFamily, d: int, seed: int) -> None:
    full = full_statistics_of(family, K, d)
    best = dense(family, parameters_of(family, K, d).covariances, K, d)
    other = dense(family, parameters_of(family, K, d, seed).covariances, K, d)
    assert expected_log_likelihood(full, best) > expected_log_likelihood(full, other)
    for factor in (0.97, 1.03):
        assert expected_log_likelihood(full, best) > expected_log_likelihood(full, factor * best)


def with_covariances(family: CovarianceFamily, covariances: FloatArray, d: int) -> SufficientStatistics:
    """Give statistics whose sample covariances are given ones (K, D, D), in the structure of the family."""
    like = statistics_of(family, len(covariances), d)
    whole = like.count[:, None, None] * covariances
    scatter = {
        FULL: whole,
        POOLED: np.sum(whole, axis=0),
        DIAGONAL: np.einsum("kii->ki", whole),
        SPHERICAL: np.einsum("kii->k", whole),
    }[family.structure]
    return replace(like, scatter=scatter, shift=np.zeros_like(like.shift))


@parsimonious
@pytest.mark.parametrize(
    "d", [pytest.param(1, marks=pytest.mark.nightly), pytest.param(2, marks=pytest.mark.nightly), 3]
)
def test_maximize_is_where_a_general_optimizer_ends(family: CovarianceFamily, d: int) -> None:
    full, letters = full_statistics_of(family, K, d), letters_of(family)
    best = dense(family, parameters_of(family, K, d).covariances, K, d)
    axes = first_axes(letters, best)

    def height(coordinates: FloatArray) -> float:
        return -expected_log_likelihood(full, member(letters, coordinates, axes, K, d))

    begin = 0.1 * np.random.default_rng(0).normal(size=n_coordinates(letters, K, d))
    end = minimize(height, begin, method="BFGS", options={"gtol": 1e-6})
    assert expected_log_likelihood(full, best) >= -end.fun - 1e-9 * abs(end.fun)
    np.testing.assert_allclose(member(letters, end.x, axes, K, d), best, rtol=0.0, atol=1e-4 * np.max(best))


@parsimonious
@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_number_of_parameters_is_that_of_the_letters(family: CovarianceFamily, d: int) -> None:
    assert family.n_parameters(K, d) == n_coordinates(letters_of(family), K, d)


@families
@features
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in (2, 3, 4))])
def test_maximize_does_not_lose_against_the_covariances_before(family: CovarianceFamily, d: int, seed: int) -> None:
    full, statistics = full_statistics_of(family, K, d), statistics_of(family, K, d)
    covariances = parameters_of(family, K, d, seed + 1).covariances
    last = expected_log_likelihood(full, dense(family, covariances, K, d))
    for _ in range(4):
        covariances = learned(family, statistics, NO_PRIOR, covariances)
        now = expected_log_likelihood(full, dense(family, covariances, K, d))
        assert now >= last - 1e-12 * abs(last)
        last = now


@families
@features
def test_sample_covariances_in_the_family_stay_as_they_are(family: CovarianceFamily, d: int) -> None:
    covariances = parameters_of(family, K, d).covariances
    again = learned(family, with_covariances(family, dense(family, covariances, K, d), d), NO_PRIOR)
    np.testing.assert_allclose(again, covariances, rtol=1e-9, atol=1e-9 * np.max(covariances))


@families
def test_marginals_are_in_the_family_that_is_named(family: CovarianceFamily) -> None:
    chosen = np.array([4, 0, 2])
    covariances = family.marginal(parameters_of(family, K, 5).covariances, chosen)
    outer = family.of_marginals
    again = learned(outer, with_covariances(outer, dense(family, covariances, K, 3), 3), NO_PRIOR)
    np.testing.assert_allclose(
        dense(outer, again, K, 3), dense(family, covariances, K, 3), rtol=1e-9, atol=1e-9 * np.max(covariances)
    )


@families
@features
@pytest.mark.parametrize("factor", [0.5, 0.95, 1.05, 2.0])
def test_maximize_with_a_prior_beats_scaled_covariances(family: CovarianceFamily, d: int, factor: float) -> None:
    full, prior = full_statistics_of(family, K, d), prior_on(family, d)
    best = learned(family, statistics_of(family, K, d), prior)

    def objective(covariances: FloatArray) -> float:
        value = expected_log_likelihood(full, dense(family, covariances, K, d))
        return value + family.log_prior(family.whiten(covariances), prior, K, d)

    assert objective(best) > objective(factor * best)


@parsimonious
@features
def test_log_prior_is_zero_at_its_mode_and_negative_elsewhere(family: CovarianceFamily, d: int) -> None:
    prior = prior_on(family, d)
    nothing = statistics_of(family, K, d)
    nothing = SufficientStatistics(
        nothing.center, 0.0 * nothing.count, 0.0 * nothing.shift, 0.0 * nothing.scatter, nothing.structure, 0.0, 0, 0.0
    )
    mode = family.maximize(nothing.about_means, nothing.count, prior)
    assert family.log_prior(family.whiten(mode), prior, K, d) == pytest.approx(0.0, abs=1e-10)
    for factor in (0.5, 2.0):
        assert family.log_prior(family.whiten(factor * mode), prior, K, d) < -1e-3


@families
@features
def test_log_prior_is_the_inverse_wisharts(family: CovarianceFamily, d: int) -> None:
    # Against -1/2 sum_k [tr(S Sigma_k^-1) + count log|Sigma_k|] with dense matrices, as a difference of two points.
    prior = prior_on(family, d)
    dense_scale = dense(family, learned(family, statistics_of(family, 1, d), NO_PRIOR), 1, d)[0] * 0.0
    scale = np.asarray(prior.scale)
    dense_scale = scale if scale.ndim == 2 else dense_scale + np.eye(d) * scale
    values, expected = [], []
    for seed in (1, 2):
        covariances = parameters_of(family, K, d, seed).covariances
        values.append(family.log_prior(family.whiten(covariances), prior, K, d))
        expected.append(
            sum(
                -0.5 * (np.trace(np.linalg.solve(c, dense_scale)) + prior.count * np.linalg.slogdet(c)[1])
                for c in dense(family, covariances, K, d)
            )
        )
    assert values[0] - values[1] == pytest.approx(expected[0] - expected[1], rel=1e-9)


@families
@features
def test_a_component_without_rows_has_a_covariance_under_a_prior(family: CovarianceFamily, d: int) -> None:
    rows, labels = blobs(60, K, d)
    shares = np.eye(K + 1)[labels]
    statistics = ArrayEngine().moments(Rows(rows), shares, np.zeros((K + 1, d)), family.structure)
    covariances = dense(family, learned(family, statistics, prior_on(family, d)), K + 1, d)
    assert np.all(np.linalg.eigvalsh(covariances) > 0.0)


@families
def test_the_scale_of_constant_and_collinear_columns_is_positive_definite(family: CovarianceFamily) -> None:
    first = np.random.default_rng(0).normal(size=40)
    rows = np.column_stack([first, np.full(40, 3.0), 2.0 * first, np.zeros(40)])
    center = rows[:1]
    statistics = ArrayEngine().moments(Rows(rows), np.ones((40, 1)), center, family.structure)
    prior = Prior.from_rows(1.0, scale_of(family, statistics))
    assert np.all(np.isfinite(family.whiten(learned(family, statistics, prior))))


@pytest.mark.parametrize("name", ["full", "diag", "spherical"])  # of others it is in part that of the others
def test_a_component_without_rows_has_the_covariance_of_jitter(name: str) -> None:
    family = FAMILIES[name]
    rows = np.arange(12.0).reshape(6, 2)
    shares = np.column_stack([np.ones(6), np.zeros(6)])
    statistics = ArrayEngine().moments(Rows(rows), shares, np.zeros((2, 2)), family.structure)
    covariances = learned(family, statistics, Prior(np.zeros(()), jitter=np.array(0.3)))
    np.testing.assert_allclose(dense(family, covariances, 2, 2)[1], 0.3 * np.eye(2), atol=1e-12)


@families
def test_the_ridge_is_added_to_the_variance_of_every_row(family: CovarianceFamily) -> None:
    statistics = statistics_of(family, K, 4)
    spread = statistics.jittered(np.array(0.25))
    expected = dense(family, learned(family, spread, NO_PRIOR), K, 4)
    with_ridge = dense(family, learned(family, statistics, Prior.from_ridge(0.25)), K, 4)
    np.testing.assert_allclose(with_ridge, expected, atol=1e-12)
    if family.has_plain_step:  # then it is scikit-learn's
        without = dense(family, learned(family, statistics, NO_PRIOR), K, 4)
        np.testing.assert_allclose(with_ridge - without, np.broadcast_to(0.25 * np.eye(4), (K, 4, 4)), atol=1e-12)


@families
def test_the_number_of_parameters_is_the_dimension_of_the_family(family: CovarianceFamily) -> None:
    k, d = 2, 3
    base = statistics_of(family, k, d)
    at = family.dense(Penalized(family, NO_PRIOR).maximize(base).covariances, k, d)
    random = np.random.default_rng(0)
    tangents = []
    for _ in range(3 * k * d * d):
        rows = random.normal(size=(8, d))
        more = ArrayEngine().moments(Rows(rows), random.dirichlet(np.ones(k), size=8), base.center, family.structure)
        scatter, step = base.scatter + 1e-5 * more.scatter, 1e-5 * base.weight
        near = SufficientStatistics(
            base.center, base.count, base.shift, scatter, base.structure, 0.0, base.n_rows, base.weight
        )
        covariances = learned(family, near, NO_PRIOR)
        tangents.append((family.dense(covariances, k, d) - at).ravel() / step)
    values = np.linalg.svd(np.array(tangents), compute_uv=False)
    assert int(np.sum(values > 1e-4 * values[0])) == family.n_parameters(k, d)


@families
def test_an_indefinite_covariance_is_refused(family: CovarianceFamily) -> None:
    covariances = parameters_of(family, K, 2).covariances
    with pytest.raises(CollapseError, match="positive definite"):
        family.whiten(-covariances)


@families
def test_an_indefinite_precision_is_refused(family: CovarianceFamily) -> None:
    covariances = parameters_of(family, K, 2).covariances
    with pytest.raises(CollapseError, match="precision"):
        family.from_precisions(-covariances)


@families
def test_a_family_is_registered_under_its_name(family: CovarianceFamily) -> None:
    assert FAMILIES[family.name] is family
