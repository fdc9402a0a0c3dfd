"""Dirichlet distributions of weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import dirichlet

from mixfold.models import DirichletPrior

COUNTS = np.array([7.0, 2.5, 0.5])


def test_the_divergence_of_dirichlets_is_the_mean_of_its_definition() -> None:
    prior = DirichletPrior(0.8)
    posterior = prior.learn(COUNTS, None)
    before, after = dirichlet(np.full(3, 0.8)), dirichlet(COUNTS + 0.8)
    drawn = after.rvs(40_000, random_state=0).T
    assert prior.divergence(posterior) == pytest.approx(np.mean(after.logpdf(drawn) - before.logpdf(drawn)), rel=0.02)
