"""How posteriors are learned."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

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


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_rows_that_lack_values_give_the_clusters_and_a_bound_that_never_falls(covariance_type: str) -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 300)
    whole = random.normal(size=(300, 3)) + np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 4.0], [0.0, 9.0, -4.0]])[labels]
    rows = np.where(random.random(whole.shape) < 0.15, np.nan, whole)
    model = BayesianGaussianMixture(
        n_components=6, covariance_type=covariance_type, predictive="plug-in", random_state=0
    ).fit(rows)
    assert model.n_components_ == 3
    assert adjusted_rand_score(labels, model.predict(rows)) > 0.9
    assert np.all(np.diff(model.lower_bounds_) > -1e-12)
    assert np.all(np.isfinite(model.score_samples(rows)))


def test_a_start_of_rows_that_lack_values_is_that_of_completed_ones() -> None:
    rows = np.array([[0.0, 1.0], [1.0, np.nan], [9.0, 8.0], [8.0, 9.0], [np.nan, 8.5], [0.5, 0.0]])
    model = BayesianGaussianMixture(
        n_components=2, init_params="kmeans", random_state=0, covariance_type="spherical"
    ).fit(rows)
    np.testing.assert_array_equal(
        model.predict(rows) == model.predict(rows)[0], [True, True, False, False, False, True]
    )
