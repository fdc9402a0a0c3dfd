"""How posteriors are learned."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import BayesianGaussianMixture
from mixfold.errors import InputError
from mixfold.estimators.bayesian_fitter import BayesianFitter
from mixfold.models import DirichletPrior, GammaBelief, StickPrior
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from tests.examples import blobs

ROWS, _ = blobs(90, 3, 2)


def test_a_concentration_that_is_not_given_is_learned() -> None:
    assert BayesianFitter(BayesianGaussianMixture()).weight_prior == StickPrior(GammaBelief())
    assert BayesianFitter(BayesianGaussianMixture(weight_concentration_prior=3)).weight_prior == StickPrior(3.0)


def test_a_dirichlet_distribution_is_that_of_scikit_learn() -> None:
    asked = BayesianGaussianMixture(n_components=4, weight_concentration_prior_type="dirichlet_distribution")
    assert BayesianFitter(asked).weight_prior == DirichletPrior(0.25)


def test_a_search_learns_the_priors_and_a_single_start_has_those_of_scikit_learn() -> None:
    searched = BayesianFitter(BayesianGaussianMixture(n_components=8, random_state=0)).fit(ArraySource(ROWS))
    single = BayesianFitter(BayesianGaussianMixture(n_components=8, init_params="kmeans", random_state=0))
    assert searched.model.mean_precision_prior < 1.0
    fit = single.fit(ArraySource(ROWS))
    assert (fit.model.mean_precision_prior, fit.model.degrees_of_freedom_prior) == (1.0, 2.0)
    np.testing.assert_allclose(fit.model.covariance_prior, np.cov(ROWS.T), rtol=1e-6)
    assert len(fit.posterior.weights) == 8
    assert len(searched.posterior.weights) == 3
    assert searched.run.objective > fit.run.objective


def test_rows_without_weight_do_not_count() -> None:
    weights = np.where(np.arange(90) < 3, 1.0, 0.0)
    with pytest.raises(InputError, match="n_samples = 3"):
        BayesianFitter(BayesianGaussianMixture(n_components=4)).fit(ArraySource(ROWS, Marks(weights)))
