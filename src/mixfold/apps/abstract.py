"""`Density`: what applications that learn the density of rows have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from mixfold.apps.number_of_components import fitted_mixture
from mixfold.covariance import CovarianceFamily
from mixfold.engines import to_numpy
from mixfold.estimators.callbacks import CallbackSupportMixin
from mixfold.estimators.choices import FAMILY
from mixfold.estimators.missing import unmasked
from mixfold.estimators.scikit_learn import BaseEstimator
from mixfold.mixtures import Mixture
from mixfold.typing import FloatArray
from mixfold.validation import rows_of


class Density(CallbackSupportMixin, BaseEstimator, ABC):
    """Parameters of the mixtures that an application fits, and how it takes rows."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "covariance_type": [FAMILY],
        "max_components": [Interval(Integral, 1, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left"), StrOptions({"auto"})],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    n_features_in_: int

    def __init__(
        self,
        n_components: int | None = None,
        *,
        covariance_type: str | CovarianceFamily = "full",
        max_components: int = 10,
        n_init: int = 3,
        reg_covar: float | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.max_components = max_components
        self.n_init = n_init
        self.reg_covar = reg_covar
        self.random_state = random_state
        self.n_jobs = n_jobs

    @abstractmethod
    def fit(self, X: Any, y: Any) -> Self:
        """Learn from rows."""

    def __sklearn_tags__(self) -> Any:
        """Give what scikit-learn needs to know of the estimator."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _rows(self, X: Any, *, reset: bool = False, gaps: bool = True) -> FloatArray:
        """Give checked rows as float64 on the host: scores of the fit and of later calls must compare exactly.

        With `gaps`, values may be missing.
        """
        n_features = None if reset else self.n_features_in_
        rows = rows_of(unmasked(X) if gaps else X, estimator=self, reset=reset, n_features=n_features, gaps=gaps)
        return np.asarray(to_numpy(rows), dtype=np.float64)

    def _names(self, *more: str) -> tuple[str, ...] | None:
        """Give the names of the features, if they have some, and names of further columns."""
        names = getattr(self, "feature_names_in_", None)
        return None if names is None else (*names, *more)

    def _mixture(self, rows: FloatArray, random: np.random.RandomState, **settings: Any) -> Mixture:
        """Fit a mixture with the parameters of this estimator."""
        return fitted_mixture(
            rows,
            self.n_components,
            largest=self.max_components,
            covariance_type=self.covariance_type,
            n_init=self.n_init,
            reg_covar=self.reg_covar,
            random_state=random,
            n_jobs=self.n_jobs,
            **settings,
        )
