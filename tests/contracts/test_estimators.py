"""Every estimator passes the whole of scikit-learn's own checks, with no expected failure."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixfold import apps, estimators

CLASSES, APPLICATIONS = (
    [
        member
        for member in (getattr(package, name) for name in package.__all__)
        if inspect.isclass(member) and issubclass(member, BaseEstimator) and not inspect.isabstract(member)
    ]
    for package in (estimators, apps)
)
STRUCTURES = ("tied", "diag", "spherical", "VVE", "EEV")
"""Families of every structure, and two whose step is an iteration: the checks ask nothing of the others."""
FEWER: dict[type, dict[str, Any]] = {
    estimators.AutoGaussianMixture: {"n_components": (1, 2, 3), "covariance_types": ("full", "diag")},
    estimators.BayesianGaussianMixture: {"n_components": 2},
    estimators.StudentMixture: {"max_iter": 20},
}
"""Settings with which some do less than by default, and nothing else."""
INSTANCES = [cls(**FEWER.get(cls, {})) for cls in CLASSES + APPLICATIONS] + [
    estimators.GaussianMixture(covariance_type=name, init_params="kmeans") for name in STRUCTURES
]


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")  # some checks have 15 rows of noise
@pytest.mark.filterwarnings("ignore::mixfold.errors.SelectionWarning")  # and want more than three components
@parametrize_with_checks(INSTANCES)
def test_scikit_learns_checks_pass(estimator: BaseEstimator, check: Callable[[Any], None]) -> None:
    check(estimator)
