"""Dirichlet distributions of weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, dirichlet

from mixfold.models import DirichletPrior, DirichletWeights, GammaBelief

COUNTS = np.array([7.0, 2.5, 0.5])


def test_the_divergence_of_dirichlets_is_the_mean_of_its_definition() -> None:
    prior = DirichletPrior(0.8)
    posterior = prior.learn(COUNTS, None)
    before, after = dirichlet(np.full(3, 0.8)), dirichlet(COUNTS + 0.8)
    drawn = after.rvs(40_000, random_state=0).T
    assert prior.divergence(posterior) == pytest.approx(np.mean(after.logpdf(drawn) - before.logpdf(drawn)), rel=0.02)


def test_what_all_components_have_together_is_learned_as_what_is_most_probable() -> None:
    prior, counts = DirichletPrior(GammaBelief(2.0, 0.5)), np.array([30.0, 20.0, 1.0])
    learned = prior.learn(counts, None)
    assert learned.before is not None
    best = prior.divergence(learned)
    np.testing.assert_allclose(learned.concentration, learned.before + counts)
    for factor in (0.9, 1.1):  # with the exact posterior of the weights under another concentration
        other = DirichletWeights(factor * learned.before + counts, factor * learned.before)
        counted = counts @ (other.mean_log - learned.mean_log)
        assert prior.divergence(other) - counted > best


def test_the_divergence_is_less_the_log_probability_of_the_division_and_of_the_concentration() -> None:
    prior, counts = DirichletPrior(GammaBelief()), np.array([4.0, 2.0])
    learned = prior.learn(counts, None)
    of_all = 2.0 * prior.of_each(learned)
    weights = np.linspace(0.0, 1.0, 200_001)[1:-1]
    density = beta(of_all / 2.0, of_all / 2.0).pdf(weights) * weights**4 * (1.0 - weights) ** 2
    log_division = np.log(np.sum(density) * (weights[1] - weights[0]))
    expected = log_division + GammaBelief().log_density_of_logarithm(of_all)
    assert counts @ learned.mean_log - prior.divergence(learned) == pytest.approx(expected, abs=1e-4)


def test_more_components_have_no_more_together_beforehand() -> None:
    prior = DirichletPrior(6.0, of_all=True)
    for k in (2, 3):
        np.testing.assert_allclose(prior.learn(np.zeros(k), None).concentration, 6.0 / k)


def test_a_drawn_concentration_of_all_is_larger_where_groups_are_even() -> None:
    random, prior, means = np.random.default_rng(0), DirichletPrior(GammaBelief()), []
    for counts in (np.array([50.0, 50.0]), np.array([99.0, 1.0])):
        drawn, values = None, []
        for _ in range(300):
            drawn = prior.draw_prior(counts, 10, drawn, random)
            values.append(drawn.concentration)
        assert drawn is not None
        assert drawn.of_all
        assert np.isfinite(drawn.log_partition(counts, 10))
        means.append(np.mean(values))
    assert means[0] > means[1]
