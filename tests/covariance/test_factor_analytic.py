"""Factor-analytic covariances against dense matrices, plain formulas and scikit-learn's factor analysis."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.decomposition import FactorAnalysis
from sklearn.metrics import adjusted_rand_score

from mixfold import FactorAnalytic, GaussianMixture, Mixture
from mixfold.covariance import Prior
from mixfold.engines import ArrayEngine, engine_for
from mixfold.errors import CollapseError, InputError
from mixfold.models import Penalized
from mixfold.parameters import Parameters
from mixfold.rows import Rows
from mixfold.structures import FULL
from mixfold.typing import FloatArray, IntArray
from tests.examples import NO_PRIOR, blobs, learned
from tests.properties.strategies import hard_rows, soft_rows

K, D, RANK = 3, 6, 2
FAMILY = FactorAnalytic(RANK)
families = pytest.mark.parametrize("family", [FAMILY, FactorAnalytic(RANK, shared=True), FactorAnalytic(D)], ids=str)
quietly = pytest.mark.filterwarnings(
    "ignore::mixfold.errors.ConvergenceWarning", "ignore::mixfold.errors.SpuriousComponentWarning"
)


def parameters_of(family: FactorAnalytic = FAMILY, d: int = D, seed: int = 0) -> Parameters:
    """Give random parameters."""
    random = np.random.default_rng(seed)
    covariances = random.normal(size=(K, d, 1 + family.rank))
    covariances[:, :, 0] = random.uniform(0.2, 2.0, size=(1 if family.shared else K, d))
    return Parameters(random.dirichlet(np.ones(K)), random.normal(size=(K, d)), covariances)


def planted(n: int, d: int, seed: int = 0, separation: float = 1.0) -> tuple[Mixture, FloatArray, IntArray]:
    """Give a mixture of factor analyzers, and rows drawn from it."""
    random = np.random.default_rng(seed)
    covariances = np.concatenate([random.uniform(0.2, 1.0, size=(K, d, 1)), random.normal(size=(K, d, RANK))], axis=2)
    mixture = Mixture([0.5, 0.3, 0.2], separation * random.normal(size=(K, d)), covariances, FAMILY)
    return mixture, *mixture.sample(n, random_state=seed)


def by_matrices(before: FloatArray, scatter: FloatArray, count: float) -> FloatArray:
    """Give Sigma after a step of parameter-expanded EM, from whole matrices: (D, D)."""
    unique, loadings = before[:, 0], before[:, 1:]
    beta = loadings.T @ np.linalg.inv(loadings @ loadings.T + np.diag(unique))
    covariance = scatter / count
    expected = np.eye(loadings.shape[1]) - beta @ loadings + beta @ covariance @ beta.T  # of z z^T
    explained = covariance @ beta.T @ np.linalg.solve(expected, beta @ covariance)
    return explained + np.diag(np.diag(covariance - explained))


@families
def test_log_density_equals_scipys(family: FactorAnalytic) -> None:
    parameters = parameters_of(family)
    rows = blobs(50, K, D, seed=5)[0]
    dense = family.dense(parameters.covariances, K, D)
    expected = logsumexp(
        [
            np.log(weight) + multivariate_normal(mean, covariance).logpdf(rows)
            for weight, mean, covariance in zip(parameters.weights, parameters.means, dense, strict=True)
        ],
        axis=0,
    )
    potentials = parameters.potentials(family)
    np.testing.assert_allclose(ArrayEngine().log_density(rows, potentials), expected, rtol=1e-11)
    np.testing.assert_allclose(engine_for(rows).log_density(rows, potentials), expected, rtol=1e-11)


@families
def test_all_that_is_asked_of_covariances_agrees_with_matrices(family: FactorAnalytic) -> None:
    parameters = parameters_of(family)
    covariances, whitener = parameters.covariances, parameters.potentials(family).whitener
    dense = family.dense(covariances, K, D)
    inverse = np.linalg.inv(dense)
    assert covariances.shape == family.shape(K, D)
    np.testing.assert_allclose(family.variances(covariances, K, D), np.einsum("kii->ki", dense), rtol=1e-13)
    np.testing.assert_allclose(
        family.half_log_precision(whitener, K, D), 0.5 * np.linalg.slogdet(inverse)[1], rtol=1e-11
    )
    precisions = family.precisions(whitener)
    factors = precisions[:, :, 1:]
    np.testing.assert_allclose(
        precisions[:, :, :1] * np.eye(D) - factors @ np.swapaxes(factors, 1, 2), inverse, atol=1e-11
    )
    for again in (
        family.from_precisions(precisions),
        family.from_precisions_cholesky(family.precisions_cholesky(whitener)),
    ):
        np.testing.assert_allclose(family.dense(again, K, D), dense, rtol=1e-10, atol=1e-12)
    chosen = np.array([4, 0])
    marginal = family.dense(family.marginal(covariances, chosen), K, 2)
    np.testing.assert_allclose(marginal, dense[:, chosen][:, :, chosen])
    scales = np.arange(1.0, D + 1.0)
    np.testing.assert_allclose(
        family.dense(family.mapped(covariances, scales), K, D), dense * np.outer(scales, scales), rtol=1e-12
    )
    assert 0.0 < family.smallest_eigenvalue(covariances) <= np.min(np.linalg.eigvalsh(dense))


def test_log_prior_is_the_inverse_wisharts() -> None:
    prior = Prior.from_rows(4.0, np.arange(1.0, D + 1.0), shrink=0.3)
    values, expected = [], []
    for seed in (1, 2):
        covariances = parameters_of(seed=seed).covariances
        values.append(FAMILY.log_prior(FAMILY.whiten(covariances), prior, K, D))
        expected.append(
            sum(
                -0.5 * (np.trace(np.linalg.solve(c, np.diag(prior.scale))) + prior.count * np.linalg.slogdet(c)[1])
                for c in FAMILY.dense(covariances, K, D)
            )
        )
    assert values[0] - values[1] == pytest.approx(expected[0] - expected[1], rel=1e-10)
    mode = np.zeros((K, D, 1 + RANK))
    mode[:, :, 0] = prior.scale / prior.count
    assert FAMILY.log_prior(FAMILY.whiten(mode), prior, K, D) == pytest.approx(0.0, abs=1e-10)


def test_a_step_is_that_of_expanded_em_on_whole_matrices() -> None:
    rows, shares = blobs(200, K, D)[0], np.random.default_rng(0).dirichlet(np.ones(K), size=200)
    parameters, prior = parameters_of(), Prior.from_rows(3.0, np.arange(1.0, D + 1.0))
    potentials = parameters.potentials(FAMILY)
    statistics = ArrayEngine().statistics(Rows(rows), potentials, FAMILY.structure)
    shares = ArrayEngine().responsibilities(rows, potentials)
    after = FAMILY.dense(learned(FAMILY, statistics, prior, parameters.covariances), K, D)
    for component in range(K):
        count = np.sum(shares[:, component])
        centered = rows - shares[:, component] @ rows / count
        scatter = (shares[:, component, None] * centered).T @ centered + np.diag(prior.scale)
        expected = by_matrices(parameters.covariances[component], scatter, count + prior.count)
        np.testing.assert_allclose(after[component], expected, rtol=1e-9, atol=1e-9)


@families
@pytest.mark.parametrize("prior", [NO_PRIOR, Prior.from_rows(0.5, np.ones(D), shrink=0.1)], ids=["none", "prior"])
def test_steps_climb_the_objective(family: FactorAnalytic, prior: Prior) -> None:
    rows = blobs(150, K, D, separation=1.0)[0]
    parameters, last = parameters_of(family), -np.inf
    for _ in range(30):
        potentials = parameters.potentials(family)
        statistics = ArrayEngine().statistics(Rows(rows), potentials, family.structure)
        now = statistics.log_likelihood
        now += family.log_prior(potentials.whitener, prior, K, D) if prior.is_density else 0.0
        assert now >= last - 1e-10 * abs(now)
        parameters, last = Penalized(family, prior).maximize(statistics, parameters), now


@quietly
@given(
    rows=st.one_of(soft_rows(6), hard_rows(any_units=False)),
    rank=st.integers(1, 3),
    shared=st.booleans(),
    k=st.integers(1, 4),
)
def test_the_objective_never_falls(rows: FloatArray, rank: int, shared: bool, k: int) -> None:
    family = FactorAnalytic(min(rank, rows.shape[1]), shared=shared)
    model = GaussianMixture(k, covariance_type=family, init_params="kmeans", tol=0.0, max_iter=25, random_state=0).fit(
        rows
    )
    objectives = np.array([iteration.objective for iteration in model.history_])
    assert np.all(np.isfinite(objectives))
    assert np.all(np.diff(objectives) >= -1e-9 * (1.0 + np.abs(objectives[1:])))


def test_one_component_has_the_likelihood_of_scikit_learns_factor_analysis() -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=(500, 3)) @ random.normal(size=(3, 12)) + random.normal(size=(500, 12))
    theirs = FactorAnalysis(3, tol=1e-9, max_iter=10_000, svd_method="lapack").fit(rows).score(rows)
    model = GaussianMixture(1, covariance_type="factor:3", reg_covar=1e-9)
    assert model.fit(rows).score(rows) == pytest.approx(theirs, abs=1e-5)


def test_almost_all_factors_reach_the_likelihood_of_full_covariances() -> None:
    rows = np.random.default_rng(0).normal(size=(400, D)) @ np.random.default_rng(1).normal(size=(D, D))
    full = GaussianMixture(1, reg_covar=1e-9).fit(rows).score(rows)
    ours = GaussianMixture(1, covariance_type=FactorAnalytic(D - 1), tol=1e-8, reg_covar=1e-9).fit(rows).score(rows)
    assert ours == pytest.approx(full, abs=1e-3)


# A search thinks in full covariances of few features, and in diagonal ones of many.
@pytest.mark.parametrize(("d", "shared"), [(8, False), (8, True), (70, False)])
def test_a_planted_mixture_is_recovered(d: int, shared: bool) -> None:
    mixture, rows, labels = planted(600, d)
    model = GaussianMixture(K, covariance_type=FactorAnalytic(RANK, shared=shared), random_state=0).fit(rows)
    assert model.converged_
    assert adjusted_rand_score(labels, model.predict(rows)) > 0.9
    if shared:
        np.testing.assert_array_equal(model.covariances_[0, :, 0], model.covariances_[1, :, 0])
        return
    assert model.score(rows) > np.mean(mixture.log_density(rows))
    order = np.argsort(-model.weights_)
    ours, theirs = model.mixture_.component_covariances[order], mixture.component_covariances
    assert np.max(np.abs(ours - theirs)) < 0.25 * np.max(theirs)


def test_fits_have_the_same_bits_for_any_number_of_threads() -> None:
    rows = planted(20_000, 8)[1]
    one, two = (
        GaussianMixture(
            K, covariance_type=FAMILY, init_params="kmeans", tol=0.0, max_iter=3, n_jobs=n_jobs, random_state=0
        )
        for n_jobs in (1, 2)
    )
    with pytest.warns(match="max_iter"):
        assert one.fit(rows).mixture_ == two.fit(rows).mixture_


def test_single_precision_fits_alike() -> None:
    rows = planted(600, 10)[1]
    single, double = (
        GaussianMixture(K, covariance_type=FAMILY, init_params="kmeans", random_state=0).fit(rows.astype(dtype))
        for dtype in (np.float32, np.float64)
    )
    assert single.covariances_.dtype == np.float32
    assert single.lower_bound_ == pytest.approx(double.lower_bound_, abs=1e-3)


def test_samples_have_the_moments_of_the_mixture() -> None:
    mixture, rows, labels = planted(40_000, 5)
    for component in range(K):
        own = rows[labels == component]
        expected = mixture.component_covariances[component]
        np.testing.assert_allclose(np.cov(own.T), expected, atol=0.06 * np.max(expected))


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_files_keep_every_bit(suffix: str, tmp_path: Path) -> None:
    if suffix == ".safetensors":
        pytest.importorskip("safetensors")
    mixture = planted(1, 7)[0]
    mixture.save(tmp_path / f"model{suffix}")
    again = Mixture.load(tmp_path / f"model{suffix}")
    assert again == mixture
    assert again.covariance_type == "factor:2"


def test_marginals_and_conditionals_are_those_of_matrices() -> None:
    mixture, rows, _ = planted(5, 4)
    full = Mixture(mixture.weights, mixture.means, mixture.component_covariances)
    # One feature has fewer dimensions than there are factors.
    for features in ([2], [3, 0, 1]):
        np.testing.assert_allclose(
            mixture.marginal(features).log_density(rows[:, features]),
            full.marginal(features).log_density(rows[:, features]),
            rtol=1e-11,
        )
    ours, theirs = (one.conditional({0: 1.0, 2: -1.0}) for one in (mixture, full))
    np.testing.assert_allclose(ours.covariances, theirs.covariances, rtol=1e-10)


def test_a_fit_goes_on_from_what_was_fitted_or_given() -> None:
    rows = planted(300, 10)[1]
    model = GaussianMixture(K, covariance_type=FAMILY, init_params="kmeans", tol=1e-4, random_state=0).fit(rows)
    begun = GaussianMixture(
        K,
        covariance_type=FAMILY,
        weights_init=model.weights_,
        means_init=model.means_,
        precisions_init=model.precisions_,
    ).fit(rows)
    assert begun.history_[0].objective == pytest.approx(model.objective_, rel=1e-10)
    model.set_params(warm_start=True).fit(rows)
    assert model.n_iter_ <= 16


@pytest.mark.parametrize("what", ["minibatch", "partial_fit", "merge"])
def test_what_adds_statistics_of_different_steps_is_refused(what: str) -> None:
    rows = planted(200, 8)[1]
    model = GaussianMixture(K, covariance_type=FAMILY, init_params="kmeans", tol=1e-2, random_state=0)
    calls = {
        "minibatch": lambda: model.set_params(minibatch=50).fit(rows),
        "partial_fit": lambda: model.partial_fit(rows),
        "merge": lambda: model.fit(rows).merge(model),
    }
    with pytest.raises(InputError, match=f"`{what}` adds statistics of different steps.*'factor:2'"):
        calls[what]()


def test_replaced_precision_factors_are_what_counts() -> None:
    rows = planted(300, 8)[1]
    model = GaussianMixture(K, covariance_type=FAMILY, init_params="kmeans", tol=1e-4, random_state=0).fit(rows)
    expected = model.score_samples(rows)
    model.precisions_cholesky_ = model.precisions_cholesky_ * np.array([2.0, *[1.0] * RANK])
    quarter = Mixture(model.weights_, model.means_, model.mixture_.component_covariances)
    np.testing.assert_allclose(model.score_samples(rows), quarter.log_density(rows), rtol=1e-9)
    assert not np.allclose(model.score_samples(rows), expected)


def test_the_family_is_a_parameter_like_others() -> None:
    model = GaussianMixture(2, covariance_type=FactorAnalytic(3, shared=True))
    assert clone(model).covariance_type == model.covariance_type
    assert FactorAnalytic(3) != FactorAnalytic(3, shared=True)


def test_parameters_are_counted() -> None:
    # 10 x 2 loadings less a rotation, and 10 unique variances (McLachlan & Peel 2000, section 8.2).
    assert FactorAnalytic(2).n_parameters(3, 10) == 3 * (20 - 1 + 10)
    assert FactorAnalytic(2, shared=True).n_parameters(3, 10) == 3 * (20 - 1) + 10
    assert FactorAnalytic(9).n_parameters(3, 10) == 3 * 55


@pytest.mark.parametrize("rank", [0, -1, 2.0, True, "2"])
def test_a_rank_that_is_no_number_is_refused(rank: object) -> None:
    with pytest.raises(InputError, match="`rank` must be a whole number"):
        FactorAnalytic(rank)  # type: ignore[arg-type]


@pytest.mark.parametrize("reg_covar", ["auto", 1e-6])
def test_more_factors_than_features_are_refused_before_a_fit(reg_covar: float | str) -> None:
    model = GaussianMixture(2, covariance_type="factor:4", reg_covar=reg_covar, random_state=0)
    with pytest.raises(InputError, match="at most n_features = 3, got 4"):
        model.fit(blobs(50, 2, 3)[0])


def test_statistics_of_another_structure_are_refused() -> None:
    rows = blobs(10)[0]
    statistics = ArrayEngine().moments(Rows(rows), np.ones((10, 1)), rows[:1], FULL)
    with pytest.raises(ValueError, match="must have the structure factors:2"):
        learned(FAMILY, statistics, NO_PRIOR)


@pytest.mark.parametrize(
    ("change", "message"),
    [((0, 0.0), "unique variance must be .* component 1 has 0"), ((1, np.nan), "must be positive definite")],
)
def test_what_is_not_positive_definite_is_refused(change: tuple[int, float], message: str) -> None:
    covariances = parameters_of().covariances
    covariances[1, 2, change[0]] = change[1]
    with pytest.raises(CollapseError, match=message):
        FAMILY.whiten(covariances)


def test_precisions_that_are_not_positive_definite_are_refused() -> None:
    precisions = np.ones((1, D, 1 + RANK))
    with pytest.raises(CollapseError, match="must be positive definite"):
        FAMILY.from_precisions(precisions)


def test_a_component_of_few_rows_keeps_unique_variances() -> None:
    # Three rows lie on a plane of two factors exactly.
    rows = np.concatenate([blobs(60, 1, D)[0], 100.0 + blobs(3, 1, D)[0]])
    model = GaussianMixture(2, covariance_type=FAMILY, init_params="kmeans", random_state=0, tol=1e-2)
    with pytest.warns(match="fewer rows than the 4 that a covariance needs"):
        model.fit(rows)
    assert np.all(model.covariances_[:, :, 0] > 0.0)


@pytest.mark.nightly
@quietly
def test_a_search_makes_no_matrix_of_features() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 900)) + np.repeat([0.0, 1.0], 10)[:, None]
    model = GaussianMixture(2, covariance_type="factor:1", tol=3.0, random_state=0)
    model.fit(rows[:, :50])  # what is loaded then is no memory of the fit
    tracemalloc.start()
    try:
        model.fit(rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Less than a matrix for each component: the starts of a race, held at once, are vectors of features, and many.
    assert peak < 2 * rows.shape[1] ** 2 * rows.itemsize
