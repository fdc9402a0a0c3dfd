"""A choice has the attributes of what was chosen."""

from __future__ import annotations

import inspect

import numpy as np

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.estimators.chosen_attributes import ChosenAttributes


def test_attributes_of_a_choice_are_those_of_the_best_estimator() -> None:
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["diag"], random_state=0).fit(load_faithful().data)
    names = [name for name, member in vars(ChosenAttributes).items() if inspect.isdatadescriptor(member)]
    names = [name for name in names if not name.startswith("__")]
    assert {"weights_", "means_", "covariances_", "n_iter_", "mixture_"} <= set(names)
    for name in names:
        assert getattr(model, name) is getattr(model.best_estimator_, name) or np.array_equal(
            getattr(model, name), getattr(model.best_estimator_, name)
        )


def test_a_choice_that_was_not_fitted_has_none() -> None:
    assert not hasattr(AutoGaussianMixture(), "weights_")
    assert not hasattr(GaussianMixture(), "weights_")
