"""What a fit with outliers says of rows: some belong to no component."""

from __future__ import annotations

from typing import Any

import array_api_compat
import numpy.typing as npt

from mixfold.errors import InputError
from mixfold.estimators.mixins import BesideFace
from mixfold.estimators.outliers import Outliers
from mixfold.potentials import Potentials
from mixfold.typing import Array


class Outlying(BesideFace):
    """Prediction by a mixture beside which rows may belong to no component: their label is -1.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> random = np.random.default_rng(0)
    >>> X = np.concatenate([random.normal(size=(90, 2)), random.uniform(-30.0, 30.0, size=(10, 2))])
    >>> model = GaussianMixture(1, outliers="uniform", random_state=0).fit(X)
    >>> model.predict([[0.0, 0.0], [20.0, 20.0]])
    array([ 0, -1])
    """

    _outliers: Outliers | None = None
    outlier_share_: float

    def predict(self, X: Any) -> Array:
        """Give the most probable component of each row; -1 where that is none."""
        return self._without_left_out(super().predict(X), X)

    def _potentials_for(self, question: str) -> Potentials:
        potentials = super()._potentials_for(question)
        return potentials if self._outliers is None else self._outliers.beside(potentials)

    def _set_aside(self, outliers: Outliers | None, n_known: int = 0) -> None:
        """Take up what a fit knows of rows that belong to no component, and how many parameters were not learned."""
        self._outliers, self._n_beside = outliers, int(outliers is not None and outliers.share > 0.0) - n_known
        if outliers is not None:
            self.outlier_share_ = outliers.share

    def _without_left_out(self, labels: Array, X: Any, noise: npt.ArrayLike | None = None) -> Array:
        """Give -1 for rows of less density than those that a fit kept."""
        if self._outliers is None or not self._outliers.log_threshold > float("-inf"):
            return labels
        if not array_api_compat.is_array_api_obj(labels):
            message = (
                f"Rows of a fit that left a share of them out must be arrays, got {type(X).__name__}. Compute the "
                "collection first, or fit with `outliers='uniform'`."
            )
            raise InputError(message)
        scores = self.score_samples(X) if noise is None else self.score_samples(X, noise=noise)  # type: ignore[call-arg]
        xp = array_api_compat.array_namespace(labels)
        return xp.where(scores < self._outliers.log_threshold, -1, labels)
