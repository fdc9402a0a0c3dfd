"""Posteriors under conjugate priors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma
from scipy.stats import multivariate_t, wishart
from sklearn.mixture import BayesianGaussianMixture

from mixfold.covariance import family_for
from mixfold.fold import Fold
from mixfold.models import (
    CONJUGATE,
    DirichletPrior,
    GammaBelief,
    Point,
    Posterior,
    Problem,
    ScatterBelief,
    StickPrior,
    StickWeights,
    Variational,
    WeightPrior,
)
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray
from tests.examples import blobs

TYPES = ["full", "tied", "diag", "spherical"]
WEIGHT_PRIORS: dict[str, WeightPrior] = {
    "dirichlet_process": StickPrior(0.7),
    "dirichlet_distribution": DirichletPrior(0.7),
    "learned": StickPrior(GammaBelief(1.0, 1.0)),
}


def model_of(covariance_type: str, weight_prior: WeightPrior, rows: FloatArray, size: float = 1.0) -> Variational:
    family, d = family_for(covariance_type), rows.shape[1]
    covariance = np.atleast_2d(np.cov(rows.T)) + 0.01 * np.diag(np.var(rows, axis=0))
    scatter = family.structure.reduced(size * covariance, d)
    return Variational(family, weight_prior, np.mean(rows, axis=0), 0.8, scatter, d + 0.5)


def sums_of(model: Variational, fold: Fold, shares: FloatArray) -> SufficientStatistics:
    return fold.centered_moments(lambda rows: shares[rows.span], shares.shape[1], model.structure)


def start_of(model: Variational, fold: Fold, shares: FloatArray) -> Posterior:
    return model.maximize(sums_of(model, fold, shares))


@pytest.mark.parametrize("covariance_type", CONJUGATE)
def test_the_evidence_of_rows_that_are_shared_in_one_way_is_their_bound(covariance_type: str) -> None:
    rows, _ = blobs(60, 3, 2)
    shares = np.random.default_rng(0).dirichlet(np.ones(3), size=60)
    one = replace(model_of(covariance_type, StickPrior(0.7), rows), jitter=np.array([0.1, 0.3]))
    other = replace(one, mean_precision_prior=0.2, covariance_prior=0.3 * one.covariance_prior)
    other = replace(other, degrees_of_freedom_prior=7.0, scatter_belief=ScatterBelief(0.4, 1.5))
    bounds, evidences = [], []
    for model in (one, other):
        posterior = start_of(model, Fold.of_rows(rows), shares)
        potentials = model.potentials(posterior)
        scores = potentials.offset + log_kernels(potentials, rows)
        bounds.append(float(np.sum(shares * scores)) + model.log_prior(posterior, potentials))
        evidences.append(model.log_evidence(model.shared(sums_of(model, Fold.of_rows(rows), shares))))
    assert evidences[1] - evidences[0] == pytest.approx(bounds[1] - bounds[0], rel=1e-9)


def log_kernels(potentials: Potentials, rows: FloatArray) -> FloatArray:
    k = len(potentials.offset)
    squares = [
        np.sum(potentials.structure.apply(potentials.whitener, row - potentials.center) ** 2, axis=1) for row in rows
    ]
    return -0.5 * np.array(squares).reshape(len(rows), k)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(3, 40),
    k=st.integers(1, 6),
    d=st.integers(1, 4),
    size=st.floats(1e-3, 1e3),
    covariance_type=st.sampled_from(CONJUGATE),
    weights=st.sampled_from(list(WEIGHT_PRIORS)),
    jitter=st.sampled_from([0.0, 0.3]),
)
def test_the_bound_never_falls(
    seed: int, n: int, k: int, d: int, size: float, covariance_type: str, weights: str, jitter: float
) -> None:
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n, d)) * random.uniform(0.1, 10.0, size=d) + 5.0 * random.integers(0, 3, size=(n, 1))
    model = replace(model_of(covariance_type, WEIGHT_PRIORS[weights], rows, size), jitter=np.full(d, jitter))
    problem = Problem(Fold.of_rows(rows), model)
    point = Point.at(problem, start_of(model, problem.fold, random.dirichlet(np.full(k, 0.4), size=n)))
    for _ in range(15):
        after = Point.at(problem, model.maximize(point.statistics, point.parameters))
        assert after.objective >= point.objective - 1e-11 * abs(point.objective)
        point = after


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("kind", ["dirichlet_process", "dirichlet_distribution"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_steps_are_scikit_learns(covariance_type: str, kind: str) -> None:
    rows, _ = blobs(90, 3, 2)
    shares = np.random.default_rng(1).dirichlet(np.full(4, 0.5), size=90)
    model = model_of(covariance_type, WEIGHT_PRIORS[kind], rows)
    theirs = BayesianGaussianMixture(
        n_components=4,
        covariance_type=covariance_type,
        weight_concentration_prior_type=kind,
        weight_concentration_prior=0.7,
        mean_prior=model.mean_prior,
        mean_precision_prior=0.8,
        covariance_prior=model.covariance_prior if covariance_type != "spherical" else float(model.covariance_prior),
        degrees_of_freedom_prior=2.5,
        reg_covar=0.0,
    )
    theirs._check_parameters(rows)
    theirs._initialize(rows, shares)
    problem = Problem(Fold.of_rows(rows), model)
    point = Point.at(problem, start_of(model, problem.fold, shares))
    for _ in range(6):
        _, log_shares = theirs._e_step(rows)
        np.testing.assert_allclose(
            problem.fold.responsibilities(model.potentials(point.parameters)), np.exp(log_shares), atol=1e-10
        )
        theirs._m_step(rows, log_shares)
        point = Point.at(problem, model.maximize(point.statistics, point.parameters))
    theirs._set_parameters(theirs._get_parameters())
    ours = point.parameters
    assert isinstance(ours, Posterior)
    for name in ("weights", "means", "covariances", "mean_precision", "degrees_of_freedom"):
        expected = getattr(theirs, f"{name}_")
        np.testing.assert_allclose(
            np.broadcast_to(getattr(ours, name), np.shape(expected) or (4,)), expected, rtol=1e-8
        )


def test_the_bound_of_one_component_is_the_evidence() -> None:
    # All of it: with one component and weights that are known the posterior is exact, and so is the bound.
    rows = np.random.default_rng(0).normal(size=(7, 2))
    model = model_of("full", DirichletPrior(1.0), rows)
    point = Point.at(Problem(Fold.of_rows(rows), model), start_of(model, Fold.of_rows(rows), np.ones((7, 1))))
    log_evidence, seen = 0.0, 0
    mean, beta, scatter, nu = model.mean_prior, model.mean_precision_prior, model.covariance_prior, 2.5
    for row in rows:  # each given those before it: a product of Student's t
        degrees = nu + 1.0 - 2
        shape = scatter * (1.0 + beta) / (beta * degrees)
        log_evidence += multivariate_t(mean, shape, degrees).logpdf(row)
        away = row - mean
        scatter = scatter + beta / (beta + 1.0) * np.outer(away, away)
        mean, beta, nu, seen = mean + away / (beta + 1.0), beta + 1.0, nu + 1.0, seen + 1
    assert point.objective == pytest.approx(log_evidence / seen, rel=1e-10)


@pytest.mark.parametrize("covariance_type", CONJUGATE)
def test_without_rows_the_posterior_is_the_prior_and_the_bound_has_nothing_beside_them(covariance_type: str) -> None:
    rows, _ = blobs(60, 3, 2)
    for weights in WEIGHT_PRIORS.values():
        model = model_of(covariance_type, weights, rows)
        start = start_of(model, Fold.of_rows(rows), np.zeros((60, 3)))
        np.testing.assert_allclose(start.means, np.repeat(model.mean_prior[None], 3, axis=0))
        if weights is not WEIGHT_PRIORS["learned"]:
            assert model.log_prior(start, model.potentials(start)) == pytest.approx(0.0, abs=1e-12)


def test_no_covariance_near_has_a_higher_bound_where_values_stand_for_intervals() -> None:
    rows = np.round(blobs(40, 2, 1)[0])
    model = replace(model_of("diag", DirichletPrior(1.0), rows), jitter=np.array([0.3]))
    problem = Problem(Fold.of_rows(rows), model)
    point = Point.at(problem, start_of(model, problem.fold, np.eye(2)[(rows[:, 0] > np.mean(rows)).astype(int)]))
    for _ in range(40):
        point = Point.at(problem, model.maximize(point.statistics, point.parameters))
    for factor in (0.99, 1.01):
        near = replace(point.parameters, covariances=factor * point.parameters.covariances)
        assert Point.at(problem, near).objective < point.objective


def test_the_offset_is_an_expectation_over_the_posterior() -> None:
    rows, _ = blobs(30, 1, 2)
    model = model_of("full", DirichletPrior(1.0), rows)
    posterior = start_of(model, Fold.of_rows(rows), np.ones((30, 1)))
    nu, scale = posterior.degrees_of_freedom[0], np.linalg.inv(posterior.covariances[0]) / posterior.degrees_of_freedom
    drawn = wishart(nu, scale).rvs(20_000, random_state=0)
    expected = np.mean(np.linalg.slogdet(drawn)[1])
    exact = model._mean_log_precision(posterior, model.family.whiten(posterior.covariances))[0]
    assert exact == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("covariance_type", CONJUGATE)
def test_the_predictive_density_integrates_to_one(covariance_type: str) -> None:
    rows, _ = blobs(20, 2, 1)
    model = model_of(covariance_type, StickPrior(1.0), rows)
    shares = np.random.default_rng(0).dirichlet(np.ones(3), size=20)
    potentials = model.predictive(start_of(model, Fold.of_rows(rows), shares))
    edges = np.sinh(np.linspace(-22.0, 22.0, 400_001))  # tails of a few degrees of freedom are long
    density = np.exp(Fold.of_rows(edges[:, None]).log_density(potentials))
    assert np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(edges)) == pytest.approx(1.0, abs=1e-6)


def test_the_predictive_density_is_a_mixture_of_students_t() -> None:
    rows, _ = blobs(40, 2, 2)
    for covariance_type in TYPES:
        model = model_of(covariance_type, DirichletPrior(1.0), rows)
        posterior = start_of(model, Fold.of_rows(rows), np.eye(2)[np.arange(40) % 2])
        density = np.zeros(40)
        for k in range(2):
            covariance = model.family.dense(posterior.covariances, 2, 2)[k]
            nu, beta = posterior.degrees_of_freedom[k], posterior.mean_precision[k]
            shape = covariance * nu * (1.0 + beta) / (beta * (nu - 1.0))
            density += posterior.weights[k] * multivariate_t(posterior.means[k], shape, nu - 1.0).pdf(rows)
        np.testing.assert_allclose(np.exp(Fold.of_rows(rows).log_density(model.predictive(posterior))), density)


def test_a_variational_model_refuses_parameters_that_are_no_posterior() -> None:
    rows, _ = blobs(20, 2, 1)
    model = model_of("diag", StickPrior(1.0), rows)
    with pytest.raises(TypeError, match="Posterior, got Parameters"):
        model.potentials(Parameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1))))


def test_components_in_another_order_are_those_components() -> None:
    rows, _ = blobs(60, 3, 2)
    model = model_of("full", StickPrior(1.0), rows)
    posterior = start_of(model, Fold.of_rows(rows), np.eye(3)[np.arange(60) % 3])
    order = np.array([2, 0])
    fewer = posterior.reordered(order, model.structure)
    np.testing.assert_array_equal(fewer.covariances, posterior.covariances[order])
    np.testing.assert_array_equal(fewer.degrees_of_freedom, posterior.degrees_of_freedom[order])
    assert isinstance(fewer.weight_posterior, StickWeights)
    assert len(fewer.weight_posterior.mean_log) == 2


def test_free_parameters_are_those_of_a_mixture() -> None:
    rows, _ = blobs(20, 2, 2)
    assert model_of("full", StickPrior(1.0), rows).n_parameters(3, 2) == 2 + 6 + 9


def test_expected_logarithms_of_weights_are_those_of_a_dirichlet() -> None:
    counts = np.array([9.0, 1.0, 0.0])
    weights = DirichletPrior(0.5).learn(counts, None)
    np.testing.assert_allclose(weights.mean_log, digamma(counts + 0.5) - digamma(11.5))


def test_weights_are_learned_from_labels_and_told_of_in_potentials() -> None:
    rows = blobs(60, 2, 2)[0]
    model, fold = model_of("full", DirichletPrior(0.7), rows), Fold.of_rows(rows)
    before = start_of(model, fold, np.repeat(np.eye(2), 30, axis=0))
    statistics = fold.statistics(model.potentials(before), model.structure)
    after = model.maximize(replace(statistics, label_count=np.array([6.0, 2.0, 0.0])), before)
    np.testing.assert_allclose(after.weights, np.array([6.7, 2.7]) / 9.4)
    np.testing.assert_array_equal(model.potentials(after).log_weights, after.weight_posterior.mean_log)
    np.testing.assert_array_equal(model.predictive(after).log_weights, np.log(after.weights))
