"""Weights of rows on their way through scikit-learn's pipelines and searches."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixfold import AutoGaussianMixture, BayesianGaussianMixture, GaussianMixture, MixtureClassifier
from mixfold.datasets import load_faithful

FAITHFUL = load_faithful().data
WEIGHTS = np.linspace(0.2, 2.0, len(FAITHFUL))


@pytest.fixture(autouse=True)
def _routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.mark.parametrize("estimator", [GaussianMixture(2), BayesianGaussianMixture(n_components=2)])
def test_a_pipeline_passes_the_weights_of_rows_to_the_step_that_asks_for_them(estimator):
    estimator.set_params(random_state=0).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    pipeline = make_pipeline(scaler, estimator).fit(FAITHFUL, sample_weight=WEIGHTS)
    scaled = StandardScaler().fit_transform(FAITHFUL)
    expected = type(estimator)(**estimator.get_params()).fit(scaled, sample_weight=WEIGHTS)
    np.testing.assert_array_equal(pipeline[-1].means_, expected.means_)
    assert pipeline.score(FAITHFUL, sample_weight=WEIGHTS) == expected.score(scaled, sample_weight=WEIGHTS)


def test_a_grid_search_fits_and_scores_with_the_weights_of_rows():
    model = GaussianMixture(random_state=0).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    first = np.arange(len(FAITHFUL)) < 136
    folds = [(np.flatnonzero(first), np.flatnonzero(~first))]
    search = GridSearchCV(model, {"n_components": [2]}, cv=folds).fit(FAITHFUL, sample_weight=WEIGHTS)
    expected = GaussianMixture(2, random_state=0).fit(FAITHFUL[first], sample_weight=WEIGHTS[first])
    score = expected.score(FAITHFUL[~first], sample_weight=WEIGHTS[~first])
    assert search.cv_results_["mean_test_score"][0] == score


@pytest.mark.parametrize("estimator", [GaussianMixture, AutoGaussianMixture, MixtureClassifier])
def test_weights_that_nobody_asked_for_are_refused_by_scikit_learn(estimator):
    pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), estimator())
    with pytest.raises(ValueError, match=r"sample_weight.*not explicitly set"):
        pipeline.fit(FAITHFUL, FAITHFUL[:, 0] > 3, sample_weight=WEIGHTS)
