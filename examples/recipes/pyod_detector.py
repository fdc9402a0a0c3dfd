"""A detector of outliers for pyod, whose number of components is chosen, and whose shape may be any of fourteen.

It is used, combined and compared as pyod's own are:

    MixtureDetector(contamination=0.05).fit(X).predict(new)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pyod.models.base import BaseDetector
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from mixfold import MixtureOutlierDetector


class MixtureDetector(BaseDetector):  # type: ignore[misc]  # pyod has no types
    """Rows of low density under a mixture, as pyod's detectors say it: a higher score is more unusual.

    Parameters
    ----------
    contamination : float
        Share of the rows that are taken for outliers.
    n_components : int, optional
        Chosen by BIC if there is none.
    covariance_type, random_state : as of `GaussianMixture`
    """

    def __init__(
        self,
        contamination: float = 0.1,
        n_components: int | None = None,
        covariance_type: str = "full",
        random_state: int | None = None,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, y: Any = None) -> MixtureDetector:
        """Learn the density of rows."""
        rows = check_array(X)
        self._set_n_classes(y)
        settings = {"covariance_type": self.covariance_type, "random_state": self.random_state}
        self.detector_ = MixtureOutlierDetector(self.n_components, **settings).fit(rows)
        self.decision_scores_ = self.decision_function(rows)
        self._process_decision_scores()
        return self

    def decision_function(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give minus the log density of each row."""
        check_is_fitted(self, "detector_")
        return np.asarray(-self.detector_.score_samples(check_array(X)))
