"""The rows that a search looks at, and the distances it measures them by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixfold.covariance import FAMILIES, CovarianceFamily, Prior
from mixfold.fitting.regularization import PSEUDO_SHRINK
from mixfold.fold import Fold
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.sources import Chunk
from mixfold.structure import Structure
from mixfold.typing import FloatArray

MATRIX_FEATURES = 64
"""Up to this many features a search thinks in full covariances, above in diagonal ones."""


@dataclass(frozen=True, slots=True)
class Space:
    """Features in which distance is Euclidean.

    Attributes
    ----------
    metric : ndarray of shape (n_features, n_features), lower-triangular, or (n_features,)
        The map from the data's features.
    rows : ndarray of shape (n, n_features)
        The rows under that map.
    """

    metric: FloatArray
    rows: FloatArray


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows in memory, with the shape in which a search thinks about components.

    Whatever family is fitted, starts and moves are made of components that each have their own covariance; the family's
    M step then takes from them what it can hold.

    Attributes
    ----------
    rows, weights : ndarray of shape (n, n_features), (n,)
    fold : Fold
        Over these rows.
    family : CovarianceFamily
        Full covariances; diagonal ones above `MATRIX_FEATURES` features.
    scale : ndarray
        Covariance of the rows, in the shape of one component of `family`.
    spaces : dict of str to Space
        'raw', 'standardized' and 'whitened' features.
    """

    rows: FloatArray
    weights: FloatArray
    fold: Fold
    family: CovarianceFamily
    scale: FloatArray
    spaces: dict[str, Space]

    @classmethod
    def of(cls, fold: Fold, random_state: np.random.RandomState, n_rows: int) -> Self:
        """Draw at most `n_rows` rows."""
        rows, weights = fold.sample(random_state, n_rows)
        weights = weights / min(1.0, float(np.mean(weights)))  # see `row_weight`
        over = fold.on_rows(rows, weights)
        family = FAMILIES["full" if rows.shape[1] <= MATRIX_FEATURES else "diag"]
        everything = over.centered_moments(lambda chunk: np.ones((len(chunk.rows), 1)), 1, family.structure)
        scale = family.scale(everything)
        centered = rows - everything.means[0]
        spaces = {}
        for name, metric in _metrics(scale, family).items():
            spaces[name] = Space(metric, centered * metric if metric.ndim == 1 else centered @ metric.T)
        return cls(rows, weights, over, family, scale, spaces)

    def part(self, n_rows: int, random_state: np.random.RandomState) -> Self:
        """Give the sample of `n_rows` of these rows, at random, in the same spaces; all of them if there are no more."""
        n = len(self.rows)
        if n_rows >= n:
            return self
        drawn = np.sort(random_state.choice(n, n_rows, replace=False))
        rows, weights = self.rows[drawn], self.weights[drawn]
        spaces = {name: Space(space.metric, space.rows[drawn]) for name, space in self.spaces.items()}
        return type(self)(rows, weights, self.fold.on_rows(rows, weights), self.family, self.scale, spaces)

    def prior(self, n_components: int) -> Prior:
        """Give one pseudo-row a component: components of few rows keep their distance from singularity."""
        shrink = PSEUDO_SHRINK * n_components ** (-2.0 / self.rows.shape[1])
        return Prior.from_rows(1.0, self.scale, shrink=shrink)

    def around(self, centers: FloatArray, metric: FloatArray) -> Potentials:
        """Score rows by distance to centers (K, D) in a metric."""
        k = len(centers)
        if metric.ndim == 1:
            return Potentials(np.zeros(k), centers, np.tile(metric, (k, 1)), Structure.DIAGONAL)
        return Potentials(np.zeros(k), centers, metric, Structure.POOLED)

    def components(self, shares: FloatArray) -> Parameters:
        """Give the components that rows make when shared out as (n, K); rows may be left out."""

        def of(chunk: Chunk) -> FloatArray:
            return shares[chunk.span]

        k = shares.shape[1]
        statistics = self.fold.centered_moments(of, k, self.family.structure)
        return Parameters.maximize(statistics, self.family, self.prior(k))

    def dense(self, parameters: Parameters, family: CovarianceFamily) -> Parameters:
        """Give the parameters of any family in the shape of this one."""
        k, d = parameters.means.shape
        covariances = family.dense(parameters.covariances, k, d)
        if self.scale.ndim == 1:
            covariances = np.einsum("kii->ki", covariances)
        return Parameters(parameters.weights, parameters.means, covariances)


def _metrics(scale: FloatArray, family: CovarianceFamily) -> dict[str, FloatArray]:
    variances = scale if scale.ndim == 1 else np.diag(scale)
    standardized = 1.0 / np.sqrt(variances)
    whitened = standardized if scale.ndim == 1 else family.whiten(scale[None])[0]
    return {"raw": np.ones_like(variances), "standardized": standardized, "whitened": whitened}
