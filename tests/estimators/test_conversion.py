"""A fitted mixture as scikit-learn's estimator answers as it did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture as ScikitLearnMixture
from sklearn.utils.validation import check_is_fitted

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from tests.examples import blobs

ROWS, _ = blobs(240, 3, 2, separation=6.0)


@pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])
def test_it_answers_as_the_model_does(covariance_type: str) -> None:
    model = GaussianMixture(3, covariance_type=covariance_type, init_params="kmeans", random_state=0).fit(ROWS)
    theirs = model.to_sklearn()
    assert type(theirs) is ScikitLearnMixture
    check_is_fitted(theirs)
    np.testing.assert_allclose(theirs.score_samples(ROWS), model.score_samples(ROWS), rtol=1e-7)
    np.testing.assert_array_equal(theirs.predict(ROWS), model.predict(ROWS))
    assert theirs.sample(3)[0].shape == (3, 2)
    assert theirs._n_parameters() >= model._n_parameters()  # it knows of nothing that components share
    for name in ("converged_", "n_iter_", "lower_bound_", "lower_bounds_", "n_features_in_"):
        assert getattr(theirs, name) == getattr(model, name)


def test_it_can_be_fitted_again_with_the_parameters_that_it_takes() -> None:
    model = GaussianMixture(3, covariance_type="diag", tol=1e-4, max_iter=50, random_state=3, reg_covar=1e-3).fit(ROWS)
    parameters: dict[str, Any] = model.to_sklearn().get_params()
    assert {name: parameters[name] for name in ("n_components", "covariance_type", "tol", "max_iter", "reg_covar")} == {
        "n_components": 3,
        "covariance_type": "diag",
        "tol": 1e-4,
        "max_iter": 50,
        "reg_covar": 1e-3,
    }
    assert parameters["init_params"] == "kmeans"
    model.to_sklearn().fit(ROWS)


def test_the_defaults_that_it_does_not_take_are_its_own() -> None:
    start = {"precisions_init": np.ones((3, 2)), "means_init": ROWS[:3], "weights_init": np.full(3, 1.0 / 3.0)}
    model = GaussianMixture(3, covariance_type="VEI", **start).fit(ROWS)
    parameters = model.to_sklearn().get_params()
    assert (parameters["covariance_type"], parameters["reg_covar"], parameters["precisions_init"]) == (
        "diag",
        1e-6,
        None,
    )
    model.to_sklearn().fit(ROWS)


def test_it_has_the_names_of_features_and_copies_of_the_numbers() -> None:
    model = GaussianMixture(2, init_params="kmeans", random_state=0).fit(pd.DataFrame(ROWS, columns=["a", "b"]))
    theirs = model.to_sklearn()
    assert theirs.feature_names_in_.tolist() == ["a", "b"]
    before = model.mixture_
    theirs.means_ += 1.0
    theirs.precisions_cholesky_ *= 2.0
    assert model.mixture_ == before


def test_what_was_set_by_hand_is_given() -> None:
    model = GaussianMixture(1)
    model.weights_, model.means_, model.precisions_cholesky_ = np.ones(1), np.zeros((1, 2)), 2.0 * np.eye(2)[None]
    np.testing.assert_allclose(model.to_sklearn().covariances_, 0.25 * np.eye(2)[None])


def test_a_model_that_was_not_fitted_has_nothing_to_give() -> None:
    with pytest.raises(NotFittedError):
        GaussianMixture().to_sklearn()
