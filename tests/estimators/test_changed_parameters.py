"""Parameters that somebody changed are checked as scikit-learn checks all."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils._param_validation import InvalidParameterError

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful


@pytest.mark.parametrize("changed", [{"tol": -1.0}, {"n_components": 0}, {"covariance_type": 3}, {"engine": None}])
def test_what_was_changed_is_checked_as_scikit_learn_checks_it(changed: dict[str, Any]) -> None:
    with pytest.raises(
        InvalidParameterError, match=f"The '{next(iter(changed))}' parameter of GaussianMixture must be"
    ):
        GaussianMixture(**changed).fit(load_faithful().data)


def test_what_was_changed_after_the_estimator_was_made_is_checked() -> None:
    with pytest.raises(InvalidParameterError, match="'max_iter'"):
        GaussianMixture().set_params(max_iter=-1).fit(load_faithful().data)


def test_a_default_that_a_subclass_changed_is_checked() -> None:
    class Fast(GaussianMixture):
        def __init__(self, n_components: int = 1, *, tol: float = -1.0) -> None:
            super().__init__(n_components, tol=tol)

    with pytest.raises(InvalidParameterError, match="The 'tol' parameter of Fast"):
        Fast().fit(load_faithful().data)
