"""What is believed of the weights of a mixture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, dirichlet, gamma

from mixfold.models import DirichletPrior, DirichletWeights, GammaBelief, StickPrior, StickWeights

COUNTS = np.array([7.0, 2.5, 0.5])


def test_the_divergence_of_gammas_is_the_integral_of_its_definition() -> None:
    one, other = GammaBelief(2.0, 3.0), GammaBelief(1.5, 0.5)
    p, q = gamma(2.0, scale=1.0 / 3.0), gamma(1.5, scale=2.0)
    expected, _ = quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), 0.0, 40.0)
    assert one.divergence(other) == pytest.approx(expected, rel=1e-6)
    assert one.mean == pytest.approx(p.mean())
    assert one.mean_log == pytest.approx(quad(lambda x: p.pdf(x) * np.log(x), 0.0, 40.0)[0], rel=1e-6)


def test_the_divergence_of_dirichlets_is_the_mean_of_its_definition() -> None:
    prior = DirichletPrior(0.8)
    posterior = prior.learn(COUNTS, None)
    before, after = dirichlet(np.full(3, 0.8)), dirichlet(COUNTS + 0.8)
    drawn = after.rvs(40_000, random_state=0).T
    assert prior.divergence(posterior) == pytest.approx(np.mean(after.logpdf(drawn) - before.logpdf(drawn)), rel=0.02)


def test_the_divergence_of_sticks_is_that_of_each() -> None:
    prior = StickPrior(0.8)
    posterior = prior.learn(COUNTS, None)
    expected = 0.0
    for a, b in zip(posterior.taken, posterior.left, strict=True):
        p, q = beta(a, b), beta(1.0, 0.8)
        expected += quad(lambda x, p=p, q=q: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), 0.0, 1.0)[0]
    assert prior.divergence(posterior) == pytest.approx(expected, rel=1e-6)


def test_expected_weights_of_sticks_are_means_of_draws() -> None:
    sticks = StickPrior(1.0).learn(COUNTS, None)
    shares = np.random.default_rng(0).beta(sticks.taken, sticks.left, size=(50_000, 3))
    left = np.concatenate([np.ones((50_000, 1)), np.cumprod(1.0 - shares, axis=1)[:, :-1]], axis=1)
    weights = np.mean(shares * left, axis=0)
    np.testing.assert_allclose(sticks.mean, weights / np.sum(weights), atol=0.01)
    np.testing.assert_allclose(sticks.mean_log[:2], np.mean(np.log(shares * left), axis=0)[:2], atol=0.02)


def test_a_learned_concentration_is_larger_where_more_components_have_rows() -> None:
    prior = StickPrior(GammaBelief(1.0, 1.0))
    means = []
    for k in (1, 3, 10):
        belief = prior.learn(np.concatenate([np.full(k, 100.0 / k), np.zeros(20 - k)]), None).concentration
        assert isinstance(belief, GammaBelief)
        means.append(belief.mean)
    assert means[0] < means[1] < means[2]


def test_a_learned_concentration_does_not_depend_on_how_many_empty_components_there_are() -> None:
    prior = StickPrior(GammaBelief(1.0, 1.0))
    found = []
    for empty in (1, 20):
        belief = prior.learn(np.concatenate([[50.0, 30.0, 20.0], np.zeros(empty)]), None).concentration
        assert isinstance(belief, GammaBelief)
        found.append(belief.mean)
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_what_was_learned_is_where_learning_goes_on() -> None:
    prior = StickPrior(GammaBelief(1.0, 1.0))
    once = prior.learn(COUNTS, None)
    again = prior.learn(COUNTS, once)
    assert prior.divergence(again) == pytest.approx(prior.divergence(once), rel=1e-9)


def test_some_components_have_their_own_shares() -> None:
    sticks, few = StickPrior(1.0).learn(COUNTS, None), DirichletPrior(1.0).learn(COUNTS, None)
    order = np.array([2, 0])
    assert isinstance(sticks, StickWeights)
    np.testing.assert_array_equal(sticks.reordered(order).taken, sticks.taken[order])
    assert isinstance(few, DirichletWeights)
    np.testing.assert_array_equal(few.reordered(order).concentration, few.concentration[order])
