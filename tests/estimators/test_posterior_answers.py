"""What a posterior says beside its expectation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from mixfold import BayesianGaussianMixture, Mixture
from mixfold.datasets import load_faithful
from mixfold.errors import InputError

X = load_faithful().data


@pytest.fixture(scope="module")
def model() -> BayesianGaussianMixture:
    return BayesianGaussianMixture(n_components=2, init_params="kmeans", random_state=0).fit(X)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_draws_are_mixtures_that_score_rows(covariance_type: str) -> None:
    settings = {"n_components": 2, "init_params": "kmeans", "random_state": 0}
    model = BayesianGaussianMixture(covariance_type=covariance_type, **settings).fit(X)
    draws = model.sample_posterior(20)
    assert all(isinstance(draw, Mixture) and draw.covariance_type == covariance_type for draw in draws)
    # No draw fits the rows better than the expected parameters by more than its parameters may.
    assert (
        max(float(np.mean(draw.log_density(X))) for draw in draws) < float(np.mean(model.mixture_.log_density(X))) + 0.1
    )
    assert draws[0] != draws[1]
    assert model.sample_posterior(2)[1] == draws[1]
    assert model.sample_posterior(2, random_state=5)[1] != draws[1]


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    random, held, asked = np.random.default_rng(0), 0, 0
    for _ in range(24):
        rows = np.concatenate([random.normal(0.0, 1.0, 60), random.normal(9.0, 2.0, 40)])[:, None]
        model = BayesianGaussianMixture(
            n_components=2, init_params="kmeans", mean_precision_prior=1e-3, covariance_prior=[[0.1]], random_state=0
        ).fit(rows)
        intervals, first = model.credible_intervals(0.8, n_draws=200), int(np.argmin(model.means_[:, 0]))
        for found, true in ((intervals.means[:, 0], (0.0, 9.0)), (intervals.covariances[:, 0, 0], (1.0, 4.0))):
            for k, value in zip((first, 1 - first), true, strict=True):
                held += found[k, 0] < value < found[k, 1]
                asked += 1
    assert 0.7 < held / asked < 0.9


def test_wider_levels_have_wider_intervals(model: BayesianGaussianMixture) -> None:
    narrow, wide = (model.credible_intervals(level) for level in (0.5, 0.99))
    for name in ("weights", "means", "covariances"):
        one, other = getattr(narrow, name), getattr(wide, name)
        assert one.shape == (*np.shape(getattr(model, f"{name}_")), 2)
        assert np.all(other[..., 0] < one[..., 0])
        assert np.all(one[..., 1] < other[..., 1])


def test_rows_of_one_eruption_kind_are_together_and_others_apart(model: BayesianGaussianMixture) -> None:
    similarity = model.posterior_similarity(X)
    np.testing.assert_array_equal(similarity, similarity.T)
    long = X[:, 0] > 3.0
    assert np.min(similarity[np.ix_(long, long)]) > 0.4
    assert np.max(similarity[np.ix_(X[:, 0] > 3.5, X[:, 0] < 2.5)]) < 0.01


def test_a_clustering_does_not_tear_apart_what_two_components_share() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(0.0, 1.0, size=(100, 1)), random.normal(12.0, 1.0, size=(60, 1))])
    twice = np.eye(3)[np.concatenate([random.integers(0, 2, 100), np.full(60, 2)])]
    model = BayesianGaussianMixture(
        n_components=3,
        responsibilities_init=twice,
        weight_concentration_prior_type="dirichlet_distribution",
        weight_concentration_prior=100.0,
    ).fit(rows)
    assert model.n_components_ == 3
    np.testing.assert_array_equal(model.point_clustering(rows), np.repeat([0, 1], [100, 60]))


def test_what_cannot_be_asked_is_refused(model: BayesianGaussianMixture) -> None:
    with pytest.raises(InputError, match="`n_draws` must be a whole number of at least 1, got 0"):
        model.sample_posterior(0)
    with pytest.raises(InputError, match=r"`level` must be above 0 and below 1, got 95"):
        model.credible_intervals(95)
    with pytest.raises(NotFittedError):
        BayesianGaussianMixture().credible_intervals()
