"""scikit-learn's base classes, with the types that it does not publish.

To a type checker, a class with an untyped base has every attribute, and a call of it may give anything: it would find
no mistake in a program that uses ours. It reads here what the bases have; the program runs with scikit-learn's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from mixfold.typing import Array

__all__ = [
    "BaseEstimator",
    "ClassNamePrefixFeaturesOutMixin",
    "ClassifierMixin",
    "DensityMixin",
    "MultiOutputMixin",
    "OutlierMixin",
    "RegressorMixin",
    "TransformerMixin",
    "fit_context",
]

if TYPE_CHECKING:
    Method = TypeVar("Method", bound=Callable[..., Any])

    def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Method], Method]:
        """Check parameters before a method runs."""

    class BaseEstimator:
        """Parameters by name, metadata routing, and how an estimator is shown."""

        n_features_in_: int
        feature_names_in_: npt.NDArray[np.object_]

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """Give the parameters of `__init__`."""

        def __getstate__(self) -> dict[str, Any]:
            """Give the attributes."""

        def __setstate__(self, state: dict[str, Any]) -> None:
            """Take up attributes."""

        def set_params(self, **params: Any) -> Self:
            """Set parameters of `__init__`."""

        def set_fit_request(self, **requests: bool | str | None) -> Self:
            """Say which metadata `fit` takes from a meta-estimator."""

        def set_score_request(self, **requests: bool | str | None) -> Self:
            """Say which metadata `score` takes from a meta-estimator."""

        def get_metadata_routing(self) -> Any:
            """Give what was requested."""

        def __sklearn_tags__(self) -> Any:
            """Give what scikit-learn needs to know of the estimator."""

    class TransformerMixin:
        """Rows to features."""

        def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Array:
            """Fit, and transform the same rows."""

        def set_output(self, *, transform: str | None = None) -> Self:
            """Say of which kind the features are: "default", "pandas" or "polars"."""

    class ClassNamePrefixFeaturesOutMixin:
        """Features named after the class."""

        def get_feature_names_out(self, input_features: npt.ArrayLike | None = None) -> npt.NDArray[np.object_]:
            """Name the features that `transform` gives."""

    class DensityMixin:
        """Estimators of a density."""

    class ClassifierMixin:
        """Estimators of a class."""

        def score(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> float:
            """Give the share of rows whose class is predicted."""

    class RegressorMixin:
        """Estimators of a number."""

        def score(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> float:
            """Give the coefficient of determination of the prediction."""

    class MultiOutputMixin:
        """Estimators that take several targets."""

    class OutlierMixin:
        """Estimators that tell outliers (-1) from inliers (1)."""

        def fit_predict(self, X: Any, y: None = None, **fit_params: Any) -> npt.NDArray[np.intp]:
            """Fit, and judge the same rows."""

else:
    from sklearn.base import (
        BaseEstimator,
        ClassifierMixin,
        ClassNamePrefixFeaturesOutMixin,
        DensityMixin,
        MultiOutputMixin,
        OutlierMixin,
        RegressorMixin,
        TransformerMixin,
    )
    from sklearn.base import _fit_context as fit_context
