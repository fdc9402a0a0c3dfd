"""The fitted attributes of a posterior."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import BayesianGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.estimators.posterior_attributes import certainty_in_words

X = load_faithful().data


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
