"""A posterior that is drawn from by a Gibbs sampler."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from mixfold import BayesianGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import InputError
from mixfold.estimators.gibbs_fit import refuse_what_gibbs_cannot_draw
from mixfold.sources import ArraySource

LABELS = np.repeat([0, 1, 2], 30)
X = np.random.default_rng(0).normal(size=(90, 2)) + np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])[LABELS]


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_it_finds_the_groups_and_says_how_often_there_were_as_many(covariance_type: str) -> None:
    model = BayesianGaussianMixture(
        n_components=5, covariance_type=covariance_type, posterior="gibbs", n_draws=30, random_state=0
    ).fit(X)
    assert adjusted_rand_score(LABELS, model.predict(X)) > 0.95
    assert sum(model.component_probabilities_.values()) == pytest.approx(1.0)
    assert model.n_components_ == max(model.component_probabilities_, key=model.component_probabilities_.__getitem__)
    assert len(model.sample_posterior(20)) == 20
    assert np.all(np.diff(model.weights_) <= 1e-12)
    intervals = model.credible_intervals(0.9)
    assert np.mean((intervals.means[..., 0] < model.means_) & (model.means_ < intervals.means[..., 1])) > 0.8


def test_draws_know_of_other_numbers_of_components_where_one_optimum_does_not() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(0.0, 1.0, size=(40, 1)), random.normal(2.9, 1.0, size=(40, 1))])
    model = BayesianGaussianMixture(n_components=4, posterior="gibbs", n_draws=200, random_state=0).fit(rows)
    assert len(model.component_probabilities_) > 1
    assert {mixture.n_components for mixture in model.sample_posterior(200)} == set(model.component_probabilities_)


def test_the_same_seed_gives_the_same_draws() -> None:
    one, other = (
        BayesianGaussianMixture(n_components=3, posterior="gibbs", n_draws=5, random_state=3).fit(X[::2])
        for _ in range(2)
    )
    assert one.sample_posterior(3) == other.sample_posterior(3)


def test_rows_that_cannot_be_drawn_one_by_one_are_refused_before_any_work() -> None:
    model = BayesianGaussianMixture(n_components=3, posterior="gibbs")
    with pytest.raises(InputError, match="posterior='gibbs' must have complete rows in memory that all count one"):
        model.fit(X, sample_weight=np.arange(1.0, 91.0))
    with pytest.raises(InputError, match="Use posterior='variational'"):
        refuse_what_gibbs_cannot_draw(ArraySource(np.where(X > 5.0, np.nan, X)))
    with pytest.raises(InputError, match="noise"):
        BayesianGaussianMixture(n_components=2, posterior="gibbs").fit(X, noise=0.5)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_a_copied_column_of_single_precision_is_drawn_from_like_one_of_double(covariance_type: str) -> None:
    # Of single precision the scatter along what copies differ in is rounding, and may be less than nothing.
    rows = (100.0 + X)[:, [0, 1, 0]].astype(np.float32)
    settings = {"n_components": 5, "covariance_type": covariance_type, "posterior": "gibbs", "n_draws": 20}
    single, double = (
        BayesianGaussianMixture(**settings, random_state=0).fit(each) for each in (rows, rows.astype(np.float64))
    )
    assert adjusted_rand_score(LABELS, single.predict(rows)) > 0.95
    assert single.n_components_ == double.n_components_


def test_copies_of_all_columns_change_no_number_of_components() -> None:
    # Along what copies differ in nothing is spread but recorded values: points there would be the more probable the
    # more of them are together.
    rows = load_faithful().data
    settings = {"n_components": 5, "posterior": "gibbs", "n_draws": 20, "random_state": 0}
    assert BayesianGaussianMixture(**settings).fit(rows[:, [0, 1, 0, 1]]).n_components_ == 2
