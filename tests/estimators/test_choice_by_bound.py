"""A choice by the evidence lower bound."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, BayesianGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import InputError
from mixfold.estimators.choice_by_bound import ELBO, chosen_by_bound
from mixfold.fitting import Outcome
from mixfold.sources import ArraySource

X = load_faithful().data[::2]
TYPES = ["diag", "spherical"]


@pytest.fixture(scope="module")
def model() -> AutoGaussianMixture:
    return AutoGaussianMixture(range(1, 4), covariance_types=TYPES, criterion="elbo", random_state=0).fit(X)


def test_the_family_of_highest_bound_is_chosen_with_the_number_that_it_finds(model: AutoGaussianMixture) -> None:
    best = model.best_estimator_
    assert isinstance(best, BayesianGaussianMixture)
    assert model.n_components_ == best.n_components_ <= 3
    assert model.covariance_type_ == best.covariance_type == "diag"
    found = {row["covariance_type"]: row for row in model.results_ if row["reason"] == "found"}
    assert set(found) == set(TYPES)
    assert model.best_value_ == found["diag"][ELBO] < found["spherical"][ELBO]
    assert [row["n_components"] for row in model.results_ if row["chosen"]] == [model.n_components_]
    np.testing.assert_array_equal(model.predict_proba(X), best.predict_proba(X))
    np.testing.assert_array_equal(model.score_samples(X), best.score_samples(X))


def test_the_criterion_of_other_numbers_is_as_much_larger_as_they_are_less_probable(model: AutoGaussianMixture) -> None:
    best = model.best_estimator_
    assert isinstance(best, BayesianGaussianMixture)
    own = {row["n_components"]: row for row in model.results_ if row["covariance_type"] == "diag"}
    assert set(own) == set(best.component_probabilities_)
    for k, row in own.items():
        ratio = best.component_probabilities_[k] / best.component_probabilities_[model.n_components_]
        assert row[ELBO] - model.best_value_ == pytest.approx(-2.0 * np.log(ratio), abs=1e-6)
    assert f"That there are {model.n_components_} is" in model.reason_
    assert f"elbo {model.best_value_:.3f}" in model.summary()


def test_a_choice_is_read_again_from_a_file_and_a_pickle(model: AutoGaussianMixture, tmp_path: Path) -> None:
    model.save(tmp_path / "model.json")
    for again in (AutoGaussianMixture.load(tmp_path / "model.json"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
        assert again.results_ == [
            {name: value for name, value in row.items() if name in again.results_[0]} for row in model.results_
        ]
        assert again.n_clusters_ == model.n_clusters_


def test_families_without_a_conjugate_prior_are_refused_where_they_are_named() -> None:
    with pytest.raises(InputError, match=r"criterion='elbo', `covariance_types` must be of full, tied.*got 'VVE'"):
        AutoGaussianMixture(covariance_types=["full", "VVE"], criterion="elbo").fit(X)


def test_a_posterior_is_no_mixture_of_scikit_learns(model: AutoGaussianMixture) -> None:
    with pytest.raises(InputError, match="criterion='elbo' chose a posterior"):
        model.to_sklearn()


def test_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no grid that `checkpoint` could keep"):
        AutoGaussianMixture(criterion="elbo", checkpoint=tmp_path / "kept").fit(X)


def test_no_other_family_is_begun_when_time_is_over() -> None:
    settings = {"random_state": 0, "init_params": "kmeans"}
    chosen = chosen_by_bound(settings, 2, TYPES, ArraySource(X), 0.0, None)
    assert {row["covariance_type"] for row in chosen.results} == {"diag"}
    assert chosen.model.outcome_ is Outcome.TIME_LIMIT  # what is left is for all of them
    assert chosen.model.max_time is None


def test_a_choice_counts_its_own_parameters_after_one_in_which_features_followed_from_others() -> None:
    rows = np.column_stack([X, X[:, 0] + X[:, 1]])
    model = AutoGaussianMixture([1], covariance_types=["full"], random_state=0).fit(rows)
    again = model.set_params(covariance_types=["diag"], criterion=ELBO).fit(rows)
    assert again.bic(rows) == again.best_estimator_.bic(rows)
