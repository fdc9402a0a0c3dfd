"""Weights that are broken off a stick."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from mixfold.models import GammaBelief, StickPrior, WeightPrior

COUNTS = np.array([7.0, 2.5, 0.5])


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


def test_the_divergence_of_sticks_with_a_discount_is_that_of_each() -> None:
    prior = StickPrior(0.8, 0.3)
    posterior = prior.learn(COUNTS, None)
    expected = 0.0
    for k, (a, b) in enumerate(zip(posterior.taken, posterior.left, strict=True), start=1):
        p, q = beta(a, b), beta(0.7, 0.8 + 0.3 * k)
        expected += quad(lambda x, p=p, q=q: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), 0.0, 1.0)[0]
    assert prior.divergence(posterior) == pytest.approx(expected, rel=1e-6)
    assert prior.divergence(prior.learn(np.zeros(4), None)) == pytest.approx(0.0, abs=1e-12)


def test_without_a_discount_a_process_of_pitman_and_yor_is_dirichlets() -> None:
    one, other = (StickPrior(0.8, discount).learn(COUNTS, None) for discount in (0.0, 1e-12))
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-9)


def test_with_a_discount_small_components_take_less_and_more_is_left() -> None:
    counts, left = np.array([90.0, 5.0, 3.0, 2.0]), []
    for discount in (0.0, 0.4, 0.8):
        sticks = StickPrior(1.0, discount).learn(counts, None)
        left.append(float(np.prod(sticks.left / (sticks.taken + sticks.left))))
    assert left[0] < left[1] < left[2]


def test_of_a_process_with_a_discount_the_most_probable_concentration_is_learned() -> None:
    prior = StickPrior(GammaBelief(), 0.2)
    learned = prior.learn(COUNTS, None)
    assert isinstance(learned.concentration, float)
    divergence = prior.divergence(learned)
    for factor in (0.9, 1.1):
        other = StickPrior(factor * learned.concentration, 0.2).learn(COUNTS, None)
        assert prior.divergence(other) - np.sum(COUNTS * other.mean_log) > divergence - np.sum(
            COUNTS * learned.mean_log
        )


def test_a_drawn_concentration_is_larger_where_there_are_more_groups() -> None:
    random, means = np.random.default_rng(0), []
    for counts in (np.array([100.0]), np.full(20, 5.0)):
        prior: WeightPrior | None = None
        values = []
        for _ in range(200):
            prior = StickPrior(GammaBelief()).draw_prior(counts, 30, prior, random)
            assert isinstance(prior, StickPrior)
            values.append(prior.concentration)
        means.append(np.mean(values))
    assert means[0] < 0.7
    assert means[1] > 2.0
    assert StickPrior(0.5).draw_prior(np.ones(3), 9, None, random) == StickPrior(0.5)
