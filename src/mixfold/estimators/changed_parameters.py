"""scikit-learn's check of parameters, of those alone that somebody changed.

To check all 29 of a `GaussianMixture` takes as long as some hundred EM steps on a small table.
"""

from __future__ import annotations

from functools import cache
from inspect import signature
from typing import Any

from sklearn.utils._param_validation import validate_parameter_constraints

__all__ = ["validate_changed"]


def validate_changed(estimator: Any) -> None:
    """Check the parameters of an estimator that are not at their defaults.

    Parameters
    ----------
    estimator : BaseEstimator

    Raises
    ------
    InvalidParameterError
        Naming the first parameter that is not among what its constraint allows.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.estimators.changed_parameters import validate_changed
    >>> validate_changed(GaussianMixture(3))
    >>> validate_changed(GaussianMixture(max_iter="many"))
    Traceback (most recent call last):
        ...
    sklearn.utils._param_validation.InvalidParameterError: The 'max_iter' parameter of GaussianMixture must be an int...
    """
    kind: Any = type(estimator)
    owner: Any = next(each for each in kind.__mro__ if "_parameter_constraints" in vars(each))
    defaults, constraints = _defaults(owner), owner._parameter_constraints  # noqa: SLF001  (as scikit-learn does)
    values = {name: getattr(estimator, name) for name in _defaults(kind)}
    changed = {name: value for name, value in values.items() if name not in defaults or value is not defaults[name]}
    validate_parameter_constraints(constraints, changed, kind.__name__)


@cache
def _defaults(estimator: Any) -> dict[str, Any]:
    """Give the defaults of parameters by name."""
    return {name: one.default for name, one in signature(estimator).parameters.items()}
