"""The fitted attributes of a posterior."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from sklearn.datasets import load_iris

from mixfold import BayesianGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.estimators.posterior_attributes import certainty_in_words

X = load_faithful().data
SEPALS = load_iris().data[:, :2]
"""Of which nobody can say whether they are of two species or three."""


def test_the_summary_says_how_sure_the_number_of_components_is() -> None:
    model = BayesianGaussianMixture(n_components=3, random_state=0).fit(X[::2])
    assert model.component_probabilities_[2] > 0.5
    assert certainty_in_words(2, model.component_probabilities_) in model.summary()
    kept = BayesianGaussianMixture(n_components=2, init_params="kmeans", random_state=0).fit(X)
    assert kept.component_probabilities_ == {}
    assert "That there are" not in kept.summary()


@pytest.mark.parametrize(
    ("probabilities", "words"),
    [
        ({2: 0.04, 3: 0.96}, "That there are 3 is nearly certain: 96 %, against 4 % for 2."),
        ({2: 0.1, 3: 0.8, 4: 0.1}, "That there are 3 is very likely: 80 %, against 10 % for 2, 10 % for 4."),
        (
            {2: 0.4, 3: 0.45, 4: 0.15},
            "That there are 3 is the best guess, and no more: 45 %, against 40 % for 2, 15 % for 4.",
        ),
    ],
)
def test_words_are_as_strong_as_the_probability(probabilities: dict[int, float], words: str) -> None:
    assert certainty_in_words(3, probabilities) == words


def test_a_process_of_pitman_and_yor_finds_clusters_too() -> None:
    model = BayesianGaussianMixture(
        n_components=3, weight_concentration_prior_type="pitman_yor_process", discount=0.3, random_state=0
    ).fit(X[::4])
    assert model.n_components_ == 2
    assert model.weight_concentration_prior_ > 0.0
    assert np.all(np.diff(model.lower_bounds_) > -1e-12)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_densities_are_averaged_over_optima(covariance_type: str) -> None:
    model = BayesianGaussianMixture(n_components=10, covariance_type=covariance_type, random_state=0).fit(SEPALS)
    optima = model._optima
    assert len(optima) == len(model.optima_) > 1
    assert sum(share for share, _ in model.optima_) == pytest.approx(1.0)
    assert model.optima_[0][1] == model.mixture_
    averaged, density = np.exp(model.score_samples(SEPALS)), 0.0
    for one in optima:
        alone = BayesianGaussianMixture(covariance_type=covariance_type).partial_fit(SEPALS)
        alone._fit = one.posterior, one.model
        density = density + one.share * np.exp(alone.score_samples(SEPALS))
    np.testing.assert_allclose(averaged, density, rtol=1e-10)
    of_one = model.set_params(predictive="student-t").score_samples(SEPALS)
    assert np.max(np.abs(np.log(averaged) - of_one)) > 1e-3


def test_an_averaged_density_integrates_to_one() -> None:
    model = BayesianGaussianMixture(n_components=10, random_state=0).fit(SEPALS[:, :1])
    assert len(model.optima_) > 1
    total, _ = quad(lambda x: float(np.exp(model.score_samples([[x]])[0])), -200.0, 200.0, points=[4.0, 6.0, 8.0])
    assert total == pytest.approx(1.0, abs=1e-6)


def test_after_a_further_batch_there_is_one_optimum() -> None:
    model = BayesianGaussianMixture(n_components=10, random_state=0).fit(SEPALS)
    model.partial_fit(SEPALS)
    ((share, mixture),) = model.optima_
    assert share == 1.0
    assert mixture == model.mixture_


def test_where_one_optimum_is_all_there_is_its_share_is_one() -> None:
    model = BayesianGaussianMixture(n_components=3, init_params="kmeans", random_state=0).fit(X)
    assert [share for share, _ in model.optima_] == [1.0]


def test_optima_that_a_search_saw_other_rows_at_are_not_averaged_over() -> None:
    model = BayesianGaussianMixture(n_components=10, random_state=0)
    incomplete = SEPALS.copy()
    incomplete[::40, 0] = np.nan
    assert len(model.fit(incomplete).optima_) == 1
    n_times = 110  # more rows than a search looks at, of the weight of those of which there are two optima
    model.fit(np.tile(SEPALS, (n_times, 1)), sample_weight=np.full(n_times * len(SEPALS), 1.0 / n_times))
    assert len(model.optima_) == 1
    assert len(model.fit(SEPALS).optima_) == 2
    assert len(model.fit(SEPALS, noise=0.01).optima_) == 1


def test_an_optimum_that_others_leave_no_share_adds_nothing(tmp_path: Path) -> None:
    model = BayesianGaussianMixture(n_components=10, random_state=0).fit(SEPALS)
    (other,) = model._others
    model._others = (replace(other, share=1.0),)
    alone = BayesianGaussianMixture().partial_fit(SEPALS)
    alone._fit = other.posterior, other.model
    np.testing.assert_allclose(model.score_samples(SEPALS), alone.score_samples(SEPALS), rtol=1e-12)
    model.save(tmp_path / "model.json")
    again = BayesianGaussianMixture.load(tmp_path / "model.json")
    assert [share for share, _ in again.optima_] == [0.0, 1.0]
