"""Every estimator passes the whole of scikit-learn's own checks, with no expected failure."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixfold import apps, estimators
from mixfold.covariance import FAMILIES

CLASSES, APPLICATIONS = (
    [
        member
        for member in (getattr(package, name) for name in package.__all__)
        if inspect.isclass(member) and issubclass(member, BaseEstimator) and not inspect.isabstract(member)
    ]
    for package in (estimators, apps)
)
INSTANCES = [cls() for cls in CLASSES + APPLICATIONS] + [
    cls(covariance_type=name, init_params="kmeans")
    for cls in CLASSES
    if {"covariance_type", "init_params"} <= set(inspect.signature(cls).parameters)
    for name in list(FAMILIES)[1:]
    if any(choice.is_satisfied_by(name) for choice in cls._parameter_constraints["covariance_type"])
]


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")  # some checks have 15 rows of noise
@parametrize_with_checks(INSTANCES)
def test_scikit_learns_checks_pass(estimator: BaseEstimator, check: Callable[[Any], None]) -> None:
    check(estimator)
